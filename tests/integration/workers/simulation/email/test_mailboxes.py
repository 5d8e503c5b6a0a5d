"""The mailboxes of the post office behave as a provider's do."""

import ssl
import threading
import time

import pytest
import trustme
from imap_tools import BaseMailBox, MailBox, MailboxLoginError, MailBoxStartTls, MailBoxUnencrypted

from tests.integration.workers.simulation.email.conftest import MAIL
from workers.simulation.email.errors import PostOfficeError
from workers.simulation.email.post_office import HOST, Mailbox, PostOffice

pytestmark = pytest.mark.integration


@pytest.fixture
def inbox(post_office: PostOffice, clinic: Mailbox) -> MailBoxUnencrypted:
    box = MailBoxUnencrypted(HOST, post_office.ports.imap, timeout=10)
    box.login(clinic.address, clinic.password)
    return box


def test_a_mail_is_kept_as_it_came_under_what_the_last_server_writes_above_it(
    post_office: PostOffice, clinic: Mailbox
) -> None:
    post_office.deliver(MAIL, clinic.address)
    (mail,) = post_office.read(clinic.address)
    assert mail.content.endswith(MAIL)
    assert mail.content.startswith(b"Return-Path: <ana@paciente.example>\r\n")
    assert not mail.flags & {"\\Seen"}, "a look marks nothing"
    assert abs(mail.received_at - time.time()) < 60


def test_the_empty_sender_becomes_an_empty_return_path(
    post_office: PostOffice, clinic: Mailbox
) -> None:
    post_office.deliver(MAIL, clinic.address, sender="")
    assert post_office.read(clinic.address)[0].message["Return-Path"] == "<>"


def test_nobody_has_a_mailbox_who_was_not_given_one(post_office: PostOffice) -> None:
    with pytest.raises(PostOfficeError, match="no mailbox"):
        post_office.deliver(MAIL, "bia@elsewhere.example")


def test_idle_wakes_when_a_mail_comes(
    post_office: PostOffice, clinic: Mailbox, inbox: MailBoxUnencrypted
) -> None:
    with inbox:
        sender = threading.Timer(0.3, post_office.deliver, (MAIL, clinic.address))
        sender.start()
        began = time.monotonic()
        replies = inbox.idle.wait(timeout=8)
        sender.join()
        assert any(b"EXISTS" in reply for reply in replies)
        assert time.monotonic() - began < 5


def test_it_has_what_a_provider_has(inbox: MailBoxUnencrypted) -> None:
    with inbox:
        _, (capabilities,) = inbox.client.capability()  # after the log-in there are more
        assert {b"IDLE", b"UIDPLUS", b"SPECIAL-USE"} <= set(capabilities.split())
        special = {flag for folder in inbox.folder.list() for flag in folder.flags}
        assert {"\\Drafts", "\\Sent", "\\Junk"} <= special


def test_an_uploaded_mail_says_its_number_and_keeps_its_date(
    post_office: PostOffice, clinic: Mailbox, inbox: MailBoxUnencrypted
) -> None:
    with inbox:
        _, reply = inbox.append(MAIL, "Drafts", flag_set=["\\Draft"])
        assert b"APPENDUID" in reply[0]
    (draft,) = post_office.read(clinic.address, "Drafts")
    assert "\\Draft" in draft.flags
    yesterday = time.time() - 86400
    post_office.place(MAIL, clinic.address, received_at=yesterday)
    (mail,) = post_office.read(clinic.address)
    assert mail.content == MAIL
    assert abs(mail.received_at - yesterday) < 2


def test_numbers_begin_anew_under_another_uidvalidity(
    post_office: PostOffice, clinic: Mailbox
) -> None:
    def state() -> dict[str, int]:
        with MailBoxUnencrypted(HOST, post_office.ports.imap).login(
            clinic.address, clinic.password
        ) as box:
            return box.folder.status("INBOX", ["UIDVALIDITY", "UIDNEXT", "MESSAGES"])

    for _ in range(2):
        post_office.deliver(MAIL, clinic.address)
    with MailBoxUnencrypted(HOST, post_office.ports.imap).login(
        clinic.address, clinic.password
    ) as box:
        box.delete("1")
    before = state()
    post_office.change_validity(clinic.address)
    after = state()
    assert after["UIDVALIDITY"] != before["UIDVALIDITY"]
    assert after["MESSAGES"] == before["MESSAGES"] == 1
    assert [mail.uid for mail in post_office.read(clinic.address)] == [1]


def test_a_changed_password_shuts_the_old_one_out(post_office: PostOffice, clinic: Mailbox) -> None:
    post_office.mailbox(clinic.address, "outra")
    client = MailBoxUnencrypted(HOST, post_office.ports.imap)
    with pytest.raises(MailboxLoginError):
        client.login(clinic.address, clinic.password)
    client.client.shutdown()
    assert post_office.read(clinic.address) == []


@pytest.mark.parametrize("way", ["tls", "starttls"])
def test_it_speaks_tls_where_it_has_a_certificate(
    safe_office: PostOffice, authority: trustme.CA, way: str
) -> None:
    box = safe_office.mailbox("contato@clinica.example")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    connection: BaseMailBox
    if way == "tls":
        connection = MailBox("localhost", safe_office.ports.imaps, ssl_context=context)
    else:
        connection = MailBoxStartTls("localhost", safe_office.ports.imap, ssl_context=context)
    with connection.login(box.address, box.password):
        pass
