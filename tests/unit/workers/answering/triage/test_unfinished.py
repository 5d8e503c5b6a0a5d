"""Bubbles of `bubbles.csv`, made by hand: those that end a thought, and those that don't.

Those with a `first_run` were written after the lists: at first sight 29 of 44 unfinished ones were
waited for, and none of 44 finished ones.
"""

import csv
from pathlib import Path

import pytest

from workers.answering.triage.unfinished import load_unfinished

BUBBLES = Path(__file__).with_name("bubbles.csv")


def bubbles(finished: str) -> list[str]:
    with BUBBLES.open(encoding="utf-8", newline="") as file:
        return [row["text"] for row in csv.DictReader(file) if row["finished"] == finished]


def test_who_has_not_done_yet_is_waited_for() -> None:
    texts = bubbles("no")
    missed = [text for text in texts if not load_unfinished().looks(text)]
    assert len(texts) > 100
    assert len(missed) <= 0.05 * len(texts), missed


def test_who_has_done_is_not_kept_waiting() -> None:
    texts = bubbles("yes")
    delayed = [text for text in texts if load_unfinished().looks(text)]
    assert len(texts) > 100
    assert len(delayed) <= 0.05 * len(texts), delayed


@pytest.mark.parametrize(
    "text", ["😊", "   ", "\u200b", "?", "...", "1", "x" * 5000, "e " * 3000, "\ud83d"]
)
def test_any_text_is_read(text: str) -> None:
    assert load_unfinished().looks(text) in {True, False}
