"""The mail server of the post office notes envelopes, delivers, and fails where it is told to."""

import smtplib

import pytest

from tests.integration.workers.simulation.email.conftest import MAIL
from workers.simulation.email.faults import Fault, Stage
from workers.simulation.email.post_office import HOST, Mailbox, PostOffice

pytestmark = pytest.mark.integration


def test_a_mail_that_is_sent_arrives_with_its_envelope_noted(
    post_office: PostOffice, clinic: Mailbox, ana: Mailbox, client: smtplib.SMTP
) -> None:
    client.sendmail("", [ana.address], MAIL)
    (envelope,) = post_office.envelopes
    assert envelope.sender == ""
    assert envelope.recipients == (ana.address,)
    assert envelope.user == clinic.address
    assert envelope.content == MAIL
    (mail,) = post_office.read(ana.address)
    assert mail.message["Return-Path"] == "<>"


def test_mail_to_the_rest_of_the_world_is_noted_alone(
    post_office: PostOffice, client: smtplib.SMTP
) -> None:
    client.sendmail("contato@clinica.example", ["bia@elsewhere.example"], MAIL)
    assert [envelope.kept for envelope in post_office.envelopes] == [True]


def test_nobody_sends_without_logging_in(post_office: PostOffice) -> None:
    with (
        smtplib.SMTP(HOST, post_office.ports.smtp) as client,
        pytest.raises(smtplib.SMTPSenderRefused) as refusal,
    ):
        client.sendmail("x@y.example", ["bia@elsewhere.example"], MAIL)
    assert refusal.value.smtp_code == 530


def test_a_wrong_password_is_refused(post_office: PostOffice, clinic: Mailbox) -> None:
    with (
        smtplib.SMTP(HOST, post_office.ports.smtp) as client,
        pytest.raises(smtplib.SMTPAuthenticationError) as refusal,
    ):
        client.login(clinic.address, "falsa")
    assert refusal.value.smtp_code == 535
    assert post_office.desk.logins


def test_the_empty_sender_can_be_refused(post_office: PostOffice, client: smtplib.SMTP) -> None:
    post_office.desk.null_sender = False
    with pytest.raises(smtplib.SMTPSenderRefused):
        client.sendmail("", ["bia@elsewhere.example"], MAIL)
    client.sendmail("contato@clinica.example", ["bia@elsewhere.example"], MAIL)


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DATA])
def test_a_connection_breaks_before_the_mail_comes(
    post_office: PostOffice, ana: Mailbox, client: smtplib.SMTP, stage: Stage
) -> None:
    post_office.drop_next(stage)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.sendmail("", [ana.address], MAIL)
    assert post_office.envelopes == []


def test_a_connection_breaks_in_the_middle_of_a_mail(
    post_office: PostOffice, ana: Mailbox, client: smtplib.SMTP
) -> None:
    post_office.drop_next(Stage.BODY)
    with pytest.raises((smtplib.SMTPServerDisconnected, OSError)):
        client.sendmail(
            "", [ana.address], MAIL + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 99999
        )
    assert post_office.envelopes == []
    assert post_office.read(ana.address) == []


@pytest.mark.parametrize("kept", [True, False])
def test_a_connection_breaks_after_the_final_dot(
    post_office: PostOffice, ana: Mailbox, client: smtplib.SMTP, *, kept: bool
) -> None:
    post_office.drop_next(Stage.DOT, kept=kept)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        client.sendmail("", [ana.address], MAIL)
    assert [envelope.kept for envelope in post_office.envelopes] == [kept]
    assert len(post_office.read(ana.address)) == kept


@pytest.mark.parametrize("code", [451, 550])
def test_a_mail_is_refused_by_a_code_once(
    post_office: PostOffice, ana: Mailbox, client: smtplib.SMTP, code: int
) -> None:
    post_office.fail_next(Fault(Stage.DOT, code, "5.7.1 Refused"))
    with pytest.raises(smtplib.SMTPDataError) as refusal:
        client.sendmail("", [ana.address], MAIL)
    assert refusal.value.smtp_code == code
    client.sendmail("", [ana.address], MAIL)
    assert len(post_office.read(ana.address)) == 1


def test_a_late_reply_outlasts_the_client(
    post_office: PostOffice, clinic: Mailbox, ana: Mailbox
) -> None:
    post_office.fail_next(Fault(Stage.DOT, 250, "2.0.0 OK", kept=True, seconds=2.0))
    client = smtplib.SMTP(HOST, post_office.ports.smtp, timeout=0.5)
    client.login(clinic.address, clinic.password)
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        client.sendmail("", [ana.address], MAIL)
    client.close()
    assert len(post_office.read(ana.address)) == 1


VACATION = """
require ["vacation"];
vacation :days 1 :subject "Estou de férias" "Volto na segunda-feira.";
"""


def test_an_absence_note_of_sieve_is_sent_with_its_marks(
    post_office: PostOffice, clinic: Mailbox, ana: Mailbox
) -> None:
    post_office.rule(ana.address, VACATION)
    question = MAIL.replace(b"From: Ana <ana@paciente.example>", b"From: contato@clinica.example")
    question = question.replace(b"To: contato@clinica.example", b"To: ana@paciente.example")
    post_office.deliver(question, ana.address)
    (envelope,) = post_office.envelopes
    assert envelope.sender == ""
    assert envelope.recipients == (clinic.address,)
    assert "auto-replied" in str(envelope.message["Auto-Submitted"])
    assert len(post_office.read(clinic.address)) == 1
