"""Errands are carried out in a real mailbox: once, also after a death, wherever the mail lies."""

import base64
import time
from typing import Any

import pytest

from tests.mailbox_bench import MailboxBench, mail, until
from workers.channels.email.imap.mailbox import Mailbox
from workers.contracts import keys
from workers.contracts.errands import Errand

pytestmark = pytest.mark.integration

SEEN, ANSWERED, FLAGGED, DRAFT = "\\Seen", "\\Answered", "\\Flagged", "\\Draft"


def flags(bench: MailboxBench, folder: str = "INBOX") -> list[set[str]]:
    r"""The flags of each mail of a folder, but for `\Recent`."""
    stored = bench.office.read(bench.mailbox.address, folder)
    return [set(each.flags) - {"\\Recent"} for each in stored]


def about(bench: MailboxBench, number: int | str, kind: str = "flag", **fields: object) -> Errand:
    """An errand about the post of a mail."""
    post = next(each for each in bench.read if f"<{number}@".encode() in each.mail_bytes)
    place = {"folder": post.folder, "uid": post.uid, "validity": post.validity}
    content = {
        "id": f"{kind}-{number}",
        "kind": kind,
        "message": f"<{number}@paciente.example>",
        **place,
        **fields,
    }
    return Errand.model_validate(content)


def laid(number: int | str, kind: str, body: str = "Abrimos às 8h.") -> Errand:
    """An errand that lays a mail into the drafts, or into what was sent."""
    content = base64.b64encode(mail(number, body)).decode()
    return Errand.model_validate(
        {
            "id": f"{kind}-{number}",
            "kind": kind,
            "message": f"<{number}@paciente.example>",
            "mail": content,
        }
    )


def carry_out(bench: MailboxBench, *errands: Errand) -> None:
    for errand in errands:
        bench.stores.errands.add("email", errand)
    until(lambda: bench.stores.errands.due("email") == 0)


def receive(bench: MailboxBench, *numbers: int | str) -> None:
    bench.opened()
    for number in numbers:
        bench.deliver(number)
    bench.awaits(*numbers)


def test_mails_are_flagged_and_marked_as_answered(bench: MailboxBench) -> None:
    with bench.watching():
        receive(bench, 1, 2, 3)
        carry_out(bench, about(bench, 1), about(bench, 3, "answered"))
    assert flags(bench) == [{FLAGGED}, set(), {ANSWERED, SEEN}]


def test_an_answered_mail_stays_unread_where_the_channel_wants_so(bench: MailboxBench) -> None:
    bench.write(mark_read=False)
    with bench.watching():
        receive(bench, 1)
        carry_out(bench, about(bench, 1, "answered"))
    assert flags(bench) == [{ANSWERED}]


def test_an_answered_mail_with_attachments_stays_unread(bench: MailboxBench) -> None:
    with bench.watching():
        receive(bench, 1)
        carry_out(bench, about(bench, 1, "answered", unread=True))
    assert flags(bench) == [{ANSWERED}]


def test_what_others_marked_as_deleted_is_not_expunged(bench: MailboxBench) -> None:
    with bench.watching():
        receive(bench, 1, 2)
        with bench.office.imap(bench.mailbox.address) as program:
            program.select("INBOX")
            program.store("1", "+FLAGS", "\\Deleted")
        carry_out(bench, about(bench, 2))
    assert flags(bench) == [{"\\Deleted"}, {FLAGGED}]


def test_a_mail_is_found_by_its_id_where_its_number_holds_no_more(bench: MailboxBench) -> None:
    with bench.watching():
        receive(bench, 1, 2)
        carry_out(
            bench,
            about(bench, 1, validity=7),  # the folder was numbered anew
            about(bench, 2, "answered", uid=1),  # the number is another mail's
        )
    assert flags(bench) == [{FLAGGED}, {ANSWERED, SEEN}]


def test_a_mail_that_came_by_http_is_looked_for_in_the_inbox(bench: MailboxBench) -> None:
    nowhere: dict[str, Any] = {"folder": "", "uid": 0, "validity": 0}
    with bench.watching():
        receive(bench, 1)
        missing = about(bench, 1, id="flag-2", message="<2@paciente.example>", **nowhere)
        carry_out(bench, about(bench, 1, **nowhere), missing)
        until(lambda: bench.stores.errands.waiting("email") == 0)
    assert flags(bench) == [{FLAGGED}]


def test_a_mail_that_somebody_moved_away_needs_nothing(bench: MailboxBench) -> None:
    with bench.watching():
        receive(bench, 1, 2)
        with bench.office.imap(bench.mailbox.address) as program:
            program.select("INBOX")
            program.store("1", "+FLAGS", "\\Deleted")
            program.expunge()
        carry_out(bench, about(bench, 1), about(bench, 1, "answered", validity=7))
    assert flags(bench) == [set()]
    assert bench.stores.errands.waiting("email") == 0


def test_drafts_and_copies_are_laid_where_the_server_says(bench: MailboxBench) -> None:
    with bench.watching():
        bench.opened()
        carry_out(bench, laid("draft", "draft"), laid("copy", "copy"))
        assert flags(bench, "Drafts") == [{DRAFT, SEEN}]
        assert flags(bench, "Sent") == [{SEEN}]
        until(lambda: bench.posts() == ["copy"])  # the reader knows it as ours
    (draft,) = bench.office.read(bench.mailbox.address, "Drafts")
    assert "Abrimos às 8h." in str(draft.message.get_content())


def test_whoever_dies_before_saying_that_it_is_done_lays_nothing_twice(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = bench.stores.errands.done
    monkeypatch.setattr(bench.stores.errands, "done", lambda *_: False)
    with bench.watching():
        bench.opened()
        for errand in (laid("draft", "draft"), laid("copy", "copy")):
            bench.stores.errands.add("email", errand)
        until(lambda: bool(flags(bench, "Drafts") and flags(bench, "Sent")))
    monkeypatch.setattr(bench.stores.errands, "done", done)
    with bench.watching("another process"):
        until(lambda: bench.stores.errands.waiting("email") == 0)
    assert len(flags(bench, "Drafts")) == 1
    assert len(flags(bench, "Sent")) == 1


def test_whoever_stood_still_over_the_search_lays_no_draft_beside_his_successor_s(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    search, stores = Mailbox.search, bench.stores
    stolen: list[int | None] = []

    def stand_still(self: Mailbox, message_id: str) -> list[int]:
        uids = search(self, message_id)
        if not stolen:  # meanwhile its lease ends, and another worker lays the draft
            bench.redis.hset(keys.mailbox("email"), "until", 0)
            stolen.append(stores.mailboxes.lease("email", "another", 60))
            bench.office.place(mail("draft"), bench.mailbox.address, "Drafts")
        return uids

    with bench.watching():
        bench.opened()
        monkeypatch.setattr(Mailbox, "search", stand_still)
        stores.errands.add("email", laid("draft", "draft"))
        until(lambda: bool(stolen))
        time.sleep(1)
    assert len(flags(bench, "Drafts")) == 1


def test_a_draft_that_a_person_has_sent_is_not_laid_again(bench: MailboxBench) -> None:
    bench.office.place(mail("draft"), bench.mailbox.address, "Sent")
    with bench.watching():
        bench.opened()
        carry_out(bench, laid("draft", "draft"))
    assert flags(bench, "Drafts") == []


def test_an_errand_that_cannot_be_done_is_kept_and_the_next_goes_on(bench: MailboxBench) -> None:
    with bench.watching():
        receive(bench, 1)
        bad = Errand(id="bad", kind="copy", message="<bad@clinica.example>", mail="no base64")
        carry_out(bench, bad, about(bench, 1, folder="Gone", id="gone"), about(bench, 1))
        assert flags(bench) == [{FLAGGED}]
        errands = bench.stores.errands
        assert errands.waiting("email") == 2
        assert errands.why("email", "bad") == "The errand's mail cannot be read."
        assert "no folder Gone" in errands.why("email", "gone")
        bench.deliver(2)
        bench.awaits(1, 2)


def test_errands_wait_for_a_mailbox_that_is_away_and_none_counts_as_tried(
    bench: MailboxBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, tries = Mailbox.append, []

    def breaks(self: Mailbox, folder: str, raw: bytes, kinds: tuple[str, ...]) -> None:
        tries.append(folder)
        if len(tries) == 1:
            self.cut()
        append(self, folder, raw, kinds)

    monkeypatch.setattr(Mailbox, "append", breaks)
    with bench.watching():
        bench.opened()
        carry_out(bench, laid("draft", "draft"), laid("copy", "copy"))
    assert len(tries) == 3
    assert len(flags(bench, "Drafts")) == len(flags(bench, "Sent")) == 1
    assert bench.stores.errands.why("email", "draft-draft") == ""
