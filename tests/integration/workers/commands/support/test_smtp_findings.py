"""What the doctor sees of a server that sends; nothing is ever sent."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workers.channels.email.oauth import Tokens
from workers.commands.support.finding import Finding
from workers.commands.support.smtp_findings import smtp_findings
from workers.contracts.email_channel import EmailChannel
from workers.simulation.email.faults import Fault, Stage
from workers.simulation.email.post_office import PostOffice

pytestmark = pytest.mark.integration
Look = Callable[..., dict[str, Finding]]


@pytest.fixture
def look(post_office: PostOffice) -> Look:
    clinic = post_office.mailbox("contato@clinica.example")

    def look(**fields: Any) -> dict[str, Finding]:  # noqa: ANN401 - of a channel's file
        channel = EmailChannel.model_validate(post_office.channel(clinic, **fields))
        seen = {each.part: each for each in smtp_findings(channel, Tokens())}
        assert post_office.envelopes == []
        return seen

    return look


def test_a_server_that_takes_mails_without_a_sender_is_said_so(look: Look) -> None:
    seen = look()
    assert all(each.good for each in seen.values()), seen
    assert seen["envelope"].state == "<> is taken: bounces go to nobody"


def test_one_that_takes_the_address_alone_is_no_fault(look: Look, post_office: PostOffice) -> None:
    post_office.desk.null_sender = False
    refused = look()["envelope"]
    assert refused.good
    assert "<> is refused (550)" in refused.state
    assert '"envelope": "address"' in refused.repair
    chosen = look(envelope="address")["envelope"]
    assert chosen.good
    assert not chosen.repair


def test_one_that_does_not_take_the_address_is(look: Look, post_office: PostOffice) -> None:
    post_office.fail_next(Fault(Stage.MAIL, 550, "5.7.60 SendAsDenied"))
    finding = look()["envelope"]
    assert not finding.good
    assert "is not taken as a sender (550)" in finding.state


def test_a_wrong_password_is_told_how_to_be_replaced(look: Look) -> None:
    (finding,) = look(password="wrong-password").values()
    assert not finding.good
    assert "atende channels password email" in finding.repair
    assert "wrong-password" not in f"{finding}"


def test_a_relay_needs_no_log_in(look: Look, post_office: PostOffice) -> None:
    seen = look(password=None, imap_host=None, smtp_port=post_office.ports.relay)
    assert all(each.good for each in seen.values()), seen


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"smtp_port": 1}, "smtp_port"),
        ({"smtp_security": "starttls"}, "port 465"),
        ({"smtp_security": "tls"}, "smtp_security"),
    ],
)
def test_a_server_that_cannot_be_reached_as_it_is_set_is_told_by_its_settings(
    look: Look, fields: dict[str, object], words: str
) -> None:
    (finding,) = look(**fields).values()
    assert not finding.good
    assert words in finding.repair


def test_a_connection_that_breaks_is_a_fault_and_no_crash(
    look: Look, post_office: PostOffice
) -> None:
    post_office.drop_next(Stage.MAIL)
    assert not look()["sending"].good


def test_a_file_of_certificates_that_is_gone_is_not_said_to_be_a_server_that_is_away(
    look: Look, tmp_path: Path
) -> None:
    (finding,) = look(ca_file=tmp_path / "gone.pem").values()
    assert not finding.good
    assert "gone.pem holds no certificate" in finding.state
    assert "`ca_file`" in finding.repair
