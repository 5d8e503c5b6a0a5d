"""A real mailbox is followed: what is new is posted once, in order, whatever happens meanwhile."""

import time

import pytest

from tests.mailbox_bench import MailboxBench, mail, until
from workers.channels.email.imap import look, watch
from workers.channels.email.imap.fetched import Fetched
from workers.channels.email.imap.mailbox import Mailbox

pytestmark = pytest.mark.integration


def test_the_first_start_posts_nothing_old(bench: MailboxBench) -> None:
    for number in range(5):
        bench.deliver(f"old-{number}")

    with bench.watching():
        bench.opened()
        bench.deliver(1)
        bench.awaits(1)


def test_mail_is_told_at_once_and_in_order(bench: MailboxBench) -> None:
    with bench.watching():
        bench.opened()
        for number in range(10):
            bench.deliver(number)
        started = time.monotonic()
        bench.awaits(*range(10))

    assert time.monotonic() - started < watch.LOOK_SECONDS / 3  # by IDLE, not by the poll
    post = bench.read[0]
    assert (post.kind, post.app, post.folder, post.sent) == ("email", "email", "INBOX", False)
    assert post.uid == 1
    assert post.validity > 0
    assert abs(post.received_at - time.time()) < 60


def test_a_mail_that_comes_while_the_folder_is_searched_does_not_wait_for_the_poll(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its server tells it at the end of that search, and not again."""
    search, count = Mailbox.uids_after, 0

    def slow(self: Mailbox, last_uid: int, since: float = 0.0) -> list[int]:
        nonlocal count
        uids = search(self, last_uid, since)
        if self.folder == "INBOX" and count < 5:
            count += 1
            bench.deliver(count)
            self.search("<none@clinica.example>")  # whose reply tells of the new mail
        return uids

    monkeypatch.setattr(Mailbox, "uids_after", slow)
    started = time.monotonic()
    with bench.watching():
        bench.awaits(1, 2, 3, 4, 5)
    assert time.monotonic() - started < watch.LOOK_SECONDS / 3


def test_looking_marks_nothing_as_read(bench: MailboxBench) -> None:
    with bench.watching():
        bench.opened()
        bench.deliver(1)
        bench.awaits(1)

    assert [stored.flags & {"\\Seen"} for stored in bench.office.read(bench.mailbox.address)] == [
        frozenset()
    ]


def test_a_mail_that_a_phone_marked_as_read_is_posted_all_the_same(bench: MailboxBench) -> None:
    with bench.watching():
        bench.opened()
    bench.deliver(1)
    with bench.office.imap(bench.mailbox.address) as phone:
        phone.select("INBOX")
        phone.store("1", "+FLAGS", "\\Seen")

    with bench.watching():
        bench.awaits(1)


def test_a_days_outage_is_caught_up_in_order(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(look, "BATCH", 7)
    with bench.watching():
        bench.opened()
    for number in range(30):
        bench.office.place(
            mail(number), bench.mailbox.address, received_at=time.time() - 86_400 + number
        )

    with bench.watching("another process"):
        bench.awaits(*range(30))


def test_each_mail_is_fetched_once_however_often_is_looked(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Providers count the bytes of a day."""
    fetched: list[int] = []
    fetch = Mailbox.fetch

    def counted(mailbox: Mailbox, uid: int) -> Fetched | None:
        fetched.append(uid)
        return fetch(mailbox, uid)

    monkeypatch.setattr(Mailbox, "fetch", counted)
    monkeypatch.setattr(watch, "LOOK_SECONDS", 0.1)
    with bench.watching():
        bench.opened()
        for number in range(3):
            bench.deliver(number)
            bench.awaits(*range(number + 1))

    assert fetched == [1, 2, 3]


def test_a_server_that_tells_no_uidvalidity_is_read_all_the_same(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Mailbox._told  # noqa: SLF001 - what a server leaves out
    silent = {"UIDVALIDITY", "UIDNEXT"}
    monkeypatch.setattr(
        Mailbox, "_told", lambda mailbox, name: 0 if name in silent else told(mailbox, name)
    )
    bench.deliver("old")
    with bench.watching():
        bench.opened()
        bench.deliver(1)
        bench.awaits(1)

    with bench.watching("two"):
        bench.deliver(2)
        bench.awaits(1, 2)
    assert {post.validity for post in bench.read} == {0}


def test_a_mail_that_was_deleted_meanwhile_holds_up_nothing(bench: MailboxBench) -> None:
    with bench.watching():
        bench.opened()
    for number in range(3):
        bench.deliver(number)
    with bench.office.imap(bench.mailbox.address) as phone:
        phone.select("INBOX")
        phone.store("2", "+FLAGS", "\\Deleted")
        phone.expunge()

    with bench.watching():
        bench.awaits(0, 2)


def test_the_first_256_kib_of_a_huge_mail_are_posted(bench: MailboxBench) -> None:
    with bench.watching():
        bench.opened()
        huge = mail("huge", "Qual o horário?\n" + "x" * 70 + "\n" + ("y" * 70 + "\n") * 560_000)
        assert len(huge) > 39_000_000
        bench.office.place(huge, bench.mailbox.address)
        bench.deliver("next")
        until(lambda: len(bench.posts()) == 2, 60)

    assert bench.posts() == ["huge", "next"]
    assert len(bench.read[0].mail_bytes) == 256 * 1024


def test_an_empty_mail_is_posted_as_it_is(bench: MailboxBench) -> None:
    with bench.watching():
        bench.opened()
        bench.office.place(b"\r\n", bench.mailbox.address)
        bench.deliver("next")
        bench.awaits("", "next")


def test_folders_with_accents_are_read_too(bench: MailboxBench) -> None:
    with bench.office.imap(bench.mailbox.address) as program:
        program.create('"N&AOM-o lidos"')
    bench.write(folders=["INBOX", "Não lidos"])

    with bench.watching():
        bench.opened()
        until(lambda: bench.stores.mailboxes.state("email", "Não lidos") is not None)
        bench.office.place(mail("unread"), bench.mailbox.address, "N&AOM-o lidos")
        bench.deliver("inbox")
        bench.awaits("unread", "inbox")

    assert [post.folder for post in bench.read] == ["Não lidos", "INBOX"]


def test_a_folder_that_is_missing_is_told_and_holds_up_no_other(bench: MailboxBench) -> None:
    bench.write(folders=["INBOX", "Pacientes"])
    with bench.watching():
        bench.opened()
        bench.deliver(1)
        bench.awaits(1)
        assert "Pacientes" in bench.stores.mailboxes.health("email").fault

        bench.write(folders=["INBOX"])
        until(lambda: not bench.stores.mailboxes.health("email").fault)
        bench.deliver(2)
        bench.awaits(1, 2)


def test_mail_waits_at_its_server_while_the_intake_has_enough(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MOST_WAITING", 5)
    with bench.watching():
        bench.opened()
        for number in range(20):
            bench.deliver(number)
        until(lambda: bench.stores.inbound.waiting_mails() == 6)
        time.sleep(1)
        assert bench.stores.inbound.waiting_mails() == 6
        bench.awaits(*range(20))


def test_a_flood_in_one_mailbox_leaves_room_for_the_others(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MOST_OF_MAILBOX", 3)
    bench.stores.inbound.add("email", "outra", b"")
    with bench.watching():
        bench.opened()
        for number in range(10):
            bench.deliver(number)
        until(lambda: bench.stores.inbound.waiting_of("email") == 3)
        time.sleep(1)
        assert bench.stores.inbound.waiting_of("email") == 3
        assert bench.stores.inbound.waiting_mails() == 4


def test_what_the_clinic_itself_sends_is_posted_as_such(bench: MailboxBench) -> None:
    with bench.watching():
        bench.opened()
        until(lambda: bench.stores.mailboxes.state("email", "Sent") is not None)
        bench.office.place(mail("reply"), bench.mailbox.address, "Sent")
        bench.deliver("question")
        bench.awaits("reply", "question")

    assert [post.sent for post in bench.read] == [True, False]


def test_a_mailbox_that_the_file_names_no_more_is_left(bench: MailboxBench) -> None:
    with bench.watching():
        bench.opened()
        bench.write(imap_host=None)
        until(lambda: not bench.stores.mailboxes.health("email").holder)
        bench.deliver(1)
        time.sleep(1)
        assert bench.posts() == []


def test_a_file_that_names_another_account_begins_with_what_comes_there_from_now_on(
    bench: MailboxBench,
) -> None:
    with bench.watching():
        bench.opened()
    looked_at = bench.stores.mailboxes.health("email").looked_at
    bench.mailbox = bench.office.mailbox("agenda@clinica.example")
    bench.deliver("before")
    bench.write()
    with bench.watching("two"):
        until(lambda: bench.stores.mailboxes.health("email").looked_at > looked_at)
        bench.deliver("after")
        bench.awaits("after")
