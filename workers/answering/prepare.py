"""From requests to prompts: retrieve, gate, prompt. Blocking, for a thread of its own."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.search.evidence import Findings
from ingestion.knowledge.search.inquiry import Inquiry
from workers.answering.errors import QuestionTooLongError, RetrievalError
from workers.answering.follow_up import FollowUp, follow_up_of
from workers.answering.gate import weakness_of
from workers.answering.language import Language, language_of
from workers.answering.message_parts import MessagePart, message_parts
from workers.answering.prompt import AnswerPrompt, Prompter
from workers.answering.quoting.broad.whole import Read
from workers.answering.quoting.meant import Meant
from workers.answering.quoting.part import Part
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
        follow_up: what it goes on from.
        parts: of a message that asks several questions, where something may be quoted.
        searched: see `Outcome`.
    """

    text: str
    findings: Findings
    prompt: AnswerPrompt
    language: Language
    knowledge_version: str
    follow_up: FollowUp | None = None
    parts: tuple[Part, ...] = ()
    searched: tuple[str, ...] = ()

    @property
    def meant(self) -> str:
        """The question as it was rewritten, else behind what it goes on from."""
        return self.follow_up.whole if self.follow_up else self.text

    @property
    def meanings(self) -> tuple[Meant, ...]:
        """What each of its parts means, where it goes on from others."""
        return self.follow_up.meanings if self.follow_up else ()


@dataclass(frozen=True, slots=True)
class FoundQuestion:
    """A question that is answered in the documents' own words, without the model.

    Attributes:
        text: as it was asked.
        findings: what the search found for it.
        read: a document's chunks in force by its name, for a quote of a whole.
        meanings: what each of its parts means, where it goes on from others.
        parts: of a message that asks several questions.
    """

    text: str
    findings: Findings
    read: Read
    language: Language
    knowledge_version: str
    meanings: tuple[Meant, ...] = ()
    parts: tuple[Part, ...] = ()
    searched: tuple[str, ...] = ()


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
    searched: tuple[str, ...] = ()


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
        self._quotes = quotes
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

    def prepare(
        self, requests: Sequence[Request], rewritten: Sequence[str] | None = None
    ) -> list[Prepared]:
        """One search for all; each question is prepared or refused for itself.

        Where quotes are made, each question of a message that asks several is searched, too.

        Args:
            requests: the questions.
            rewritten: of each the question as one that stands alone; empty where nobody wrote it.

        Raises:
            KnowledgeError: nothing can be searched now; no question is to blame.
        """
        default = self._settings.language
        wholes = rewritten or [""] * len(requests)
        questions = [
            _Asked.of(request, default, whole, in_parts=self._quotes)
            for request, whole in zip(requests, wholes, strict=True)
        ]
        inquiries = [inquiry for asked in questions for inquiry in asked.inquiries]
        results = iter(self._retriever.search(inquiries))
        return [
            replace(
                self._prepare_one(asked, [next(results) for _ in asked.inquiries]),
                searched=asked.searched,
            )
            for asked in questions
        ]

    def _prepare_one(
        self, asked: "_Asked", results: Sequence[Findings | RetrievalError]
    ) -> Prepared:
        """One question.

        Args:
            asked: as it was asked.
            results: of its search, and of each of its parts'.
        """
        tenant, language = asked.request.tenant, asked.language
        found = [each for each in results if not isinstance(each, RetrievalError)]
        if len(found) < len(results):
            return RefusedQuestion(Status.FAILED, "retrieval_failed", language)
        version = self._knowledge.store.version(tenant)
        if weakness := self._weakness(tenant, found):
            return RefusedQuestion(Status.NEEDS_HUMAN, weakness, language, version)
        try:
            return self._ready(asked, found, version)
        except QuestionTooLongError:
            return RefusedQuestion(Status.NEEDS_HUMAN, "question_too_long", language, version)
        except Exception as error:  # noqa: BLE001 - one question never fails its batch
            _log.error("prompt_failed", error=type(error).__name__)
            return RefusedQuestion(Status.FAILED, "prompt_failed", language, version)

    def _weakness(self, tenant: str, found: Sequence[Findings]) -> str | None:
        """Why nothing is answered: of the message, and in quotes of any of its parts."""
        calibration = self._knowledge.calibrations.of(tenant)
        weighed = found[:1] if self._writes else found
        weaknesses = (
            weakness_of(each, calibration, self._settings.gate_similarity) for each in weighed
        )
        return next(filter(None, weaknesses), None)

    def _ready(self, asked: "_Asked", found: Sequence[Findings], version: str) -> Prepared:
        text, language, follow_up = asked.request.question, asked.language, asked.follow_up
        findings, own = found[0], found[1:]
        parts = tuple(part.with_findings(each) for part, each in zip(asked.parts, own, strict=True))
        if self._writes:
            turns = asked.request.context if follow_up else ()
            question = follow_up.asked if follow_up else text
            prompt = self._prompter.build(question, findings.passages, language, turns)
            return PreparedQuestion(text, findings, prompt, language, version, follow_up, parts)
        read = partial(self._knowledge.chunks_in_force, asked.request.tenant)
        meanings = follow_up.meanings if follow_up else ()
        return FoundQuestion(text, findings, read, language, version, meanings, parts)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request as it is searched and answered.

    Attributes:
        parts: the questions of a message that asks several, where each is searched.
    """

    request: Request
    follow_up: FollowUp | None
    language: Language
    parts: tuple[MessagePart, ...]

    @classmethod
    def of(cls, request: Request, default: Language, rewritten: str, *, in_parts: bool) -> Self:
        """Of its conversation only what it goes on from counts."""
        follow_up = follow_up_of(request.question, request.context, request.asked_at)
        text = follow_up.whole if follow_up else request.question
        language = language_of(text, default)
        if follow_up and rewritten:
            follow_up = replace(follow_up, rewritten=rewritten)
        parts = (
            message_parts(request.question, request.context, request.asked_at) if in_parts else ()
        )
        return cls(request, follow_up, language, parts)

    @property
    def inquiries(self) -> tuple[Inquiry, ...]:
        """What is searched for: the message, and each of its parts."""
        tenant, question, follow_up = self.request.tenant, self.request.question, self.follow_up
        before, whole = (follow_up.before, follow_up.rewritten) if follow_up else ("", "")
        own = Inquiry(tenant, question, before, whole=whole)
        return own, *(part.inquiry(tenant) for part in self.parts)

    @property
    def searched(self) -> tuple[str, ...]:
        """See `Outcome`."""
        return self.follow_up.searched if self.follow_up else ()


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
