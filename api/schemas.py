"""What goes in and out as JSON. Values that a setting bounds are checked by `api.admission`."""

import re
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, Final, Self

from flask import Response
from flask_openapi3.models.schema import Schema
from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints

from api.body import JSON
from api.problems import Problem
from workers.contracts.question import Delivery, DeliveryAttempt, Lane, Outcome, Question, Status

#: Longest `expires_in`: 30 days, in seconds.
_LONGEST_LIFE = 30 * 24 * 3600
#: Where a schema stands in the OpenAPI document.
REF: Final = "#/components/schemas/{model}"
QUESTION_ID: Final = re.compile(r"[0-9a-f]{32}")

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, pattern=r"^[^\x00]*$")]
#: Visible ASCII, as a header carries it.
IdempotencyKey = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,255}$")]
ConversationId = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,255}$")]


class QuestionIn(BaseModel):
    """One question."""

    # JSON has no infinity, but 1e999 is read as one.
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    question: Text = Field(
        description="What the patient asks. At most `ATENDE_MAX_QUESTION_CHARS` characters "
        "(4,000).",
        examples=["Preciso de jejum para o exame de sangue?"],
    )
    callback_url: str | None = Field(
        None,
        min_length=1,
        max_length=2000,
        description="Where the outcome is sent, signed (Standard Webhooks). http or https, no "
        "credentials; an address must be public.",
        examples=["https://bot.example.com/atende"],
    )
    lane: Lane | None = Field(
        None, description="`interactive` where somebody waits, else `bulk`. Default: by the route."
    )
    conversation_id: ConversationId | None = Field(
        None, description="The asker's own name of the conversation."
    )
    metadata: dict[str, JsonValue] = Field(
        default={},
        description="Kept and given back unchanged. At most `ATENDE_MAX_METADATA_BYTES` (4,096).",
    )
    expires_in: Annotated[int, Field(strict=True, ge=1, le=_LONGEST_LIFE)] | None = Field(
        None,
        description="Seconds after which the question expires if no worker took it. Default: "
        "`ATENDE_EXPIRES_IN_SECONDS` (a day).",
    )


class BatchItem(QuestionIn):
    """One question of a batch."""

    idempotency_key: IdempotencyKey | None = Field(
        None,
        description="As the header Idempotency-Key, for this question. Default: the batch's own "
        "header and the position, where the header was sent.",
    )


class Parameters(BaseModel):
    """Base of headers and queries.

    flask-openapi3 4.3 asks for the JSON schema at each request; making it takes 0.3 ms.
    """

    if not TYPE_CHECKING:

        @classmethod
        @cache
        def model_json_schema(cls, *args: object, **kwargs: object) -> dict[str, object]:
            """The schema, made once for the same arguments."""
            return super().model_json_schema(*args, **kwargs)


class AskHeader(Parameters):
    """Headers of a question."""

    idempotency_key: IdempotencyKey | None = Field(
        None,
        alias="Idempotency-Key",
        description="Names this question for 24 hours: sending it again asks nothing twice.",
    )


class QuestionPath(Parameters):
    """The path of one question."""

    question_id: str = Field(description="The id from the 202.")


class WaitQuery(Parameters):
    """How long to wait for the outcome."""

    wait: Annotated[float, Field(ge=0, allow_inf_nan=False)] = Field(
        0,
        description="Seconds to wait for the question's end; cut to `ATENDE_MAX_WAIT_SECONDS` "
        "(30). It may return earlier: ask again until `status` is an ended one.",
    )


class Links(BaseModel):
    """Where to go on."""

    self: str


class AcceptedOut(BaseModel):
    """A question that was accepted; it will not be lost."""

    id: str
    status: Status | None = Field(description="Null where the record is no longer kept.")
    repeated: bool = Field(description="Whether the Idempotency-Key was known: nothing was added.")
    links: Links


class BatchItemOut(BaseModel):
    """What became of one question of a batch."""

    index: int = Field(description="Its position in the batch, from 0.")
    status: int = Field(description="The HTTP status that it would have had alone.")
    accepted: AcceptedOut | None = None
    problem: Problem | None = None


class BatchOut(BaseModel):
    """A result per question, in their order."""

    accepted: int
    refused: int
    items: list[BatchItemOut]


class DeliveryOut(BaseModel):
    """Where the delivery of the outcome stands."""

    state: Delivery
    attempts: int
    recent: tuple[DeliveryAttempt, ...] = Field(description="The last attempts; Unix seconds.")

    @classmethod
    def of(cls, record: Question) -> Self:
        """Show the delivery of a record."""
        return cls(
            state=record.delivery, attempts=record.delivery_attempts, recent=record.deliveries
        )


class QuestionOut(BaseModel):
    """A question as it is now."""

    id: str
    status: Status
    question: str
    lane: Lane
    conversation_id: str | None
    metadata: dict[str, JsonValue]
    asked_at: datetime
    claimed_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None
    outcome: Outcome | None = Field(description="Null until the question has ended.")
    delivery: DeliveryOut
    links: Links

    @classmethod
    def of(cls, record: Question) -> Self:
        """Show a record. What is the workers' own, such as the callback URL, is not shown."""
        request = record.request
        return cls.model_validate(
            {
                "id": record.id,
                "status": record.status,
                "question": request.question,
                "lane": request.lane,
                "conversation_id": request.conversation_id,
                "metadata": request.metadata,
                "asked_at": request.asked_at,
                "claimed_at": record.claimed_at,
                "ended_at": record.ended_at,
                "expires_at": request.expires_at,
                "outcome": record.outcome,
                "delivery": DeliveryOut.of(record),
                "links": Links(self=link(record.id)),
            }
        )


def components(*models: type[BaseModel]) -> dict[str, Schema]:
    """Schemas of bodies that a route describes by reference, with what they refer to."""
    schemas: dict[str, Schema] = {}
    for model in models:
        schema = model.model_json_schema(ref_template=REF)
        parts = schema.pop("$defs", {}) | {model.__name__: schema}
        schemas |= {name: Schema(**part) for name, part in parts.items()}
    return schemas


def link(question_id: str) -> str:
    """The path of one question."""
    return f"/v1/questions/{question_id}"


def response(
    answer: BaseModel, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    """The response that carries an answer as JSON."""
    return Response(answer.model_dump_json(), status, headers, content_type=JSON)
