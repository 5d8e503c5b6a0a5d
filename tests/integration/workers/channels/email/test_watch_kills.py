"""Workers die, mailboxes are taken over, folders are numbered anew: nothing lost, nothing twice."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from redis.exceptions import ConnectionError  # noqa: A004 - Redis's

from tests.mailbox_bench import MailboxBench, mail, until
from workers.channels.email.imap import hold, watch
from workers.channels.email.imap.fetched import Fetched
from workers.channels.email.imap.hold import Hold
from workers.channels.email.imap.look import Look, Place
from workers.channels.email.imap.mailbox import Mailbox
from workers.channels.email.oauth import Tokens
from workers.contracts.email_channel import EmailChannel
from workers.contracts.mailboxes import MailboxStore

pytestmark = pytest.mark.integration


class Killed(BaseException):
    """The process is gone: nothing of it catches this."""


class MortalStore:
    """A store whose process dies before or after one of its calls."""

    def __init__(self, store: MailboxStore, dies_at: int) -> None:
        self._store = store
        self._dies_at = dies_at
        self.calls = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._store, name)

        def call(*args: object, **fields: object) -> object:
            self._step()
            result = method(*args, **fields)
            self._step()
            return result

        return call

    def _step(self) -> None:
        self.calls += 1
        if self.calls == self._dies_at:
            raise Killed


def connected(bench: MailboxBench) -> Mailbox:
    channel = bench.book.named("email")
    assert isinstance(channel, EmailChannel)
    return Mailbox.connect(channel, Tokens())


@contextmanager
def one_connection(bench: MailboxBench) -> Iterator[Mailbox]:
    mailbox = connected(bench)
    try:
        yield mailbox
    finally:
        mailbox.close()


def look_once(bench: MailboxBench, mailbox: Mailbox, holder: str, dies_at: int = 0) -> bool:
    """One look by a worker of its own; False where it died."""
    store: Any = MortalStore(bench.stores.mailboxes, dies_at)
    token = bench.stores.mailboxes.lease("email", holder, 0.001)
    assert token is not None
    try:
        look = Look("email", store, lambda _: True)
        look.into(Place("INBOX"), mailbox, Hold(store, "email", token))
    except Killed:
        time.sleep(0.002)  # its lease ends
        return False
    assert store.calls < dies_at or not dies_at
    return True


def test_killed_between_any_two_lines_nothing_is_lost_and_nothing_posted_twice(
    bench: MailboxBench,
) -> None:
    with one_connection(bench) as mailbox:
        assert look_once(bench, mailbox, "first")
        dies_at, count = 0, 0
        while True:
            dies_at += 1
            for _ in range(3):
                bench.deliver(count)
                count += 1
            if look_once(bench, mailbox, f"dies-{dies_at}", dies_at):
                break
        assert dies_at > 8
    assert bench.posts() == [str(number) for number in range(count)]


@pytest.mark.drill  # thirteen new UIDVALIDITYs, which are made of seconds
def test_killed_while_a_folder_is_numbered_anew_nothing_is_lost(bench: MailboxBench) -> None:
    """What came since the last look is posted again; of what came before nothing is."""
    address = bench.mailbox.address
    for number in range(3):
        bench.office.place(mail(f"old-{number}"), address, received_at=time.time() - 86_400)
    with one_connection(bench) as mailbox:
        assert look_once(bench, mailbox, "first")
    for dies_at in range(1, 14):
        bench.deliver(f"{dies_at}")
        time.sleep(1.1)  # UIDVALIDITY is made of seconds
        bench.office.change_validity(address)
        with one_connection(bench) as mailbox:
            look_once(bench, mailbox, f"dies-{dies_at}", dies_at)
            look_once(bench, mailbox, f"lives-{dies_at}")
    posted = bench.posts()
    assert set(posted) == {str(number) for number in range(1, 14)}
    assert list(dict.fromkeys(posted)) == [str(number) for number in range(1, 14)]


def test_a_folder_that_is_numbered_anew_while_it_is_followed_goes_on(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.5)
    address = bench.mailbox.address
    bench.office.place(mail("old"), address, received_at=time.time() - 86_400)
    with bench.watching():
        bench.opened()
        until(lambda: bench.stores.mailboxes.state("email", "INBOX") is not None, 30)
        first = bench.stores.mailboxes.state("email", "INBOX")
        time.sleep(1.1)
        bench.office.change_validity(address)
        bench.deliver("new")
        until(lambda: "new" in bench.posts(), 30)
        second = bench.stores.mailboxes.state("email", "INBOX")
    assert first is not None
    assert second is not None
    assert second.validity != first.validity
    assert set(bench.posts()) == {"new"}


def test_once_all_is_caught_up_a_mail_that_a_person_moves_back_is_posted(
    bench: MailboxBench,
) -> None:
    """What a filter had taken for spam keeps the date at which it came."""
    address = bench.mailbox.address
    with one_connection(bench) as mailbox:
        assert look_once(bench, mailbox, "first")
    time.sleep(1.1)  # UIDVALIDITY is made of seconds
    bench.office.change_validity(address)
    with one_connection(bench) as mailbox:
        assert look_once(bench, mailbox, "second")
    bench.office.place(mail("rescued"), address, received_at=time.time() - 86_400)
    with one_connection(bench) as mailbox:
        assert look_once(bench, mailbox, "third")
    assert bench.posts() == ["rescued"]


def test_one_worker_holds_a_mailbox_and_another_takes_over(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_HELD_SECONDS", 0.1)
    health = bench.stores.mailboxes.health
    with bench.watching("one"):
        bench.opened()
        with bench.watching("two"):
            for number in range(10):
                bench.deliver(number)
            bench.awaits(*range(10))
            assert health("email").holder == "one"
    with bench.watching("three"):
        until(lambda: health("email").holder == "three")
        bench.deliver(10)
        bench.awaits(*range(11))


def test_whoever_lost_the_mailbox_posts_nothing_more(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process was stopped for longer than its lease, and goes on."""
    monkeypatch.setattr(watch, "_HELD_SECONDS", 0.1)
    monkeypatch.setattr(watch, "LEASE_SECONDS", 1.0)
    monkeypatch.setattr(hold, "LEASE_SECONDS", 1.0)
    monkeypatch.setattr(hold, "_RENEW_SECONDS", 0.0)
    asleep, wakes = threading.Event(), threading.Event()
    fetch = Mailbox.fetch

    def slow(self: Mailbox, uid: int) -> Fetched | None:
        if threading.current_thread().name == "sleeper" and not wakes.is_set():
            asleep.set()
            assert wakes.wait(20)
        return fetch(self, uid)

    monkeypatch.setattr(Mailbox, "fetch", slow)
    with bench.watching("sleeper", name="sleeper"):
        bench.opened()
        bench.deliver(1)
        assert asleep.wait(10)
        with bench.watching("other"):
            bench.awaits(1)
            wakes.set()
            bench.deliver(2)
            bench.awaits(1, 2)
            assert bench.stores.mailboxes.health("email").fault == ""


def test_while_redis_is_away_mail_waits_at_its_server(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_AWAY_SECONDS", 0.1)
    post, tries = bench.stores.mailboxes.post, 0

    def away(*args: Any, **fields: Any) -> bool:  # noqa: ANN401 - as the store takes them
        nonlocal tries
        tries += 1
        if tries < 4:
            raise ConnectionError
        return post(*args, **fields)

    monkeypatch.setattr(bench.stores.mailboxes, "post", away)
    with bench.watching():
        bench.opened()
        bench.deliver(1)
        bench.awaits(1)
    assert tries == 4
    assert bench.stores.mailboxes.health("email").fault == ""  # nothing is wrong with the mailbox
