"""Posts of channels on a real server: none is lost, none is counted twice, they are bounded."""

import json
import time

import pytest
from redis import Redis

from workers.contracts import keys
from workers.contracts.inbound import MAIL_BYTES, MOST_ASIDE, MOST_CHARACTERS, Aside, Inbound
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration


@pytest.fixture
def inbound(redis: Redis, queue_settings: QueueSettings) -> Inbound:
    inbound = Inbound(redis, queue_settings)
    inbound.open()
    return inbound


def test_a_post_is_taken_as_it_came_and_by_one_worker_alone(inbound: Inbound) -> None:
    before = time.time()
    assert inbound.add("whatsapp", "0123456789ab", '{"é": "\\u00e9"}'.encode())
    (post,) = inbound.take("w1", 10, 0)
    assert (post.kind, post.app, post.raw) == ("whatsapp", "0123456789ab", '{"é": "\\u00e9"}')
    assert before - 1 < post.at < time.time() + 1
    assert inbound.take("w2", 10, 0) == []


def test_posts_from_before_the_group_was_made_are_taken(
    redis: Redis, queue_settings: QueueSettings
) -> None:
    inbound = Inbound(redis, queue_settings)
    inbound.add("whatsapp", "app", b"{}")
    inbound.open()
    inbound.open()  # another worker starts
    assert len(inbound.take("w1", 10, 0)) == 1


def test_a_post_whose_worker_died_is_taken_over_and_one_in_hand_is_not(inbound: Inbound) -> None:
    inbound.add("whatsapp", "app", b"{}")
    (post,) = inbound.take("w1", 10, 0)
    assert inbound.take_over("w2", 10, idle_seconds=60) == []
    (again,) = inbound.take_over("w2", 10, idle_seconds=0)
    assert (again.entry, again.reads) == (post.entry, 2)


def test_a_post_that_ends_each_of_its_workers_is_poison(inbound: Inbound) -> None:
    inbound.add("whatsapp", "app", b"{}")
    (first,) = inbound.take("w1", 10, 0)
    reads = [inbound.take_over(f"w{number}", 10, idle_seconds=0)[0] for number in (2, 3, 4)]
    assert [post.poison for post in (first, *reads)] == [False, False, False, True]


def test_a_finished_post_is_gone_and_counted_once(inbound: Inbound, redis: Redis) -> None:
    inbound.add("whatsapp", "app", b"{}")
    (post,) = inbound.take("w1", 10, 0)
    (again,) = inbound.take_over("w2", 10, idle_seconds=0)
    counts = {"channel_events:message": 2, "channel_events:bad": 1}
    assert inbound.done(post, counts, [Aside("no JSON", "{")])
    assert not inbound.done(again, counts, [Aside("no JSON", "{")])
    assert (inbound.waiting(), inbound.oldest()) == (0, 0.0)
    assert redis.hget(keys.COUNTERS, "channel_events:message") == "2"
    (kept,) = inbound.aside()
    assert json.loads(kept) == {
        "at": post.at,
        "kind": "whatsapp",
        "reason": "no JSON",
        "item": "{",
    }


def test_of_a_mail_that_is_kept_aside_the_mailbox_is_known(inbound: Inbound) -> None:
    inbound.add("email", "correio", b"no mail")
    (post,) = inbound.take("w1", 10, 0)
    inbound.done(post, {}, [Aside("broken", "no mail")])
    (kept,) = inbound.aside()
    assert json.loads(kept)["channel"] == "correio"


def test_what_is_kept_aside_is_bounded_and_expires(inbound: Inbound, redis: Redis) -> None:
    inbound.add("whatsapp", "app", b"{}")
    (post,) = inbound.take("w1", 10, 0)
    items = [Aside("no field", {"number": number}) for number in range(MOST_ASIDE + 5)]
    inbound.done(post, {}, [*items, Aside("no JSON", "x" * 10**6)])
    kept = inbound.aside()
    assert len(kept) == MOST_ASIDE
    assert len(json.loads(kept[0])["item"]) == MOST_CHARACTERS
    assert json.loads(json.loads(kept[1])["item"]) == {"number": MOST_ASIDE + 4}
    assert redis.ttl(keys.INBOUND_ASIDE) > 0


def test_a_full_stream_takes_nothing_until_a_post_is_finished(
    redis: Redis, queue_settings: QueueSettings
) -> None:
    inbound = Inbound(redis, queue_settings.model_copy(update={"inbound_limit": 2}))
    inbound.open()
    assert [inbound.add("whatsapp", "app", b"{}") for _ in range(3)] == [True, True, False]
    assert inbound.waiting() == 2
    inbound.done(inbound.take("w1", 1, 0)[0], {})
    assert inbound.add("whatsapp", "app", b"{}")


def test_a_worker_that_stops_is_forgotten_once_it_has_finished(
    inbound: Inbound, redis: Redis
) -> None:
    inbound.add("whatsapp", "app", b"{}")
    (post,) = inbound.take("w1", 10, 0)
    inbound.leave("w1")
    assert [each["name"] for each in redis.xinfo_consumers(keys.INBOUND, keys.INTAKE)] == ["w1"]
    inbound.done(post, {})
    inbound.leave("w1")
    assert redis.xinfo_consumers(keys.INBOUND, keys.INTAKE) == []


def test_the_oldest_post_tells_how_long_it_waits(inbound: Inbound) -> None:
    inbound.add("whatsapp", "app", b"{}")
    time.sleep(0.05)
    inbound.add("whatsapp", "app", b"{}")
    assert 0.04 < inbound.oldest() < 5


def test_what_was_kept_aside_for_a_week_goes_though_more_is_kept_each_day(
    inbound: Inbound, redis: Redis
) -> None:
    old = {"at": time.time() - 8 * 24 * 3600, "kind": "whatsapp", "reason": "r", "item": "Ana"}
    redis.rpush(keys.INBOUND_ASIDE, json.dumps(old), json.dumps(old))
    inbound.add("whatsapp", "app", b"{}")
    (post,) = inbound.take("w1", 10, 0)
    inbound.done(post, {}, [Aside("no JSON", "new")])
    assert [json.loads(each)["item"] for each in inbound.aside()] == ["new"]


def test_a_mail_is_kept_byte_for_byte_up_to_a_length(inbound: Inbound) -> None:
    raw = bytes(range(256)) * 1025
    assert inbound.add("email", "contato", raw)
    (post,) = inbound.take("w1", 10, 0)
    assert (post.kind, post.app, post.mail_bytes) == ("email", "contato", raw[:MAIL_BYTES])
    assert (post.folder, post.uid, post.validity, post.received_at) == ("", 0, 0, post.at)


def test_fewer_mails_than_other_posts_may_wait(
    inbound: Inbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.contracts.inbound.MOST_MAILS", 2)
    assert [inbound.add("email", "contato", b"") for _ in range(3)] == [True, True, False]
    assert inbound.add("whatsapp", "app", b"{}")
    assert (inbound.waiting(), inbound.waiting_mails()) == (3, 2)
    (post, *_) = inbound.take("w1", 10, 0)
    inbound.done(post, {})
    assert inbound.add("email", "contato", b"")


def test_no_channel_fills_the_stream_for_the_others(
    inbound: Inbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.contracts.inbound.MOST_OF_CHANNEL", 2)
    assert [inbound.add("email", "contato", b"") for _ in range(3)] == [True, True, False]
    assert inbound.add("email", "exames", b"")
    assert (inbound.waiting_of("contato"), inbound.waiting_of("exames")) == (2, 1)
    for post in inbound.take("w1", 1, 0):
        assert inbound.done(post, {})
        assert not inbound.done(post, {})
    assert inbound.waiting_of("contato") == 1
    assert inbound.add("email", "contato", b"")


def test_mails_of_a_stream_that_was_deleted_count_no_more(inbound: Inbound, redis: Redis) -> None:
    inbound.add("email", "contato", b"")
    redis.delete(keys.INBOUND)
    inbound.add("email", "contato", b"")
    assert inbound.waiting_mails() == 1
    assert inbound.waiting_of("contato") == 1
