"""Token buckets that all workers share."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from tests.sample_channel import channel
from workers.channels.whatsapp.codes import decide
from workers.channels.whatsapp.limits import Limits, Pace, Passage, Permit, fingerprint

if TYPE_CHECKING:
    from redis import Redis

pytestmark = pytest.mark.integration
CHANNEL = channel()
NOW = datetime.now(UTC)


def test_a_contact_gets_its_burst_and_then_one_in_six_seconds(redis: "Redis") -> None:
    limits = Limits(redis, Pace(pair_seconds=6.0, pair_burst=45))
    passage = Passage(CHANNEL, "c1", free=True)
    permits = [limits.take(passage, NOW).permit for _ in range(45)]
    assert set(permits) == {Permit.GO}
    ticket = Limits(redis, Pace()).take(passage, NOW)  # another worker's
    assert ticket.permit is Permit.WAIT
    assert 5.0 < ticket.wait.total_seconds() <= 6.0
    assert limits.take(Passage(CHANNEL, "c2"), NOW).permit is Permit.GO


def test_a_number_has_a_rate_of_its_own(redis: "Redis") -> None:
    limits = Limits(redis, Pace(number_rate=0.1, number_burst=3))
    permits = [limits.take(Passage(CHANNEL, f"c{n}"), NOW).permit for n in range(5)]
    assert permits == [Permit.GO] * 3 + [Permit.WAIT] * 2
    other = channel(name="bairro")
    assert limits.take(Passage(other, "c1"), NOW).permit is Permit.GO


def test_waits_grow_fourfold_with_each_refusal_in_a_row_and_end_with_a_success(
    redis: "Redis",
) -> None:
    limits, waits = Limits(redis), []
    key = f"atende:1:pair:{CHANNEL.name}:c1"
    for _ in range(4):
        waits.append(limits.hold_contact(CHANNEL, "c1").total_seconds())
        redis.hset(key, "wait_until", 0)
    assert waits == [1, 4, 16, 64]
    limits.ease(CHANNEL, "c1")
    assert limits.hold_contact(CHANNEL, "c1").total_seconds() == 1


def test_refusals_of_messages_that_were_on_their_way_together_count_once(redis: "Redis") -> None:
    limits = Limits(redis)
    waits = [limits.hold_number(CHANNEL).total_seconds() for _ in range(5)]
    assert max(waits) <= 1


def test_only_another_token_ends_a_pause_before_its_probe(redis: "Redis") -> None:
    limits = Limits(redis)
    limits.pause(CHANNEL, 190, decide(190))
    assert limits.take(Passage(CHANNEL, "c1"), NOW).permit is Permit.PAUSED
    repaired = channel(token="EAAanother")
    assert fingerprint(repaired) != fingerprint(CHANNEL)
    assert limits.take(Passage(repaired, "c1"), NOW).permit is Permit.GO
    assert limits.take(Passage(CHANNEL, "c2"), NOW).permit is Permit.GO  # the pause is over


def test_what_waits_for_a_paused_channel_looks_again_soon_and_never_all_at_once(
    redis: "Redis",
) -> None:
    limits = Limits(redis, Pace(look_seconds=2.0, looks=25.0))
    first = limits.pause(CHANNEL, 190, decide(190)).total_seconds()
    waits = [limits.take(Passage(CHANNEL, f"c{n}"), NOW).wait.total_seconds() for n in range(100)]
    assert 1.9 <= first <= 2.0
    assert waits[0] + 1 < waits[-1] < 6.1  # a hundred look within four seconds, one by one
    assert limits.take(Passage(channel(token="EAAanother"), "c1"), NOW).permit is Permit.GO
    assert limits.pause(CHANNEL, 190, decide(190)).total_seconds() <= 2.0  # a pause of its own
