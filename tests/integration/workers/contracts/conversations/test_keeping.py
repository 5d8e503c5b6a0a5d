"""How long a conversation is kept, and that nothing of it is left once it is erased."""

from typing import cast

import pytest
from redis import Redis

from tests.chat import BY_PERSON, EMERGENCY, Chat
from workers.contracts import keys
from workers.contracts.question import Delivery, Lane

pytestmark = pytest.mark.integration


def lifetimes(chat: Chat) -> set[int]:
    """Times to live of all that belongs to conversations themselves; -1: for ever."""
    names = cast("list[str]", chat.bench.redis.keys("*"))
    own = ("conversation:", "transcript:", "pending:", "aliases:", "alias:")
    return {
        chat.bench.redis.ttl(name)
        for name in names
        if name.removeprefix(keys.PREFIX).startswith(own)
    }


def test_it_is_kept_while_something_waits_and_then_for_the_retention(chat: Chat) -> None:
    retention = chat.bench.settings.retention_hours * 3600
    chat.open()
    assert lifetimes(chat) == {-1}
    chat.ask()
    assert lifetimes(chat) == {-1}
    chat.drain.settle(chat.drain.claim_one())
    assert min(lifetimes(chat)) > retention - 5
    chat.write("Mais uma")
    assert lifetimes(chat) == {-1}
    chat.ask(EMERGENCY)
    assert min(lifetimes(chat)) > retention - 5


def test_one_whose_time_is_over_leaves_the_lists_and_a_new_one_is_opened(chat: Chat) -> None:
    gone = chat.open()
    chat.ask(EMERGENCY)
    for name in cast("list[str]", chat.bench.redis.keys(f"*:{gone}")):
        chat.bench.redis.delete(name)
    assert chat.store.page("clinica-a", needs_human=True, limit=10).conversations == []
    assert chat.bench.redis.zcard(keys.handoffs("clinica-a")) == 0
    opened = chat.open("Oi de novo")
    assert opened != gone
    assert chat.bench.redis.zrange(keys.conversations("clinica-a"), 0, -1) == [opened]


def test_the_list_of_those_that_wait_does_not_grow_with_what_is_gone(chat: Chat) -> None:
    handoffs = keys.handoffs("clinica-a")
    chat.bench.redis.zadd(handoffs, {"gone": 1, "gone too": 2})
    conversation = chat.open()
    chat.ask(EMERGENCY)
    assert chat.bench.redis.zrange(handoffs, 0, -1) == [conversation]


def everything(redis: Redis) -> str:
    """All that the server holds, as one text."""
    parts: list[object] = []
    for name in cast("list[str]", redis.keys("*")):
        kind = redis.type(name)
        parts.append(name)
        if kind == "hash":
            parts.append(redis.hgetall(name))
        elif kind == "zset":
            parts.append(redis.zrange(name, 0, -1))
        elif kind == "list":
            parts.append(redis.lrange(name, 0, -1))
        elif kind == "set":
            parts.append(redis.smembers(name))
        elif kind == "stream":
            parts.append(redis.xrange(name))
        else:
            parts.append(redis.get(name))
    return repr(parts)


def test_no_key_holds_anything_of_who_is_erased(chat: Chat) -> None:
    """Of bubbles that wait, a question in flight, one that is dead, one that is to be delivered."""
    other = chat.write("Bia aqui", aliases=["user:BR.9"]).conversation
    conversation = chat.open("palavra um")
    chat.pass_time()
    for burst in chat.store.take_due(10):
        chat.try_to_ask(burst, EMERGENCY if burst.conversation.id == conversation else None)
    dead = chat.store.say(conversation, chat.request_of(conversation, "palavra seis"), BY_PERSON)
    chat.bench.outbox.record(dead, Delivery.DEAD, "told")
    chat.write("palavra dois")
    in_flight = chat.ask()
    claims = chat.drain.claim()
    chat.write("palavra três", wait=8)
    questions = chat.store.erase(conversation)
    assert questions is not None
    assert {dead, in_flight} < set(questions)
    left = everything(chat.bench.redis)
    for word in ("palavra", "9h", "BR.1", "9999", "wamid", *questions):
        assert word not in left
    assert {chat.drain.settle(claim)[0] for claim in claims if claim.id == in_flight} == {False}
    assert chat.bench.store.waiting()[Lane.INTERACTIVE] == 1
    assert chat.read(other).question is not None


def test_a_message_that_comes_again_after_the_erasure_is_no_new_one(chat: Chat) -> None:
    conversation = chat.write("Oi", message="wamid.x").conversation
    chat.store.erase(conversation)
    assert chat.write("Oi", message="wamid.x").verdict == "repeated"
    assert chat.store.get(conversation) is None
    assert chat.open("Oi de novo") != conversation


def test_who_held_a_burst_when_it_was_erased_asks_nothing(chat: Chat) -> None:
    conversation = chat.open()
    burst = chat.take()
    chat.store.erase(conversation)
    assert chat.try_to_ask(burst).verdict == "changed"
    assert chat.bench.redis.keys("atende:1:*" + conversation) == []
