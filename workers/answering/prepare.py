"""From requests to prompts: retrieve, gate, prompt. Blocking, for a thread of its own."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.search.evidence import Findings
from workers.answering.errors import QuestionTooLongError, RetrievalError
from workers.answering.gate import weakness_of
from workers.answering.language import Language, language_of
from workers.answering.prompt import AnswerPrompt, Prompter
from workers.answering.quoting.broad.whole import Read
from workers.answering.quoting.selector import QUOTED_FROM, selector_version
from workers.answering.retrieve import Retriever
from workers.answering.templates import Message
from workers.contracts import logs
from workers.contracts.question import Request, Status, Way
from workers.contracts.shared_answers import ShareKey, share_key
from workers.settings import WorkerSettings

_log = logs.logger(__name__)


@dataclass(frozen=True, slots=True)
class PreparedQuestion:
    """A question with its prompt: what the engine needs.

    Attributes:
        text: as it was asked.
        findings: what the search found for it.
    """

    text: str
    findings: Findings
    prompt: AnswerPrompt
    language: Language
    knowledge_version: str


@dataclass(frozen=True, slots=True)
class FoundQuestion:
    """A question that is answered in the documents' own words, without the model.

    Attributes:
        text: as it was asked.
        findings: what the search found for it.
        read: a document's chunks in force by its name, for a quote of a whole.
    """

    text: str
    findings: Findings
    read: Read
    language: Language
    knowledge_version: str


@dataclass(frozen=True, slots=True)
class RefusedQuestion:
    """A question that the model is not asked: `reason` as in an outcome.

    Attributes:
        message: the name of the text that the patient is told.
    """

    status: Status
    reason: str
    language: Language
    knowledge_version: str | None = None
    message: Message = "needs_human"


Prepared = PreparedQuestion | FoundQuestion | RefusedQuestion


class Preparer:
    """Finds the evidence for questions and writes their prompts.

    Args:
        knowledge: what is searched.
        prompter: of the worker's model.
        model: its name.
        settings: how many passages, which gate, which way of answering.
        quotes: whether anything is quoted, for which more passages are found.
    """

    def __init__(
        self,
        knowledge: Knowledge,
        prompter: Prompter,
        model: str,
        settings: WorkerSettings,
        *,
        quotes: bool = False,
    ) -> None:
        self._writes = not quotes or settings.way is Way.WRITE
        self._knowledge = knowledge
        most = max(settings.most_passages, QUOTED_FROM) if quotes else settings.most_passages
        self._retriever = Retriever(knowledge, most)
        self._prompter = prompter
        self._settings = settings
        self._answering_digest = answering_digest(prompter.version, model, settings)

    def share_keys(self, requests: Sequence[Request]) -> list[ShareKey | None]:
        """What each question shares answers by.

        Raises:
            KnowledgeError: the knowledge base cannot be read.
        """
        tenants = {request.tenant for request in requests}
        versions = {tenant: self._versions(tenant) for tenant in tenants}
        answering = f"{self._answering_digest} {self._prompter.today()}"  # prompts say the date
        keys: list[ShareKey | None] = []
        for request in requests:
            knowledge, gate = versions[request.tenant]
            digest = share_key(request, f"{knowledge} {gate}", answering)
            keys.append(ShareKey(digest, knowledge) if digest else None)
        return keys

    def _versions(self, tenant: str) -> tuple[str, str]:
        """The versions of a clinic's documents and of its gate, which `calibrate` changes."""
        return self._knowledge.store.version(tenant), str(self._knowledge.calibrations.of(tenant))

    def prepare(self, requests: Sequence[Request]) -> list[Prepared]:
        """One search for all; each question is prepared or refused for itself.

        Raises:
            KnowledgeError: nothing can be searched now; no question is to blame.
        """
        results = self._retriever.search(requests)
        return [self._prepare_one(*pair) for pair in zip(requests, results, strict=True)]

    def _prepare_one(self, request: Request, findings: Findings | RetrievalError) -> Prepared:
        language = language_of(request.question, self._settings.language)
        if isinstance(findings, RetrievalError):
            return RefusedQuestion(Status.FAILED, "retrieval_failed", language)
        version = self._knowledge.store.version(request.tenant)
        calibration = self._knowledge.calibrations.of(request.tenant)
        if weakness := weakness_of(findings, calibration, self._settings.gate_similarity):
            return RefusedQuestion(Status.NEEDS_HUMAN, weakness, language, version)
        try:
            return self._ready(request, findings, language, version)
        except QuestionTooLongError:
            return RefusedQuestion(Status.NEEDS_HUMAN, "question_too_long", language, version)
        except Exception as error:  # noqa: BLE001 - one question never fails its batch
            _log.error("prompt_failed", error=type(error).__name__)
            return RefusedQuestion(Status.FAILED, "prompt_failed", language, version)

    def _ready(
        self, request: Request, findings: Findings, language: Language, version: str
    ) -> Prepared:
        text = request.question
        if self._writes:
            prompt = self._prompter.build(text, findings.passages, language)
            return PreparedQuestion(text, findings, prompt, language, version)
        read = partial(self._knowledge.chunks_in_force, request.tenant)
        return FoundQuestion(text, findings, read, language, version)


def answering_digest(prompt_version: str, model: str, settings: WorkerSettings) -> str:
    """12 hexadecimal digits that change with whatever may change an answer from equal documents."""
    names = (
        "answer_tokens",
        "way",
        "context_tokens",
        "embedding",
        "engine_args",
        "lora",
        "gate_similarity",
        "language",
        "model_dtype",
        "most_passages",
        "reranker",
        "temperature",
        "thinking_tokens",
    )
    own = (prompt_version, model, selector_version())
    parts = [*own, *(getattr(settings, name) for name in names)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()[:12]
