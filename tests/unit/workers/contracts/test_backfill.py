"""Records of backfills: bounded, read back as they were, to nobody's address."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from workers.contracts.backfill import (
    COLUMNS_BYTES,
    LONGEST_CELL,
    MOST_COLUMNS,
    Backfill,
    BackfillRow,
    BackfillState,
    RowResult,
    RowStatus,
    bounded,
    cut,
)
from workers.contracts.conversation import Turn
from workers.contracts.errors import RecordError
from workers.contracts.question import Citation, Outcome, Shared, Status, Way

TURN = Turn(question="Faz ultrassom?", answer="Sim.", at=1.0)


def test_a_long_text_is_cut_and_says_so() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcd", 3) == "ab…"
    assert cut("abcd", 1) == "…"


@given(st.dictionaries(st.text(max_size=300), st.text(max_size=3000), max_size=60))
def test_other_columns_are_bounded(columns: dict[str, str]) -> None:
    kept = bounded(columns)
    assert len(kept) <= MOST_COLUMNS
    assert all(len(value) <= LONGEST_CELL for value in kept.values())
    assert sum(len(f"{name}{value}".encode()) for name, value in kept.items()) <= COLUMNS_BYTES
    assert bounded(kept) == kept


def test_columns_that_fit_stay_as_they_are() -> None:
    assert bounded({"nome": "Ana", "": ""}) == {"nome": "Ana", "": ""}
    many = {str(n): "x" * 1000 for n in range(60)}
    kept = bounded(many)
    assert len({*kept.values()}) == 1  # none is crowded out by those before it
    assert kept["49"].startswith("x" * 100)
    assert kept["49"].endswith("…")
    assert "50" not in kept


@pytest.mark.parametrize(
    "wrong", [{"key": ""}, {"key": "k" * 201}, {"context": (TURN,) * 4}, {"fault": "Sem texto"}]
)
def test_a_row_that_cannot_be_kept_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        BackfillRow.model_validate({"key": "a"} | wrong)


@pytest.mark.parametrize("moment", [1e300, -1e300, 1e15, float("nan"), float("-inf")])
def test_a_time_that_no_calendar_has_is_none(moment: float) -> None:
    row = BackfillRow(key="a", asked_at=moment, context=(TURN.model_copy(update={"at": moment}),))
    assert row.asked_at is None
    assert row.context[0].at == 0.0


@pytest.mark.parametrize("moment", [0.0, -1e9, 1_700_000_000.5, 253_402_214_400.0])
def test_a_time_that_a_calendar_has_is_kept(moment: float) -> None:
    assert BackfillRow(key="a", asked_at=moment).asked_at == moment


def test_half_a_sign_does_not_hinder_a_row() -> None:
    turn = Turn(question="\ud800", answer="Sim\udc00", at=1.0)
    columns = {"\udc00": "x\ud800y"}
    row = BackfillRow(key="a\ud83d", question="Oi \ud800?", columns=columns, context=(turn,))
    assert BackfillRow.model_validate_json(row.model_dump_json()) == row
    assert row.question.startswith("Oi ")
    assert "\ud800" not in row.question


@pytest.mark.parametrize(
    ("status", "counted"),
    [
        (Status.ANSWERED, RowStatus.ANSWERED),
        (Status.NEEDS_HUMAN, RowStatus.NEEDS_HUMAN),
        (Status.FAILED, RowStatus.FAILED),
        (Status.EXPIRED, RowStatus.FAILED),
        (Status.CANCELLED, RowStatus.FAILED),
    ],
)
def test_every_end_of_a_question_is_an_end_of_a_row(status: Status, counted: RowStatus) -> None:
    outcome = Outcome(status=status, text="t", reason="r")
    assert RowResult.of("q1", outcome, 1.0).status is counted


def test_a_result_keeps_what_may_be_shown_and_is_one_line() -> None:
    quote = Citation(document="a.md", title="A", quote="Linha um\nlinha dois\u2028três")
    outcome = Outcome(
        status=Status.ANSWERED,
        text="Sim.\nNão.",
        citations=(quote,),
        way=Way.QUOTE,
        model="m",
        knowledge_version="k",
        prompt_version="p",
        shared=Shared.CACHED,
        refused="nothing of this",
        searched=("nor of this",),
    )
    result = RowResult.of("q1", outcome, 2.5)
    line = result.line()
    assert "\n" not in line
    assert "nothing of this" not in line
    assert "nor of this" not in line
    read = RowResult.of_line(f"17 {line}", number=4)
    assert read == result.model_copy(update={"row": 17, "number": 4})
    assert (read.text, read.citations, read.way) == ("Sim.\nNão.", (quote,), Way.QUOTE)
    with pytest.raises(RecordError, match="row 17"):
        RowResult.of_line("17 {}")


def test_a_damaged_backfill_says_which_and_quotes_nothing() -> None:
    raw = {"id": "b1", "tenant": "c", "name": "segredo", "state": "running", "plan": "{"}
    with pytest.raises(RecordError) as caught:
        Backfill.from_hash(raw, 0)
    assert "b1" in str(caught.value)
    assert "segredo" not in str(caught.value)


def test_what_is_left_is_what_has_no_result() -> None:
    raw = {"id": "b", "tenant": "c", "name": "n", "state": "running", "rows": "9"}
    raw |= {
        "created_at": "1",
        "touched_at": "1",
        "answered": "4",
        "needs_human": "2",
        "failed": "1",
    }
    backfill = Backfill.from_hash(raw, 1)
    assert (backfill.left, backfill.open, backfill.state) == (2, 1, BackfillState.RUNNING)
