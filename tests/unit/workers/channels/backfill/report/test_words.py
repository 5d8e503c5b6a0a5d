import re
from typing import Final

import pytest

from workers.channels.backfill.report.words import REASONS, number, reason, share
from workers.contracts.question import Outcome

#: Words in an outcome's documentation that are reasons of an answer, and are on no page.
_ANSWERED: Final = frozenset({"greeting", "thanks", "acknowledged", "opt_out", "media"})
_OTHERS: Final = frozenset({"write", "quote", "person", "stop", "length"})


def test_every_reason_that_an_outcome_may_have_is_said_in_portuguese() -> None:
    words = set(re.findall(r"`([a-z_]+)`", Outcome.__doc__ or ""))
    assert words - _ANSWERED - _OTHERS <= set(REASONS)


def test_a_reason_that_is_not_known_stays() -> None:
    assert reason("something_new") == "something_new"


@pytest.mark.parametrize(("value", "shown"), [(0, "0"), (999, "999"), (1234567, "1.234.567")])
def test_numbers_are_written_as_brazil_does(value: int, shown: str) -> None:
    assert number(value) == shown


def test_a_share_of_nothing_is_none() -> None:
    assert (share(0, 0), share(1, 2)) == ("0 %", "50 %")
