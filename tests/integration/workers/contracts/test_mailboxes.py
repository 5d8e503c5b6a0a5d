"""Mailboxes on a real server: one holder each, and no mail lost or posted twice."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from redis import Redis

from workers.contracts import keys
from workers.contracts.connection import connect
from workers.contracts.inbound import MAIL_BYTES, Inbound
from workers.contracts.mailboxes import MailboxStore
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration
BOX, INBOX = "contato", "Não lidos"
MAILS, LEAST_KILLS, MOST_KILLS = 150, 6, 80


@pytest.fixture
def mailboxes(redis: Redis) -> MailboxStore:
    return MailboxStore(redis)


@pytest.fixture
def inbound(redis: Redis, queue_settings: QueueSettings) -> Inbound:
    inbound = Inbound(redis, queue_settings)
    inbound.open()
    return inbound


@pytest.fixture
def token(mailboxes: MailboxStore) -> int:
    """Of a mailbox whose folder was opened at UID 10."""
    token = mailboxes.lease(BOX, "w1", 60)
    assert token is not None
    assert mailboxes.open(BOX, INBOX, token, 7, 10)
    return token


def test_one_of_two_has_a_mailbox_until_it_gives_it_back(mailboxes: MailboxStore) -> None:
    token = mailboxes.lease(BOX, "w1", 60)
    assert token is not None
    assert mailboxes.lease(BOX, "w2", 60) is None
    assert mailboxes.lease("outro", "w2", 60) is not None
    assert mailboxes.health(BOX).holder == "w1"
    assert mailboxes.release(BOX, token)
    assert mailboxes.health(BOX).holder == ""
    later = mailboxes.lease(BOX, "w2", 60)
    assert later is not None
    assert later > token


def test_a_lease_that_is_not_renewed_ends(mailboxes: MailboxStore) -> None:
    token = mailboxes.lease(BOX, "w1", 0.05)
    assert token is not None
    assert mailboxes.renew(BOX, token, 60)
    time.sleep(0.1)
    assert mailboxes.lease(BOX, "w2", 60) is None
    assert mailboxes.renew(BOX, token, 0.05)
    time.sleep(0.1)
    assert mailboxes.lease(BOX, "w2", 60) is not None
    assert not mailboxes.renew(BOX, token, 60)
    assert not mailboxes.release(BOX, token)
    assert mailboxes.health(BOX).holder == "w2"


def test_many_who_want_a_mailbox_at_once_get_one_token(
    mailboxes: MailboxStore, queue_settings: QueueSettings
) -> None:
    tokens: list[int | None] = []
    start = threading.Barrier(8)

    def take(worker: int) -> None:
        own = connect(queue_settings)
        start.wait()
        tokens.append(MailboxStore(own).lease(BOX, f"w{worker}", 60))
        own.close()

    threads = [threading.Thread(target=take, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [token for token in tokens if token] == [1]
    assert mailboxes.health(BOX).holder


def test_a_mail_is_posted_as_it_came_and_the_folder_moves_with_it(
    mailboxes: MailboxStore, inbound: Inbound, token: int
) -> None:
    raw = b"From: ana@example.com\r\n\r\nol\xe1 \x00 \xff"
    assert mailboxes.post(BOX, INBOX, token, 7, 12, raw, 1700000000.5)
    (post,) = inbound.take("intake", 10, 0)
    assert (post.kind, post.app, post.mail_bytes) == ("email", BOX, raw)
    assert (post.folder, post.uid, post.validity) == (INBOX, 12, 7)
    assert post.received_at == 1700000000.5
    state = mailboxes.state(BOX, INBOX)
    assert state is not None
    assert state.last_uid == 12


def test_of_a_large_mail_the_beginning_is_posted(
    mailboxes: MailboxStore, inbound: Inbound, token: int
) -> None:
    assert mailboxes.post(BOX, INBOX, token, 7, 12, b"x" * (MAIL_BYTES + 1), 0)
    (post,) = inbound.take("intake", 10, 0)
    assert len(post.mail_bytes) == MAIL_BYTES


def test_a_uid_that_is_behind_is_posted_no_more(
    mailboxes: MailboxStore, inbound: Inbound, token: int
) -> None:
    for uid in (11, 12, 12, 11, 10):
        assert mailboxes.post(BOX, INBOX, token, 7, uid, b"mail", 0)
    assert inbound.waiting() == 2
    assert mailboxes.skip(BOX, INBOX, token, 7, 20)
    assert mailboxes.post(BOX, INBOX, token, 7, 20, b"mail", 0)
    assert inbound.waiting() == 2


def test_who_has_lost_the_mailbox_changes_nothing(
    mailboxes: MailboxStore, inbound: Inbound, token: int
) -> None:
    mailboxes.release(BOX, token)
    later = mailboxes.lease(BOX, "w2", 60)
    assert later is not None
    before = mailboxes.state(BOX, INBOX)
    assert not mailboxes.post(BOX, INBOX, token, 7, 12, b"mail", 0)
    assert not mailboxes.skip(BOX, INBOX, token, 7, 12)
    assert not mailboxes.open(BOX, INBOX, token, 8, 0)
    assert not mailboxes.looked(BOX, INBOX, token, 1.0)
    assert mailboxes.state(BOX, INBOX) == before
    assert inbound.waiting() == 0
    assert mailboxes.post(BOX, INBOX, later, 7, 12, b"mail", 0)


def test_a_lease_that_ended_and_that_nobody_took_still_posts(
    mailboxes: MailboxStore, inbound: Inbound
) -> None:
    token = mailboxes.lease(BOX, "w1", 0.01)
    assert token is not None
    time.sleep(0.05)
    assert mailboxes.open(BOX, INBOX, token, 7, 0)
    assert mailboxes.post(BOX, INBOX, token, 7, 1, b"mail", 0)
    assert inbound.waiting() == 1


def test_the_same_uid_in_two_mailboxes_or_folders_is_two_mails(
    mailboxes: MailboxStore, inbound: Inbound, token: int
) -> None:
    other = mailboxes.lease("outro", "w1", 60)
    assert other is not None
    assert mailboxes.open("outro", INBOX, other, 7, 10)
    assert mailboxes.open(BOX, "INBOX", token, 7, 10)
    assert mailboxes.post(BOX, INBOX, token, 7, 11, b"1", 0)
    assert mailboxes.post("outro", INBOX, other, 7, 11, b"2", 0)
    assert mailboxes.post(BOX, "INBOX", token, 7, 11, b"3", 0)
    assert [post.mail_bytes for post in inbound.take("intake", 10, 0)] == [b"1", b"2", b"3"]


def test_a_folder_that_is_open_is_not_opened_anew(mailboxes: MailboxStore, token: int) -> None:
    mailboxes.post(BOX, INBOX, token, 7, 12, b"mail", 0)
    assert mailboxes.open(BOX, INBOX, token, 7, 99)
    state = mailboxes.state(BOX, INBOX)
    assert state is not None
    assert (state.last_uid, state.since) == (12, 0)


def test_a_folder_that_is_numbered_anew_begins_where_it_is_told(
    mailboxes: MailboxStore, inbound: Inbound, token: int
) -> None:
    mailboxes.looked(BOX, INBOX, token, 5000.0)
    first = mailboxes.state(BOX, INBOX)
    assert mailboxes.open(BOX, INBOX, token, 8, 0, since=4400.0)
    state = mailboxes.state(BOX, INBOX)
    assert first is not None
    assert state is not None
    assert (state.validity, state.last_uid, state.since) == (8, 0, 4400.0)
    assert (state.looked_at, state.started_at) == (5000.0, first.started_at)
    assert not mailboxes.post(BOX, INBOX, token, 7, 13, b"mail", 0)
    assert mailboxes.post(BOX, INBOX, token, 8, 1, b"mail", 0)
    assert inbound.waiting() == 1


def test_a_mailbox_that_is_forgotten_begins_anew_and_no_other_does(
    mailboxes: MailboxStore, token: int
) -> None:
    other = mailboxes.lease("contato-2", "w1", 60)
    assert other is not None
    mailboxes.open("contato-2", INBOX, other, 1, 5)
    mailboxes.looked(BOX, INBOX, token, 100.0)
    mailboxes.note_fault(BOX, "gone")
    mailboxes.forget(BOX)
    assert mailboxes.state(BOX, INBOX) is None
    assert (mailboxes.health(BOX).looked_at, mailboxes.health(BOX).fault) == (0.0, "")
    assert not mailboxes.post(BOX, INBOX, token, 1, 99, b"x", 0.0)
    assert mailboxes.open(BOX, INBOX, token, 1, 20)
    assert mailboxes.state("contato-2", INBOX) is not None
    mailboxes.forget("contato-3")


def test_a_mailbox_of_another_account_begins_anew(mailboxes: MailboxStore, token: int) -> None:
    mailboxes.assign(BOX, "recepcao@clinica.example")
    assert mailboxes.state(BOX, INBOX) is not None
    mailboxes.assign(BOX, "recepcao@clinica.example")
    assert mailboxes.state(BOX, INBOX) is not None
    mailboxes.assign(BOX, "agenda@clinica.example")
    assert mailboxes.state(BOX, INBOX) is None
    assert mailboxes.renew(BOX, token, 60)


def test_a_look_never_goes_back_in_time(mailboxes: MailboxStore, token: int) -> None:
    assert mailboxes.looked(BOX, INBOX, token, 100.0)
    assert mailboxes.looked(BOX, INBOX, token, 50.0)
    state = mailboxes.state(BOX, INBOX)
    assert state is not None
    assert state.looked_at == mailboxes.health(BOX).looked_at == 100.0


def test_a_fault_keeps_since_when_it_is_there(mailboxes: MailboxStore) -> None:
    assert mailboxes.health(BOX).fault == ""
    assert mailboxes.note_fault(BOX, "The server refuses the log-in.")
    since = mailboxes.health(BOX).fault_since
    time.sleep(0.01)
    assert not mailboxes.note_fault(BOX, "Nobody answers.")
    health = mailboxes.health(BOX)
    assert (health.fault, health.fault_since) == ("Nobody answers.", since)
    assert mailboxes.clear_fault(BOX)
    assert not mailboxes.clear_fault(BOX)
    assert mailboxes.health(BOX).fault == ""


def test_no_name_of_a_key_holds_a_folder_s_name(
    mailboxes: MailboxStore, redis: Redis, token: int
) -> None:
    mailboxes.post(BOX, INBOX, token, 7, 12, b"mail", 0)
    assert not [name for name in redis.scan_iter() if INBOX in name]


#: A mailbox's reader, again and again: takes the mailbox if it can, posts what is beyond the last
#: UID, a mail at a time. It never stops by itself.
READER = f"""
import time, uuid
from workers.contracts.connection import connect
from workers.contracts.mailboxes import MailboxStore
from workers.contracts.settings import QueueSettings

mailboxes, me = MailboxStore(connect(QueueSettings())), uuid.uuid4().hex
print(flush=True)
while True:
    token = mailboxes.lease("{BOX}", me, 0.02)
    if token is None:
        time.sleep(0.001)
        continue
    mailboxes.open("{BOX}", "INBOX", token, 7, 0)
    state = mailboxes.state("{BOX}", "INBOX")
    for uid in range(state.last_uid + 1, min(state.last_uid + 20, {MAILS} + 1)):
        time.sleep(0.002)  # now and then the lease ends in here
        if not mailboxes.post("{BOX}", "INBOX", token, 7, uid, b"%d" % uid, 0):
            break
"""


@pytest.fixture
def readers(queue_settings: QueueSettings) -> Iterator[list["subprocess.Popen[bytes]"]]:  # noqa: ARG001 - it sets the environment
    running: list[subprocess.Popen[bytes]] = []
    yield running
    for process in running:
        process.kill()
        process.communicate()


def test_readers_that_are_killed_lose_no_mail_and_post_none_twice(
    inbound: Inbound, mailboxes: MailboxStore, readers: list["subprocess.Popen[bytes]"]
) -> None:
    kills, seen = 0, 0
    while kills < LEAST_KILLS or seen < MAILS:
        assert kills < MOST_KILLS
        for _ in range(2):
            command = [sys.executable, "-c", READER]
            process = subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE)
            readers.append(process)
            assert process.stdout is not None
            process.stdout.readline()
        time.sleep(0.01 * (1 + kills * 7 % 10))
        while readers:
            process = readers.pop()
            process.kill()
            process.communicate()
            kills += 1
        state = mailboxes.state(BOX, "INBOX")
        seen = state.last_uid if state else 0
    posts = inbound.take("intake", 10 * MAILS, 0)
    assert [int(post.mail_bytes) for post in posts] == list(range(1, MAILS + 1))
    assert [post.uid for post in posts] == list(range(1, MAILS + 1))


def test_a_mail_s_mark_leaves_with_its_post(
    redis: Redis, mailboxes: MailboxStore, inbound: Inbound, token: int
) -> None:
    mailboxes.post(BOX, INBOX, token, 7, 11, b"mail", 0)
    inbound.add("whatsapp", "app", b"{}")
    assert (inbound.waiting(), inbound.waiting_mails()) == (2, 1)
    for post in inbound.take("intake", 10, 0):
        assert inbound.done(post, {})
    assert inbound.waiting_mails() == 0
    assert not redis.exists(keys.INBOUND_MAIL)
