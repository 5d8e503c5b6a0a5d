"""From requests to prompts: retrieve, gate, prompt. Blocking, for a thread of its own."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.search.evidence import Findings
from workers.answering.gate import judge
from workers.answering.language import Language, language_of
from workers.answering.prompt import AnswerPrompt, Prompter, QuestionTooLongError
from workers.answering.retrieve import RetrievalError, Retriever
from workers.contracts import logs
from workers.contracts.question import Request, Status
from workers.contracts.shared_answers import ShareKey, share_key
from workers.settings import WorkerSettings

_log = logs.logger(__name__)


@dataclass(frozen=True, slots=True)
class Ready:
    """A question with its evidence: what the engine needs."""

    prompt: AnswerPrompt
    language: Language
    knowledge_version: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A question that the model is not asked: `reason` as in an outcome."""

    status: Status
    reason: str
    language: Language
    knowledge_version: str | None = None


class Preparer:
    """Finds the evidence for questions and writes their prompts.

    Args:
        knowledge: what is searched.
        prompter: of the worker's model.
        model: its name.
        settings: how many passages, which gate.
    """

    def __init__(
        self, knowledge: Knowledge, prompter: Prompter, model: str, settings: WorkerSettings
    ) -> None:
        self._knowledge = knowledge
        self._retriever = Retriever(knowledge, settings.most_passages)
        self._prompter = prompter
        self._settings = settings
        self._answering = answering_version(prompter.version, model, settings)

    def share_keys(self, requests: Sequence[Request]) -> list[ShareKey | None]:
        """What each question shares answers by.

        Raises:
            KnowledgeError: the knowledge base cannot be read.
        """
        known = {tenant: self._known(tenant) for tenant in {each.tenant for each in requests}}
        keys: list[ShareKey | None] = []
        for request in requests:
            version, gate = known[request.tenant]
            digest = share_key(request, f"{version} {gate}", self._answering)
            keys.append(ShareKey(digest, version) if digest else None)
        return keys

    def _known(self, tenant: str) -> tuple[str, str]:
        """The versions of a clinic's documents and of its gate, which `calibrate` changes."""
        return self._knowledge.store.version(tenant), str(self._knowledge.calibrations.of(tenant))

    def prepare(self, requests: Sequence[Request]) -> list[Ready | Refused]:
        """One search for all; each is ready or refused for itself.

        Raises:
            KnowledgeError: nothing can be searched now; no question is to blame.
        """
        found = self._retriever.search(requests)
        return [
            self._prepare_one(request, each) for request, each in zip(requests, found, strict=True)
        ]

    def _prepare_one(self, request: Request, found: Findings | RetrievalError) -> Ready | Refused:
        language = language_of(request.question, self._settings.language)
        if isinstance(found, RetrievalError):
            return Refused(Status.FAILED, "retrieval_failed", language)
        version = self._knowledge.store.version(request.tenant)
        calibration = self._knowledge.calibrations.of(request.tenant)
        if weakness := judge(found, calibration, self._settings.gate_similarity):
            return Refused(Status.NEEDS_HUMAN, weakness, language, version)
        try:
            prompt = self._prompter.build(request.question, found.passages, language)
        except QuestionTooLongError:
            return Refused(Status.NEEDS_HUMAN, "question_too_long", language, version)
        except Exception as error:  # noqa: BLE001 - one question never fails its batch
            _log.error("prompt_failed", error=type(error).__name__)
            return Refused(Status.FAILED, "prompt_failed", language, version)
        return Ready(prompt, language, version)


def answering_version(prompt: str, model: str, settings: WorkerSettings) -> str:
    """A digest that changes with whatever may change an answer from the same documents."""
    names = (
        "answer_tokens",
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
    )
    told = [prompt, model, *(getattr(settings, name) for name in names)]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()[:12]
