"""A channel by e-mail: what it takes, what it refuses, and that its secrets stay secret."""

from typing import Any

import pytest
from pydantic import ValidationError

from tests.sample_channel import EMAIL_FIELDS, email_channel
from workers.contracts.email_channel import EmailChannel

OAUTH: dict[str, Any] = {
    "token_url": "https://login.example/token",
    "client_id": "atende",
    "client_secret": "s1",
}


def test_what_is_not_said_is_what_a_clinic_needs() -> None:
    channel = email_channel()
    assert channel.user == channel.address == "recepcao@clinica.example"
    assert channel.domain == "clinica.example"
    assert channel.folders == ("INBOX",)
    assert (channel.imap_port, channel.smtp_port) == (993, 465)
    assert (channel.mode, channel.handoff, channel.envelope) == ("send", "flag", "null")
    assert channel.late_minutes == 3 * 24 * 60


def test_neither_repr_nor_json_shows_a_secret() -> None:
    by_token = email_channel(password=None, oauth=OAUTH | {"refresh_token": "r1-refresh"})
    channels = (email_channel(), by_token)
    shown = "".join(f"{each!r}{each.model_dump_json()}" for each in channels)
    for secret in (EMAIL_FIELDS["password"], "'s1'", "r1-refresh"):
        assert secret not in shown


def test_addresses_are_compared_in_small_letters_and_written_as_they_were_given() -> None:
    channel = email_channel(address="Recepcao@Clinica.EXAMPLE", own_addresses=["SAC@x.example"])
    assert channel.address == "Recepcao@clinica.example"
    assert channel.addresses == {"recepcao@clinica.example", "sac@x.example"}
    assert email_channel(forms=["Site@Clinica.example"]).forms == ("site@clinica.example",)


def test_a_domain_with_accents_is_written_as_mail_servers_do() -> None:
    channel = email_channel(address="oi@clínica.example", smtp_host="smtp.clínica.example")
    assert channel.address == "oi@xn--clnica-4va.example"
    assert channel.smtp_host == "smtp.xn--clnica-4va.example"


@pytest.mark.parametrize(
    "fields",
    [
        {"password": None, "oauth": OAUTH},
        {"password": None, "oauth": OAUTH | {"client_secret": None, "refresh_token": "r"}},
        {"password": None, "imap_host": None},
        {"imap_host": "127.0.0.1", "imap_security": "none"},
        {"imap_host": "::1", "imap_security": "none"},
        {"smtp_host": "localhost", "smtp_security": "none", "smtp_port": 25},
        {"mode": "draft"},
        {"handoff": "forward", "forward_to": "equipe@clinica.example"},
        {"password": "abcd efgh ijkl mnop"},
        {"folders": ["INBOX", "Não lidos"]},
    ],
)
def test_what_a_mailbox_may_need_is_taken(fields: dict[str, object]) -> None:
    assert isinstance(email_channel(**fields), EmailChannel)


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"address": "recepcao"}, "address"),
        ({"address": "a@b.example\nBcc: c@d.example"}, "address"),
        ({"address": "Clínica <a@b.example>"}, "address"),
        ({"address": "a@[::1]"}, "address"),
        ({"own_addresses": ["@clinica.example"]}, "own_addresses"),
        ({"smtp_host": "smtp.clinica.example:465"}, "smtp_host"),
        ({"smtp_host": "https://smtp.clinica.example"}, "smtp_host"),
        ({"imap_port": 0}, "imap_port"),
        ({"password": None}, "password"),
        ({"oauth": OAUTH}, "exclude each other"),
        ({"password": "two\nlines"}, "password"),
        ({"password": None, "oauth": OAUTH | {"client_secret": None}}, "client_secret"),
        ({"password": None, "oauth": OAUTH | {"token_url": "http://l.example"}}, "token_url"),
        ({"imap_security": "none"}, "imap_security"),
        ({"smtp_host": "smtp", "smtp_security": "none"}, "smtp_security"),
        ({"mode": "draft", "imap_host": None}, "draft"),
        ({"handoff": "forward"}, "forward_to"),
        ({"forward_to": "equipe@clinica.example"}, "forward_to"),
        ({"handoff": "forward", "forward_to": "RECEPCAO@clinica.example"}, "circles"),
        ({"folders": []}, "folders"),
        ({"hourly_cap": 0}, "hourly_cap"),
        ({"adress": "x@y.example"}, "adress"),
    ],
)
def test_what_would_fail_later_is_refused_at_once(
    fields: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint) as error:
        email_channel(**fields)
    assert EMAIL_FIELDS["password"] not in str(error.value)
