"""A backfill's records: many old questions, answered into a file and never to a patient.

Times are Unix seconds. Always: rows = answered + needs_human + failed + left. A row has no reply
address and no conversation, so nothing can be sent to a patient.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints

from workers.contracts.conversation import Turn
from workers.contracts.errors import RecordError
from workers.contracts.question import Citation, Outcome, Shared, Status, Way
from workers.contracts.record import Record

#: Longest key of a row, in characters.
LONGEST_KEY: Final = 200
#: Most turns before a question that are kept.
MOST_TURNS: Final = 3
#: Of a source's other columns so many are echoed, each so many characters long, all together so
#: many bytes.
MOST_COLUMNS, LONGEST_CELL, COLUMNS_BYTES = 50, 2_000, 8 << 10
#: Longest answer of the clinic's that is kept, in characters.
LONGEST_LATER: Final = 8_192
#: Times that a calendar has in every time zone: from the year 1 to 9999, but for a day.
_FIRST_MOMENT, _LAST_MOMENT = -62_135_510_400.0, 253_402_214_400.0


def cut(text: str, longest: int) -> str:
    """At most `longest` characters of a text; one that was cut ends in "…"."""
    return text if len(text) <= longest else text[: max(longest - 1, 0)] + "…"


def storable(text: str) -> str:
    """A text with a replacement sign for each half of a UTF-16 pair: those cannot be stored."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def bounded(columns: Mapping[str, str]) -> dict[str, str]:
    """As much of a source's other columns as is echoed; cut ones end in "…"."""
    kept = {
        cut(storable(name), LONGEST_KEY): cut(storable(value), LONGEST_CELL)
        for name, value in islice(columns.items(), MOST_COLUMNS)
    }
    if sum(len(f"{name}{value}".encode()) for name, value in kept.items()) <= COLUMNS_BYTES:
        return kept
    share = COLUMNS_BYTES // len(kept)  # so that no column is crowded out by those before it
    return {
        _within(name, share // 3): _within(value, share - share // 3)
        for name, value in kept.items()
    }


def _within(text: str, most: int) -> str:
    """At most so many bytes of a text in UTF-8."""
    raw = text.encode()
    if len(raw) <= most:
        return text
    return f"{raw[: most - len('…'.encode())].decode('utf-8', 'ignore')}…"


def calendar_moment(seconds: float | None) -> float | None:
    """A time that can be written as a day; None of one that no calendar has."""
    is_one = seconds is not None and _FIRST_MOMENT <= seconds <= _LAST_MOMENT
    return seconds if is_one else None


_Text = Annotated[str, AfterValidator(storable)]


def _storable_turns(turns: tuple[Turn, ...]) -> tuple[Turn, ...]:
    return tuple(
        turn.model_copy(
            update={
                "question": storable(turn.question),
                "answer": storable(turn.answer),
                "at": calendar_moment(turn.at) or 0.0,
            }
        )
        for turn in turns
    )


class BackfillState(StrEnum):
    """Where a backfill stands."""

    READING = "reading"  #: an uploaded file waits to be read into rows
    RECEIVING = "receiving"  #: rows are coming; they are asked once it is sealed
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"  #: sealed, and every row has its result
    CANCELLED = "cancelled"  #: no more rows are asked; what has a result keeps it
    UNREADABLE = "unreadable"  #: its file could not be read; `error` says why


class BackfillRow(Record):
    """One old question.

    Attributes:
        key: tells it from the others of its backfill: an id, a Message-ID, else a hash of text and
            place. A row whose key is known is passed over.
        id: what its source calls it.
        place: where it stands in its source, in Portuguese: "linha 17".
        question: the patient's words.
        fault: why it cannot be asked, as a fixed word: `empty`, `too_long`, `unreadable`. Such a
            row fails at once.
        asked_at: when the patient asked; a time that no calendar has is none.
        context: the turns before it, oldest first, where it may be a follow-up.
        columns: the other columns of its source, echoed beside its result; bounded, see `bounded`.
        later_answer: what the clinic itself answered then; bounded.
        shape: `openai`: results are written as OpenAI's batches are.
    """

    key: Annotated[_Text, StringConstraints(min_length=1, max_length=LONGEST_KEY)]
    id: _Text = ""
    place: _Text = ""
    question: _Text = ""
    fault: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,64}$")] | None = None
    asked_at: Annotated[float | None, AfterValidator(calendar_moment)] = None
    context: Annotated[
        tuple[Turn, ...], Field(max_length=MOST_TURNS), AfterValidator(_storable_turns)
    ] = ()
    columns: Annotated[dict[str, str], AfterValidator(bounded)] = Field(default_factory=dict)
    later_answer: Annotated[_Text, AfterValidator(lambda text: cut(text, LONGEST_LATER))] = ""
    shape: Literal["plain", "openai"] = "plain"


class RowStatus(StrEnum):
    """How a row ended."""

    ANSWERED = "answered"
    NEEDS_HUMAN = "needs_human"
    FAILED = "failed"


#: How a question's end counts as a row's; the reason of the last two is `expired`, `cancelled`.
_ROW_STATUS: Final = {
    Status.ANSWERED: RowStatus.ANSWERED,
    Status.NEEDS_HUMAN: RowStatus.NEEDS_HUMAN,
    Status.FAILED: RowStatus.FAILED,
    Status.EXPIRED: RowStatus.FAILED,
    Status.CANCELLED: RowStatus.FAILED,
}


class RowResult(Record):
    """What came of a row.

    Attributes:
        row: its number, from 0. The store sets it, and `number`.
        number: from 1; rises with every result of the backfill: the place to go on reading from. A
            row that is asked again gets a new one, and its old result is no longer read.
        question_id: under which it was asked; empty of a row that could not be asked.
        reason: as an outcome's; of a row that failed also `expired`, `cancelled` (somebody
            cancelled its question) or its fault.
        shared: whether an identical question was answered for it, and how.
    """

    row: int = -1
    number: int = 0
    question_id: str = ""
    status: RowStatus
    reason: str | None = None
    text: str = ""
    citations: tuple[Citation, ...] = ()
    way: Way | None = None
    model: str | None = None
    knowledge_version: str | None = None
    prompt_version: str | None = None
    shared: Shared | None = None
    ended_at: float

    @classmethod
    def of(cls, question_id: str, outcome: Outcome, ended_at: float) -> Self:
        """The result that a question's outcome is."""
        shown = {"reason", "text", "citations", "way", "model"}
        shown |= {"knowledge_version", "prompt_version", "shared"}
        fields = outcome.model_dump(include=shown)
        status = _ROW_STATUS[outcome.status]
        return cls(question_id=question_id, status=status, ended_at=ended_at, **fields)

    def line(self) -> str:
        """As it is stored behind its row's number: JSON without line breaks."""
        return self.model_dump_json(exclude_defaults=True, exclude={"row", "number"})

    @classmethod
    def of_line(cls, line: str, number: int = 0) -> Self:
        """The result in a stored line: its row, a blank, its JSON.

        Raises:
            RecordError: it was written by another version, or is damaged.
        """
        row, _, stored = line.partition(" ")
        if not row.isdecimal():
            raise RecordError("a result of a backfill", line)
        result = cls.read(stored, f"the result of row {row}")
        return result.model_copy(update={"row": int(row), "number": number})

    @classmethod
    def failed(cls, reason: str, ended_at: float, question_id: str = "") -> Self:
        """The result of a row that could not be asked, or whose record cannot be read."""
        failed = RowStatus.FAILED
        return cls(question_id=question_id, status=failed, reason=reason, ended_at=ended_at)


class BackfillPlan(Record):
    """When and how rows are asked, and who hears of it.

    Attributes:
        window: hours in which rows are asked, as opening hours are written: "22:00-06:00" (every
            day), "seg-sex 22:00-06:00". None: at any time.
        time_zone: of the window.
        expires_in: seconds that a row may wait in the lane. A row that is taken off the lane
            (pause, end of the window) begins anew.
        callback_url: where a summary is posted, signed, once a window and at the end.
        mail_to: whom a summary is sent to, through the e-mail channel `mail_channel`.
    """

    window: str | None = None
    time_zone: str = "America/Sao_Paulo"
    expires_in: float | None = None
    callback_url: str | None = None
    mail_to: str | None = None
    mail_channel: str | None = None


class Backfill(Record):
    """One backfill as it is now.

    Attributes:
        name: one backfill of a clinic has this name.
        source: what the rows came from, as it may be shown.
        open: rows that are in the lane; part of `left`.
        results: number of the newest result; where it has not risen, nothing new is to be read.
        touched_at: of its last change; it is kept for the retention after that.
        rate: results a second over about the last ten seconds of work; None where it rests.
        left_out: what of the source is no question, counted by a fixed word.
        guesses: what was guessed of the source: (what, value), as it may be shown.
        error: why it is unreadable, or what went wrong last; for the user.
        sealed: whether all rows are there.
        report_job: the job that makes, or made, its report; empty before the first.
        summary_moment: which the newest summary was noted for; None before the first.
        summary_results: `results` at that time.
    """

    id: str
    tenant: str
    name: str
    source: str = ""
    state: BackfillState
    plan: BackfillPlan = BackfillPlan()
    rows: int = 0
    answered: int = 0
    needs_human: int = 0
    failed: int = 0
    open: int = 0
    results: int = 0
    created_at: float
    started_at: float | None = None
    ended_at: float | None = None
    touched_at: float
    rate: float | None = None
    left_out: dict[str, int] = Field(default_factory=dict)
    guesses: tuple[tuple[str, str], ...] = ()
    error: str = ""
    sealed: bool = False
    report_job: str = ""
    summary_moment: float | None = None
    summary_results: int = 0

    @property
    def left(self) -> int:
        """Rows without a result."""
        return self.rows - self.answered - self.needs_human - self.failed

    @classmethod
    def from_hash(cls, raw: Mapping[str, str], open_rows: int) -> Self:
        """Read the Redis hash of one backfill; `open_rows` is counted beside it.

        Raises:
            RecordError: it was written by another version, or is damaged.
        """
        try:
            fields: dict[str, Any] = {k: v for k, v in raw.items() if v != ""}
            for name in ("plan", "left_out", "guesses"):
                if name in fields:
                    fields[name] = json.loads(fields[name])
            return cls.model_validate(fields | {"open": open_rows})
        except ValueError as error:  # pydantic's, too
            raise RecordError(f"backfill {raw.get('id', '')}", raw) from error
