"""A patient sees that an answer will come, and only where one will."""

import time
from typing import TYPE_CHECKING

import pytest

from workers.channels.whatsapp.limits import Limits
from workers.channels.whatsapp.typing_mark import MOST_MARKS, Typing
from workers.contracts import keys
from workers.simulation.whatsapp.faults import Fault, Way
from workers.simulation.whatsapp.graph import StrictGraph
from workers.simulation.whatsapp.phone import Phone

if TYPE_CHECKING:
    from tests.integration.workers.channels.whatsapp.outbound.conftest import Counter

pytestmark = pytest.mark.integration


@pytest.fixture
def typing(counter: "Counter") -> Typing:
    desk = counter.desk()
    return Typing(counter.book, counter.questions, counter.conversations, desk.limits, desk.graph)


def waiting(counter: "Counter", ana: Phone) -> str:
    """A question that waits for its answer."""
    return counter.answer(ana, None)


def test_the_mark_is_renewed_while_the_question_waits_and_not_for_ever(
    counter: "Counter", ana: Phone, typing: Typing
) -> None:
    question_id = waiting(counter, ana)
    renewals = [typing.mark(question_id, number) for number in range(1, MOST_MARKS + 2)]
    assert renewals == [True, True, False, False]
    assert ana.inbox().typing


def test_an_answered_question_is_not_marked(counter: "Counter", ana: Phone, typing: Typing) -> None:
    assert typing.mark(counter.answer(ana), 1) is False
    assert not ana.inbox().typing


def test_nothing_is_marked_while_a_person_answers_or_the_channel_is_paused(
    counter: "Counter", ana: Phone, typing: Typing
) -> None:
    question_id = waiting(counter, ana)
    conversation = keys.conversation(counter.conversation(question_id).id)
    counter.redis.hset(conversation, "paused_until", str(time.time() + 60))
    assert typing.mark(question_id, 1) is False
    counter.redis.hdel(conversation, "paused_until")
    counter.redis.hset(keys.PAUSED_CHANNELS, "recepcao", '{"token": "x", "probe_at": 0}')
    assert typing.mark(question_id, 1) is False
    assert not ana.inbox().typing


@pytest.mark.parametrize("way", [Way.SILENCE, Way.CLOSE, Way.REFUSE, Way.STATUS])
def test_a_mark_that_fails_harms_nothing_and_is_not_tried_again(
    counter: "Counter", ana: Phone, typing: Typing, graph: StrictGraph, way: Way
) -> None:
    graph.faults.order(Fault(way, code=131000 if way is Way.REFUSE else 0, on="typing"))
    question_id = waiting(counter, ana)
    assert typing.mark(question_id, 1) is False
    assert counter.send(question_id).attempt == 0


def test_a_question_that_is_gone_is_not_marked(typing: Typing) -> None:
    assert typing.mark("0" * 32, 1) is False


def test_the_limits_are_those_of_the_messages(counter: "Counter") -> None:
    limits = Limits(counter.redis, counter.pace)
    (channel,) = counter.book.numbers()
    assert limits.is_held(channel) is False
    limits.hold_number(channel)
    assert limits.is_held(channel) is True
