"""Errands on a real server: each is done once, whoever dies; none is lost without a word."""

import subprocess
import sys
import threading
import time
from typing import cast

import pytest
from redis import Redis

from workers.contracts import keys
from workers.contracts.connection import connect
from workers.contracts.conversation import ChannelKey, PatientMessage
from workers.contracts.conversations import ConversationStore
from workers.contracts.errands import Errand, ErrandStore, Failed, Fate
from workers.contracts.mailboxes import MailboxStore
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration
BOX = "contato"
FLAG = Errand(id="flag:1", kind="flag", folder="INBOX", uid=3, validity=7, message="<1@a.example>")
DRAFT = Errand(id="draft:q1", kind="draft", message="<q1@c.example>", mail="TWFpbA==")
#: Far more than an errand waits for its next try.
LATER_MS = 10_000_000


@pytest.fixture
def errands(redis: Redis) -> ErrandStore:
    return ErrandStore(redis)


@pytest.fixture
def mailboxes(redis: Redis) -> MailboxStore:
    return MailboxStore(redis)


@pytest.fixture
def token(mailboxes: MailboxStore) -> int:
    token = mailboxes.lease(BOX, "w1", 60)
    assert token is not None
    return token


@pytest.fixture
def conversation(redis: Redis, queue_settings: QueueSettings) -> str:
    """A conversation by e-mail that nobody has to see to."""
    mail = PatientMessage(id="<1@a.example>", text="Obrigada", sent_at=time.time(), thanks=True)
    store = ConversationStore(redis, queue_settings)
    key = ChannelKey("clinica-a", BOX, "email")
    aliases = ["thread:ana@a.example|<1@a.example>"]
    return store.file(key, aliases, {"email": "ana@a.example"}, "Ana", mail, None).conversation


def due_of(redis: Redis) -> float:
    """When the only errand is due, Unix seconds."""
    ((_, due),) = cast(
        "list[tuple[str, float]]", redis.zrange(keys.errands(BOX), 0, -1, withscores=True)
    )
    return due / 1000


def make_due(redis: Redis) -> None:
    for name in cast("list[str]", redis.zrange(keys.errands(BOX), 0, -1)):
        redis.zincrby(keys.errands(BOX), -LATER_MS, name)


def test_an_errand_is_handed_out_as_it_was_written_until_it_is_done(
    errands: ErrandStore, token: int
) -> None:
    assert errands.add(BOX, FLAG)
    assert errands.add(BOX, DRAFT)
    assert errands.add("outro", FLAG)
    assert {each.id: each for each in errands.next(BOX, token, 10)} == {
        FLAG.id: FLAG,
        DRAFT.id: DRAFT,
    }
    assert len(errands.next(BOX, token, 1)) == 1
    assert errands.done(BOX, token, FLAG.id)
    assert errands.next(BOX, token, 10) == [DRAFT]
    assert errands.waiting(BOX) == 1


def test_it_is_known_what_became_of_an_errand(errands: ErrandStore, token: int) -> None:
    assert errands.fate(BOX, "1") is Fate.UNKNOWN
    for name in ("1", "2"):
        errands.add(BOX, Errand(id=name, kind="copy"))
        assert errands.fate(BOX, name) is Fate.WAITING
    errands.done(BOX, token, "1")
    for _ in range(5):
        errands.failed(BOX, token, "2", "there is no folder")
    assert [errands.fate(BOX, name) for name in ("1", "2")] == [Fate.DONE, Fate.ASIDE]


def test_an_errand_written_again_is_done_once_also_after_it_was_done(
    errands: ErrandStore, token: int
) -> None:
    assert errands.add(BOX, DRAFT)
    assert not errands.add(BOX, DRAFT)
    assert errands.done(BOX, token, DRAFT.id)
    assert not errands.done(BOX, token, DRAFT.id)
    assert not errands.add(BOX, DRAFT)
    assert errands.next(BOX, token, 10) == []


def test_many_who_write_one_errand_write_it_once(
    errands: ErrandStore, queue_settings: QueueSettings
) -> None:
    written: list[bool] = []
    start = threading.Barrier(8)

    def write() -> None:
        own = connect(queue_settings)
        start.wait()
        written.append(ErrandStore(own).add(BOX, DRAFT))
        own.close()

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(written) == [False] * 7 + [True]
    assert errands.waiting(BOX) == 1


def test_an_errand_may_be_a_part_of_a_pipeline(errands: ErrandStore, redis: Redis) -> None:
    pipe = redis.pipeline()
    errands.add(BOX, DRAFT, pipe)
    pipe.set("beside", "1")
    assert errands.waiting(BOX) == 0
    pipe.execute()
    assert errands.waiting(BOX) == 1


def test_nothing_is_handed_out_to_who_has_lost_the_mailbox(
    errands: ErrandStore, mailboxes: MailboxStore, token: int
) -> None:
    errands.add(BOX, FLAG)
    mailboxes.release(BOX, token)
    later = mailboxes.lease(BOX, "w2", 60)
    assert later is not None
    assert errands.next(BOX, token, 10) == []
    assert errands.failed(BOX, token, FLAG.id, "broken") is Failed.NOTHING
    assert not errands.spare(BOX, token, FLAG.id)
    assert errands.next(BOX, later, 10) == [FLAG]


def test_what_was_done_before_the_mailbox_was_lost_is_done(
    errands: ErrandStore, mailboxes: MailboxStore, token: int, redis: Redis
) -> None:
    errands.add(BOX, DRAFT)
    errands.next(BOX, token, 10)
    mailboxes.release(BOX, token)
    later = mailboxes.lease(BOX, "w2", 60)
    assert later is not None
    assert errands.done(BOX, token, DRAFT.id)
    assert errands.next(BOX, later, 10) == []
    assert redis.hget(keys.COUNTERS, "errands:late") == "1"


def test_one_that_fails_is_tried_five_times_and_later_each_time(
    errands: ErrandStore, token: int, redis: Redis
) -> None:
    errands.add(BOX, FLAG)
    waits: list[float] = []
    for _ in range(4):
        assert errands.next(BOX, token, 10) == [FLAG]
        assert errands.failed(BOX, token, FLAG.id, "no such folder") is Failed.AGAIN
        assert errands.next(BOX, token, 10) == []
        waits.append(due_of(redis) - time.time())
        make_due(redis)
    assert waits == pytest.approx([15, 120, 900, 3600], abs=2)
    assert errands.next(BOX, token, 10) == [FLAG]
    assert errands.failed(BOX, token, FLAG.id, "no such folder") is Failed.ASIDE
    assert errands.next(BOX, token, 10) == []
    assert (errands.waiting(BOX), errands.given_up(BOX)) == (0, 1)
    assert errands.why(BOX, FLAG.id) == "no such folder"
    assert redis.hget(keys.COUNTERS, "errands:given_up") == "1"
    assert not errands.add(BOX, FLAG)


def test_a_draft_that_is_given_up_calls_a_person(
    errands: ErrandStore,
    token: int,
    redis: Redis,
    queue_settings: QueueSettings,
    conversation: str,
) -> None:
    errands.add(BOX, DRAFT.model_copy(update={"conversation": conversation}))
    errands.add(BOX, FLAG.model_copy(update={"conversation": conversation}))
    conversations = ConversationStore(redis, queue_settings)

    def handoff() -> str | None:
        record = conversations.get(conversation)
        assert record is not None
        return record.handoff.reason if record.handoff else None

    for _ in range(5):
        errands.failed(BOX, token, FLAG.id, "full")
    assert handoff() is None
    for _ in range(5):
        errands.failed(BOX, token, DRAFT.id, "full")
    assert handoff() == "draft_failed"


def test_one_whose_connection_broke_did_not_fail(errands: ErrandStore, token: int) -> None:
    errands.add(BOX, FLAG)
    for _ in range(50):
        assert errands.next(BOX, token, 10) == [FLAG]
        assert errands.spare(BOX, token, FLAG.id)


def test_one_that_ends_each_holder_is_given_up_and_the_others_go_on(
    errands: ErrandStore, token: int
) -> None:
    errands.add(BOX, FLAG)
    takes = 0
    while errands.next(BOX, token, 10):
        takes += 1
        assert takes <= 20
    assert errands.given_up(BOX) == 1
    errands.add(BOX, DRAFT)
    assert errands.next(BOX, token, 10) == [DRAFT]


def test_an_errand_of_another_version_hides_no_other(
    errands: ErrandStore, token: int, redis: Redis
) -> None:
    errands.add(BOX, FLAG)
    errands.add(BOX, DRAFT)
    redis.hset(keys.errand(BOX, keys.hashed(FLAG.id)), "errand", '{"kind": "fold"}')
    assert errands.next(BOX, token, 10) == [DRAFT]


def test_an_erased_conversation_leaves_no_errand_behind(
    errands: ErrandStore,
    token: int,
    redis: Redis,
    queue_settings: QueueSettings,
    conversation: str,
) -> None:
    errands.add(BOX, DRAFT.model_copy(update={"conversation": conversation}))
    errands.add(BOX, FLAG)
    assert ConversationStore(redis, queue_settings).erase(conversation) == []
    assert errands.next(BOX, token, 10) == [FLAG]
    assert "mail" not in str(redis.hgetall(keys.errand(BOX, keys.hashed(DRAFT.id))))


def test_no_name_of_a_key_holds_an_errand_s_id(errands: ErrandStore, redis: Redis) -> None:
    errands.add(BOX, FLAG.model_copy(update={"id": "answered:<1@a.example>"}))
    assert not [name for name in redis.scan_iter() if "example" in name]


ERRANDS, LEAST_KILLS, MOST_KILLS = 80, 6, 60
#: Writes errands again and again until each is acknowledged, and carries out what is due where it
#: gets the mailbox: `carried` stands for the mailbox. It never stops by itself.
HOLDER = f"""
import random, time, uuid
from workers.contracts.connection import connect
from workers.contracts.errands import Errand, ErrandStore
from workers.contracts.mailboxes import MailboxStore
from workers.contracts.settings import QueueSettings

redis, me = connect(QueueSettings()), uuid.uuid4().hex
errands, mailboxes = ErrandStore(redis), MailboxStore(redis)
print(flush=True)
while True:
    for n in random.sample(range({ERRANDS}), 5):
        if not redis.sismember("acknowledged", n):
            errands.add("{BOX}", Errand(id=str(n), kind="copy"))
            redis.sadd("acknowledged", n)
    token = mailboxes.lease("{BOX}", me, 0.1)
    if token is None:
        time.sleep(0.002)
        continue
    for errand in errands.next("{BOX}", token, 5):
        if not mailboxes.renew("{BOX}", token, 0.1):
            break
        redis.hincrby("carried", errand.id, 1)
        errands.done("{BOX}", token, errand.id)
        errands.done("{BOX}", token, errand.id)
"""


def test_holders_that_are_killed_leave_nothing_undone(
    errands: ErrandStore, mailboxes: MailboxStore, redis: Redis
) -> None:
    """Each kill may leave one errand done and not noted: whoever lays drafts looks for them."""
    kills, processes = 0, list[subprocess.Popen[bytes]]()
    try:
        while kills < LEAST_KILLS or redis.scard("acknowledged") < ERRANDS:
            assert kills < MOST_KILLS
            for _ in range(2):
                command = [sys.executable, "-c", HOLDER]
                processes.append(subprocess.Popen(command, stdout=subprocess.PIPE))
                out = processes[-1].stdout
                assert out is not None
                out.readline()
            time.sleep(0.01 * (1 + kills * 7 % 10))
            kills += len(processes)
            while processes:
                process = processes.pop()
                process.kill()
                process.communicate()
    finally:
        for process in processes:
            process.kill()
            process.communicate()
    time.sleep(0.15)
    token = mailboxes.lease(BOX, "last", 60)
    assert token is not None
    for errand in errands.next(BOX, token, 2 * ERRANDS):
        redis.hincrby("carried", errand.id, 1)
        assert errands.done(BOX, token, errand.id)
    assert errands.waiting(BOX) == 0
    times = {name: int(number) for name, number in redis.hgetall("carried").items()}
    assert set(times) == {str(n) for n in range(ERRANDS)}
    assert sum(times.values()) - ERRANDS <= kills
