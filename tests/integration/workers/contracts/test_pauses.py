"""Pauses: each begins once, and ends alone."""

import time
from typing import TYPE_CHECKING

import pytest

from workers.contracts.pauses import ALL, Pauses

if TYPE_CHECKING:
    from tests.integration.workers.contracts.conftest import Bench

pytestmark = pytest.mark.integration


def test_a_pause_keeps_its_beginning_and_ends_alone(bench: "Bench") -> None:
    pauses = Pauses(bench.redis)
    pauses.pause()
    since = pauses.all()[ALL]
    assert not pauses.pause()
    assert pauses.all()[ALL] == since == pytest.approx(time.time(), abs=5)
    pauses.pause("drain@b")
    assert pauses.resume()
    assert not pauses.resume()
    assert list(pauses.all()) == ["drain@b"]
