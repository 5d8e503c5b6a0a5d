"""XOAUTH2: a token of the token server opens a mailbox and lets a mail be sent."""

import imaplib
import smtplib
import ssl
import time

import httpx
import pytest
import trustme
from imap_tools import MailBoxUnencrypted

from tests.integration.workers.simulation.email.conftest import MAIL
from workers.simulation.email.post_office import HOST, Mailbox, PostOffice

pytestmark = pytest.mark.integration


def token(office: PostOffice, address: str, *, refresh: bool = False) -> str:
    """A token for somebody's mailbox."""
    client = office.tokens.client(address, refresh=refresh)
    grant = (
        {"grant_type": "refresh_token", "refresh_token": client.refresh_token}
        if refresh
        else {"grant_type": "client_credentials"}
    )
    fields = grant | {"client_id": client.id, "client_secret": client.secret}
    reply = httpx.post(office.tokens.url, data=fields).raise_for_status().json()
    assert reply["token_type"] == "Bearer"
    return str(reply["access_token"])


def log_in(client: smtplib.SMTP, user: str, access: str) -> None:
    client.ehlo()
    client.auth("XOAUTH2", lambda _=None: f"user={user}\1auth=Bearer {access}\1\1")


@pytest.mark.parametrize("refresh", [True, False])
def test_a_token_opens_the_mailbox_and_lets_send(
    post_office: PostOffice, clinic: Mailbox, *, refresh: bool
) -> None:
    access = token(post_office, clinic.address, refresh=refresh)
    with MailBoxUnencrypted(HOST, post_office.ports.imap).xoauth2(clinic.address, access) as box:
        assert box.folder.exists("Drafts")
    with smtplib.SMTP(HOST, post_office.ports.smtp) as client:
        log_in(client, clinic.address, access)
        client.sendmail("", ["bia@elsewhere.example"], MAIL)
    assert post_office.envelopes[0].user == clinic.address


@pytest.mark.parametrize("why", ["expired", "revoked", "another's"])
def test_no_other_token_does(
    post_office: PostOffice, clinic: Mailbox, ana: Mailbox, why: str
) -> None:
    if why == "expired":
        post_office.tokens.lifetime = 0.9
    access = token(post_office, ana.address if why == "another's" else clinic.address)
    if why == "expired":
        time.sleep(1)
    if why == "revoked":
        post_office.tokens.revoke()
    box = MailBoxUnencrypted(HOST, post_office.ports.imap)
    with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
        box.xoauth2(clinic.address, access)
    box.client.shutdown()
    with smtplib.SMTP(HOST, post_office.ports.smtp) as client:
        with pytest.raises(smtplib.SMTPAuthenticationError) as refusal:
            log_in(client, clinic.address, access)
        assert refusal.value.smtp_code == 535


def test_a_request_for_a_token_can_be_refused(post_office: PostOffice, clinic: Mailbox) -> None:
    post_office.tokens.refuses = True
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        token(post_office, clinic.address)
    assert post_office.tokens.requests[0]["grant_type"] == "client_credentials"


def test_tokens_are_given_over_tls_where_the_office_has_a_certificate(
    safe_office: PostOffice, authority: trustme.CA
) -> None:
    client = safe_office.tokens.client("contato@clinica.example")
    context = ssl.create_default_context()
    authority.configure_trust(context)
    fields = {
        "grant_type": "client_credentials",
        "client_id": client.id,
        "client_secret": client.secret,
    }
    assert safe_office.tokens.url.startswith("https://localhost:")
    reply = httpx.post(safe_office.tokens.url, data=fields, verify=context)
    assert safe_office.tokens.address(reply.json()["access_token"]) == client.address
