"""What goes in and out about backfills: old questions and their answers."""

from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from api.problems import Problem
from api.schemas import Links, Parameters
from workers.contracts.backfill import Backfill, BackfillPlan, BackfillRow, BackfillState, RowStatus
from workers.contracts.backfill_rows import MOST_ROWS

#: Most results of one reading; without a limit all are sent.
MOST_RESULTS: Final = 1_000_000
#: Above the number of any result, and within what Redis counts.
_LAST_NUMBER: Final = 2**53
_LONGEST_LIFE: Final = 30 * 24 * 3600

Name = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$"
    ),
]
Word = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]


class BackfillPath(Parameters):
    """The path of one backfill."""

    backfill_id: str = Field(description="Its id, as the list gives it.")


class PlanIn(BaseModel):
    """When and how rows are asked, and who hears of it."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    window: Annotated[str, StringConstraints(max_length=500)] | None = Field(
        None,
        description="Hours in which rows are asked, as opening hours are written: `22:00-06:00` "
        "(every day), `seg-sex 22:00-06:00; sáb-dom 00:00-24:00`. Default: at any time.",
        examples=["22:00-06:00"],
    )
    time_zone: Annotated[str, StringConstraints(max_length=64)] | None = Field(
        None, description="Of the window. Default: `America/Sao_Paulo`."
    )
    expires_in: Annotated[int, Field(strict=True, ge=1, le=_LONGEST_LIFE)] | None = Field(
        None,
        description="Seconds that a row may wait for a worker; then it fails as `expired`. They do "
        "not run while the backfill is paused or outside of its window. Default: no end.",
    )
    callback_url: Annotated[str, StringConstraints(min_length=1, max_length=2000)] | None = Field(
        None,
        description="Where a summary (numbers only) is posted, signed, at the end of each window "
        "and of the backfill.",
    )
    mail_to: Annotated[str, StringConstraints(max_length=254)] | None = Field(
        None,
        description="Whom that summary is mailed to, through `mail_channel`.",
        examples=["gestao@clinica.example"],
    )
    mail_channel: Annotated[str, StringConstraints(max_length=64)] | None = Field(
        None, description="The clinic's e-mail channel that sends it."
    )


class BackfillIn(PlanIn):
    """A backfill whose rows follow."""

    name: Name = Field(
        description="Names it within the clinic: the same name goes on with the same backfill.",
        examples=["perguntas-2025"],
    )
    source: Word = Field("", description="What the rows come from, as it is shown.")


class UploadIn(PlanIn):
    """A backfill whose rows a worker reads from a file: how it is to be read, where it is known.

    What is left out is guessed; `guesses` then says what.
    """

    name: Name | None = Field(None, description="Default: the file's name.")
    source: Word | None = Field(None, description="As it is shown. Default: the file's name.")
    format: Literal["csv", "jsonl", "xlsx", "mbox", "whatsapp"] | None = Field(
        None, description="Default: by what the file holds. Maildir, .eml and chats come as .zip."
    )
    question_column: Word | None = Field(
        None, description="Of a table: name, number from 1, or letter of a spreadsheet's column."
    )
    id_column: Word | None = None
    answer_column: Word | None = Field(None, description="With what the clinic answered then.")
    date_column: Word | None = None
    sheet: Word | None = None
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=1)] | None = None
    encoding: Annotated[str, StringConstraints(max_length=40)] | None = None
    clinic: tuple[Word, ...] = Field(
        (), max_length=50, description="Who of a chat, or which addresses, is the clinic itself."
    )
    date_order: Literal["dmy", "mdy"] | None = None
    since: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = Field(
        None, description="Rows that were asked before this day are left out."
    )

    @field_validator("expires_in", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:  # noqa: ANN401 - a form knows texts alone
        return int(value) if isinstance(value, str) and value.isdecimal() else value


class RowIn(BackfillRow):
    """One old question.

    `key` tells it from the others: a row whose key is known is passed over, so that a part can be
    sent again. Without one, `id` is the key. A row without a question, or with one that is longer
    than questions may be, is taken and fails (`empty`, `too_long`).
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class RefusalOut(BaseModel):
    """A row that was not taken."""

    index: int = Field(description="Its position in the request, from 0.")
    problem: Problem


class RowsOut(BaseModel):
    """What became of rows: added + repeated + refused are all of them."""

    added: int
    repeated: int = Field(description="Their keys were known: nothing was added.")
    refused: int
    rows: int = Field(description="How many the backfill has now.")
    refusals: list[RefusalOut]


class SealIn(BaseModel):
    """What is known of the source, now that it is read to its end."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    left_out: dict[Annotated[str, Field(max_length=64)], Annotated[int, Field(ge=0)]] = Field(
        default={}, max_length=100, description="What of it is no question, counted by reason."
    )
    guesses: tuple[tuple[Word, Word], ...] = Field(
        (), max_length=100, description="What was guessed of it: what, and the value."
    )


class StopIn(BaseModel):
    """What becomes of rows that are in the lane."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    withdraw: bool = Field(
        default=False,
        description="Take back those that no worker has claimed; else they go on to their end.",
    )


class RedoIn(BaseModel):
    """Which rows are asked again."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: tuple[RowStatus, ...] = Field(
        (RowStatus.NEEDS_HUMAN, RowStatus.FAILED),
        min_length=1,
        max_length=3,
        description="Those that ended so.",
    )
    rows: tuple[Annotated[int, Field(ge=0)], ...] | None = Field(
        None, max_length=MOST_ROWS, description="Only these, by number. Default: all."
    )


class BackfillOut(BaseModel):
    """A backfill as it is now. Always: rows = answered + needs_human + failed + left."""

    id: str
    name: str
    source: str
    state: BackfillState
    plan: BackfillPlan
    rows: int
    answered: int
    needs_human: int
    failed: int
    left: int = Field(description="Rows without a result.")
    open: int = Field(description="Of those that are left, rows in the lane.")
    results: int = Field(description="Number of the newest result.")
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    touched_at: datetime = Field(
        description="It is kept for `ATENDE_RETENTION_HOURS` after its last change."
    )
    rate: float | None = Field(description="Results a second, lately; null where it rests.")
    left_out: dict[str, int] = Field(
        description="What of the source is no question, counted by reason."
    )
    guesses: tuple[tuple[str, str], ...] = Field(description="What was guessed of the source.")
    error: str = Field(description="Why it is unreadable, or what went wrong last.")
    links: Links

    @classmethod
    def of(cls, backfill: Backfill) -> Self:
        """Show a record."""
        shown = backfill.model_dump(exclude={"tenant", "sealed", "report_job"})
        return cls.model_validate(
            shown | {"left": backfill.left, "links": Links(self=link(backfill.id))}
        )


class BackfillsOut(BaseModel):
    """All that are kept, the newest first."""

    backfills: list[BackfillOut]


class RedoOut(BaseModel):
    """How many rows are asked again."""

    again: int
    backfill: BackfillOut


class ResultsQuery(Parameters):
    """Which results, and how they are written."""

    after: Annotated[int, Field(ge=0, le=_LAST_NUMBER)] = Field(
        0, description="Those whose `number` is above: the last one that was read."
    )
    limit: Annotated[int, Field(ge=1, le=MOST_RESULTS)] = Field(
        MOST_RESULTS, description="Most results."
    )
    format: Literal["ndjson", "csv", "openai"] = Field(
        "ndjson",
        description="`ndjson`: row and result in one object a line. `csv`: for spreadsheets, which "
        "run none of its cells. `openai`: as the output of OpenAI's batches.",
    )


class MakingOut(BaseModel):
    """A page that is being made: ask again."""

    job: str
    state: str


def link(backfill_id: str) -> str:
    """The path of one backfill."""
    return f"/v1/backfills/{backfill_id}"
