"""A long row, a few at a time."""

from itertools import count, islice

from workers.contracts.pieces import pieces


def test_everything_comes_in_its_order_and_the_last_piece_is_shorter() -> None:
    assert [*pieces(range(7), 3)] == [[0, 1, 2], [3, 4, 5], [6]]
    assert [*pieces([], 3)] == []


def test_no_more_is_taken_than_is_asked_for() -> None:
    endless = count()
    assert [*islice(pieces(endless, 2), 2)] == [[0, 1], [2, 3]]
    assert next(endless) == 4
