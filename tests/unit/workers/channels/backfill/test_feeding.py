"""How the lane's room is divided, and what becomes of a row's times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.channels.backfill.feeding import request_of, shares
from workers.contracts.backfill import BackfillRow
from workers.contracts.conversation import Turn
from workers.contracts.question import Lane

COUNTS = st.integers(0, 40)


@pytest.mark.parametrize(
    ("room", "open_rows", "wants", "given_rows"),
    [
        (10, [0], [100], [10]),
        (10, [0], [3], [3]),
        (10, [0, 0], [100, 100], [5, 5]),
        (10, [0, 0, 0], [100, 2, 100], [4, 2, 4]),
        (10, [20, 0], [100, 100], [0, 10]),  # the newcomer catches up
        (10, [3, 0], [100, 100], [4, 6]),
        (0, [0], [5], [0]),
        (-7, [600], [5], [0]),
        (5, [], [], []),
    ],
)
def test_each_gets_as_many_as_any_other(
    room: int, open_rows: list[int], wants: list[int], given_rows: list[int]
) -> None:
    assert shares(room, open_rows, wants) == given_rows


@given(st.integers(-10, 100), st.lists(st.tuples(COUNTS, COUNTS), max_size=6))
def test_all_of_the_room_is_used_and_nobody_who_waits_has_less(
    room: int, backfills: list[tuple[int, int]]
) -> None:
    open_rows, wants = [one for one, _ in backfills], [want for _, want in backfills]
    given_rows = shares(room, open_rows, wants)
    assert all(0 <= got <= want for got, want in zip(given_rows, wants, strict=True))
    assert sum(given_rows) == min(max(0, room), sum(wants))
    levels = [one + got for one, got in zip(open_rows, given_rows, strict=True)]
    for place, got in enumerate(given_rows):
        if got < wants[place]:  # it waits still: nobody was filled beyond it
            filled = [level for level, other in zip(levels, given_rows, strict=True) if other]
            assert all(level <= levels[place] + 1 for level in filled)


def test_a_row_is_asked_now_in_bulk_of_no_conversation_and_for_nobody() -> None:
    request = request_of(
        BackfillRow(key="a", question="Qual o jejum?", asked_at=1000.0, later_answer="8 horas"),
        "clinica",
        9000.0,
    )
    assert (request.lane, request.asked_at) == (Lane.BULK, 9000.0)
    assert request.question == "Qual o jejum?"
    assert request.reply_to is None
    assert request.conversation_id is None
    assert request.expires_at is None
    assert not request.metadata


@pytest.mark.parametrize(
    ("asked_at", "turns", "moved"),
    [
        (1000.0, [700.0, 900.0], [8700.0, 8900.0]),
        (1000.0, [1000.0], [9000.0]),
        (None, [700.0, 900.0], [8800.0, 9000.0]),  # the last one was right before it
        (None, [0.0], [9000.0]),
        (1000.0, [1200.0], [9000.0]),  # clocks that differ: no turn is in the future
    ],
)
def test_turns_keep_their_distance_to_the_question(
    asked_at: float | None, turns: list[float], moved: list[float]
) -> None:
    row = BackfillRow(
        key="a",
        question="e quanto custa?",
        asked_at=asked_at,
        context=tuple(Turn(question="q", answer="a", at=at) for at in turns),
    )
    request = request_of(row, "clinica", 9000.0)
    assert [turn.at for turn in request.context] == moved
