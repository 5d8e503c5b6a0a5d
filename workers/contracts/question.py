"""A question's record: what was asked, where it stands, what came of it."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, Field, JsonValue, ValidationError, model_validator

from workers.contracts.conversation import Turn
from workers.contracts.errors import RecordError
from workers.contracts.record import Record
from workers.contracts.reply import ReplyAddress


class Lane(StrEnum):
    """Which queue a question waits in."""

    INTERACTIVE = "interactive"
    BULK = "bulk"


class Status(StrEnum):
    """Where a question stands."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    ANSWERED = "answered"
    NEEDS_HUMAN = "needs_human"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to the question."""
        return not TRANSITIONS[self]


#: The one table of allowed changes of status; the Lua scripts are compiled with it and enforce it.
TRANSITIONS: Final[Mapping[Status, frozenset[Status]]] = MappingProxyType(
    {
        Status.QUEUED: frozenset(
            {
                Status.CLAIMED,
                Status.ANSWERED,  # asked with its outcome: a fixed text, a person's words
                Status.NEEDS_HUMAN,  # likewise
                Status.EXPIRED,
                Status.CANCELLED,
            }
        ),
        Status.CLAIMED: frozenset(
            {
                Status.CLAIMED,  # taken over from a worker that died
                Status.QUEUED,  # released by a worker that stops
                Status.ANSWERED,
                Status.NEEDS_HUMAN,
                Status.FAILED,
                Status.EXPIRED,
                Status.CANCELLED,
            }
        ),
        Status.ANSWERED: frozenset(),
        Status.NEEDS_HUMAN: frozenset(),
        Status.FAILED: frozenset(),
        Status.EXPIRED: frozenset(),
        Status.CANCELLED: frozenset(),
    }
)


class Delivery(StrEnum):
    """Where the delivery of an outcome stands."""

    NONE = "none"
    PENDING = "pending"
    DELIVERED = "delivered"
    DROPPED = "dropped"  #: the asker shall not get it any more: a person has taken over
    DEAD = "dead"


class Request(Record):
    """What was asked; never changes once accepted. Times are Unix seconds.

    `context`: the last turns of its conversation, oldest first, where it may be a follow-up.
    """

    tenant: str
    question: str
    lane: Lane = Lane.INTERACTIVE
    asked_at: float
    reply_to: ReplyAddress | None = None
    conversation_id: str | None = None
    context: tuple[Turn, ...] = ()
    metadata: dict[str, JsonValue] = Field(default_factory=dict)
    expires_at: float | None = None

    @property
    def receiver(self) -> str | None:
        """Whom its outcome goes to, as it may be shown and logged; None where nobody waits."""
        return self.reply_to.receiver if self.reply_to else None

    @model_validator(mode="before")
    @classmethod
    def _upgraded(cls, fields: Any) -> Any:  # noqa: ANN401 - whatever a record holds
        """Records of the first versions hold a `callback_url` alone."""
        if not isinstance(fields, dict) or "callback_url" not in fields:
            return fields
        others = {name: value for name, value in fields.items() if name != "callback_url"}
        url = fields["callback_url"]
        return others if url is None else {**others, "reply_to": {"kind": "webhook", "url": url}}


class Citation(Record):
    """A place in the clinic's documents that an answer rests on."""

    document: str
    title: str
    heading: str | None = None
    page: int | None = None
    quote: str


class Usage(Record):
    """Tokens of one generation."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0


class Timings(Record):
    """Seconds that a question spent in each part of its path.

    Attributes:
        generated: that its answer took, written by the model or selected from the documents.
    """

    waited: float = 0.0
    retrieved: float = 0.0
    generated: float = 0.0


def _ended(status: Status) -> Status:
    if not status.ended:
        raise ValueError(f"an outcome's status is an ended one, not {status.value}")
    return status


Ended = Annotated[Status, AfterValidator(_ended)]


class Shared(StrEnum):
    """How an outcome was shared with an identical question."""

    COALESCED = "coalesced"  #: it waited or ran at the same time
    CACHED = "cached"  #: it was answered before


class Way(StrEnum):
    """How an answer is made."""

    WRITE = "write"  #: by the model, from the passages
    QUOTE = "quote"  #: in the documents' own words
    PERSON = "person"  #: by a person of the clinic


class Outcome(Record):
    """What came of a question.

    Attributes:
        status: one of the ended states.
        text: what the asker is told, in the question's language.
        reason: why the documents gave no answer, as a fixed word; None where they gave one. Nothing
            was asked, and a fixed text is the answer: `greeting`, `thanks`, `acknowledged`, and of
            a channel `opt_out`, `media` (nothing but what is not read). A person has to see to it,
            before it was searched: `emergency`, `person_asked`, `personal_health`, and of a channel
            `late` (it came long after it was written), `attachment` (a mail of nothing else);
            after: `no_documents`, `weak_evidence`, `question_too_long`, `unsure` (no sentence of
            the documents surely answers), `unsupported` (what the model wrote does not stand in the
            documents), or for what it wrote `model_unknown`, `model_empty`, `model_repetition`,
            `model_cut`, `model_aborted`.
            It failed: `poison`, `record_unreadable`, `retrieval_failed`, `prompt_failed`,
            `generation_failed`, `quote_failed`. Else `expired` or `cancelled`.
        way: how the answer came about: `write`, by the model, `quote`, in the documents' words, or
            `person`, by a person of the clinic.
        faults: kinds of what is wrong with what the model wrote, where it was not sent.
        refused: that text, for whoever measures; it is never sent to the asker.
        finish_reason: `stop`, or `length` where the answer was cut at the token limit.
        shared: how it came from an identical question; then it took no tokens of its own.
        searched: of a question that goes on from others of its conversation, the texts that were
            searched for: what patients wrote, as private as the question.
    """

    status: Ended
    text: str
    reason: str | None = None
    citations: tuple[Citation, ...] = ()
    way: Way | None = None
    faults: tuple[str, ...] = ()
    refused: str = ""
    finish_reason: str | None = None
    language: str | None = None
    model: str | None = None
    knowledge_version: str | None = None
    prompt_version: str | None = None
    usage: Usage = Usage()
    timings: Timings = Timings()
    shared: Shared | None = None
    searched: tuple[str, ...] = ()


class Mark(StrEnum):
    """What a patient thought of an answer, by a thumb that he put to it."""

    GOOD = "good"
    BAD = "bad"


class DeliveryAttempt(Record):
    """One attempt to bring an outcome back."""

    at: float
    ok: bool
    detail: str


class Question(Record):
    """The whole record, as it is now."""

    id: str
    request: Request
    status: Status
    attempt: int = 0
    worker: str | None = None
    claimed_at: float | None = None
    ended_at: float | None = None
    outcome: Outcome | None = None
    delivery: Delivery = Delivery.NONE
    delivery_attempts: int = 0
    deliveries: tuple[DeliveryAttempt, ...] = ()
    mark: Mark | None = None

    @classmethod
    def from_hash(cls, question_id: str, raw: Mapping[str, str]) -> Self:
        """Read the Redis hash of one question.

        Raises:
            RecordError: a field is missing or not what it should be.
        """
        fields: dict[str, Any] = {k: v for k, v in raw.items() if k in cls.model_fields}
        try:
            fields["request"] = Request.model_validate_json(raw["request"])
            if "outcome" in raw:
                fields["outcome"] = Outcome.model_validate_json(raw["outcome"])
            if "deliveries" in raw:
                fields["deliveries"] = _Attempts.model_validate_json(
                    '{"list":' + raw["deliveries"] + "}"
                ).list
            return cls.model_validate(fields | {"id": question_id})
        except (KeyError, ValidationError) as error:
            raise RecordError(f"question {question_id}", raw) from error


class _Attempts(Record):
    list: tuple[DeliveryAttempt, ...]
