"""What the doctor sees of a real mailbox, and that it leaves nothing behind there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme
from imap_tools.folder import FolderInfo

from workers.channels.email.imap.mailbox import Mailbox as Connection
from workers.channels.email.oauth import Tokens
from workers.commands.support.finding import Finding
from workers.commands.support.mailbox_findings import mailbox_findings
from workers.contracts.email_channel import EmailChannel
from workers.simulation.email.post_office import Mailbox, PostOffice

pytestmark = pytest.mark.integration
MAIL = b"""Authentication-Results: %s; dmarc=pass header.from=paciente.example\r
From: Ana <ana@paciente.example>\r
To: contato@clinica.example\r
Subject: x\r
\r
Abrem no domingo?\r
"""
Look = Callable[..., dict[str, Finding]]


@pytest.fixture
def clinic(post_office: PostOffice) -> Mailbox:
    return post_office.mailbox("contato@clinica.example")


@pytest.fixture
def look(post_office: PostOffice, clinic: Mailbox) -> Look:
    def look(**fields: Any) -> dict[str, Finding]:  # noqa: ANN401 - of a channel's file
        channel = EmailChannel.model_validate(post_office.channel(clinic, **fields))
        return {each.part: each for each in mailbox_findings(channel, Tokens())}

    return look


def test_a_mailbox_that_is_well_is_said_so_and_left_as_it_was(
    look: Look, post_office: PostOffice, clinic: Mailbox
) -> None:
    post_office.deliver(MAIL % b"mx.clinica.example", clinic.address)
    before = post_office.read(clinic.address)
    seen = look(authserv_id="MX.clinica.example")
    assert all(each.good for each in seen.values()), seen
    assert seen["IDLE"].state == "new mail is told of at once"
    assert seen["sent"].state == "Sent, open for writing"
    assert [mail.content for mail in post_office.read(clinic.address)] == [
        mail.content for mail in before
    ]
    assert "\\Seen" not in post_office.read(clinic.address)[0].flags
    assert post_office.read(clinic.address, "Sent") == []


def test_drafts_are_looked_for_where_answers_are_laid_there(look: Look) -> None:
    seen = look(mode="draft")
    assert seen["drafts"].state == "Drafts, open for writing"
    assert "is noticed" in seen["sent"].state
    assert "drafts" not in look()


def test_a_folder_for_copies_that_lacks_is_a_fault_only_where_copies_are_made(
    look: Look, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Dovecot makes the folder again and again.
    monkeypatch.setattr(Connection, "folders", lambda _self: [FolderInfo("INBOX", "/", ())])
    lacking = look()["sent"]
    assert not lacking.good
    assert '"sent_copy": false' in lacking.repair
    spared = look(sent_copy=False)["sent"]
    assert spared.good
    assert "not noticed" in spared.state


def test_a_folder_that_lacks_is_named_with_those_that_there_are(look: Look) -> None:
    seen = look(folders=["INBOX", "Exames"])
    assert seen["folder INBOX"].good
    assert not seen["folder Exames"].good
    assert "Drafts" in seen["folder Exames"].repair
    assert "authserv-id" in seen


def test_a_wrong_password_is_told_how_to_be_replaced(look: Look) -> None:
    (finding,) = look(password="wrong-password").values()
    assert not finding.good
    assert "atende channels password email" in finding.repair
    assert "wrong-password" not in f"{finding}"


def test_a_server_that_is_away_is_told_by_its_settings(look: Look) -> None:
    (finding,) = look(imap_port=1).values()
    assert "imap_port" in finding.repair


def test_who_judged_the_newest_mails_is_proposed(
    look: Look, post_office: PostOffice, clinic: Mailbox
) -> None:
    assert "bear no Authentication-Results" in look()["authserv-id"].state
    post_office.deliver(MAIL % b"mx.clinica.example", clinic.address)
    proposed = look()["authserv-id"]
    assert proposed.good
    assert '"authserv_id": "mx.clinica.example"' in proposed.repair
    wrong = look(authserv_id="mx.other.example")["authserv-id"]
    assert not wrong.good
    assert "mx.clinica.example" in wrong.repair
    post_office.deliver(MAIL % b"mx.spammer.example", clinic.address)
    assert "Which of these is your own" in look()["authserv-id"].repair


def test_a_server_with_a_certificate_of_its_own_needs_to_be_told_so(
    safe_office: PostOffice, authority: trustme.CA, tmp_path: Path
) -> None:
    clinic = safe_office.mailbox("contato@clinica.example")
    tls = {
        "imap_host": "localhost",
        "imap_port": safe_office.ports.imaps,
        "imap_security": "tls",
    }
    channel = EmailChannel.model_validate(safe_office.channel(clinic, **tls))
    (finding,) = mailbox_findings(channel, Tokens())
    assert "ca_file" in finding.repair
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    trusted = channel.model_copy(update={"ca_file": tmp_path / "ca.pem"})
    assert all(each.good for each in mailbox_findings(trusted, Tokens()))


def test_a_mailbox_that_is_opened_by_tokens(
    safe_office: PostOffice, authority: trustme.CA, tmp_path: Path
) -> None:
    clinic = safe_office.mailbox("contato@clinica.example")
    client = safe_office.tokens.client(clinic.address)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    oauth = {
        "token_url": safe_office.tokens.url,
        "client_id": client.id,
        "client_secret": client.secret,
    }
    fields = {"password": None, "oauth": oauth, "ca_file": tmp_path / "ca.pem"}
    channel = EmailChannel.model_validate(safe_office.channel(clinic, **fields))
    seen = {each.part: each for each in mailbox_findings(channel, Tokens())}
    assert all(each.good for each in seen.values()), seen
    assert seen["access token"].state.startswith("given by localhost")
    safe_office.tokens.refuses = True
    (finding,) = mailbox_findings(channel, Tokens())
    assert not finding.good
    assert "atende channels password email" in finding.repair
    assert client.secret not in f"{finding}"


def test_mails_that_come_by_http_alone_need_no_mailbox(look: Look) -> None:
    (finding,) = look(imap_host=None).values()
    assert finding.good
    assert "/v1/channels/email/email" in finding.state
