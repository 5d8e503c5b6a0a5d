"""Messages of `opt_outs.csv`, made by hand: wishes for no more messages, and look-alikes.

Those with a `first_run` were written after the lists: at first sight 24 of 53 wishes were
understood (the others were searched as questions, and a person saw them), and none of 50
look-alikes taken.
"""

import csv
from pathlib import Path

import pytest

from workers.answering.triage.opt_out import opts_out

OPT_OUTS = Path(__file__).with_name("opt_outs.csv")


def messages(opts: str) -> list[str]:
    with OPT_OUTS.open(encoding="utf-8", newline="") as file:
        return [row["message"] for row in csv.DictReader(file) if row["opts_out"] == opts]


def test_who_wants_no_more_messages_is_understood() -> None:
    wishes = messages("yes")
    missed = [message for message in wishes if opts_out(message) is None]
    assert len(wishes) > 90
    assert len(missed) <= 0.05 * len(wishes), missed


def test_what_only_sounds_like_it_is_no_such_wish() -> None:
    look_alikes = messages("no")
    taken = [message for message in look_alikes if opts_out(message)]
    assert len(look_alikes) > 90
    assert taken == []


@pytest.mark.parametrize(
    ("message", "language"), [("parar", "pt"), ("unsubscribe", "en"), ("remove me", "en")]
)
def test_it_is_confirmed_in_its_own_language(message: str, language: str) -> None:
    assert opts_out(message) == language
