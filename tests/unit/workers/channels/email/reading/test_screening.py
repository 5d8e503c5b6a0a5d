from dataclasses import replace

import pytest

from tests.unit.workers.channels.email.letters import CLINIC, OWN, letter
from workers.channels.email.reading.mail import read_mail
from workers.channels.email.reading.screening import screen
from workers.channels.email.reading.verdict import Kind, Verdict

PASSED = "mx.clinica.example; dmarc=pass header.from=paciente.example"


def test_a_patients_mail_is_a_question_and_they_are_answered() -> None:
    verdict = screen(letter(), CLINIC)
    assert (verdict.kind, verdict.reply_to) == (Kind.QUESTION, "ana@paciente.example")


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("Auto-Submitted", "auto-replied", Kind.AUTOMATIC),
        ("Auto-Submitted", "auto-generated (cron)", Kind.AUTOMATIC),
        ("Auto-Submitted", "no", Kind.QUESTION),
        ("Return-Path", "<>", Kind.AUTOMATIC),
        ("Precedence", "bulk", Kind.LIST),
        ("Precedence", "List", Kind.LIST),
        ("Precedence", "junk", Kind.LIST),
        ("Precedence", "auto_reply", Kind.AUTOMATIC),
        ("Precedence", "first-class", Kind.QUESTION),
        ("List-Id", "<news.x.example>", Kind.LIST),
        ("List-Unsubscribe", "<https://x.example>", Kind.LIST),
        ("List-Post", "NO", Kind.LIST),
        ("List-Help", "<mailto:x@x.example>", Kind.LIST),
        ("X-Auto-Response-Suppress", "All", Kind.AUTOMATIC),
        ("X-Auto-Response-Suppress", "DR, OOF, AutoReply", Kind.AUTOMATIC),
        ("X-Auto-Response-Suppress", "None", Kind.QUESTION),
        ("X-Autoreply", "yes", Kind.AUTOMATIC),
        ("X-Autorespond", "x", Kind.AUTOMATIC),
        ("X-Auto-Generated", "1", Kind.AUTOMATIC),
        ("X-Loop", "sistema@x.example", Kind.AUTOMATIC),
        ("Feedback-ID", "::1.sa-east-1:AmazonSES", Kind.QUESTION),
        ("X-Spam-Flag", "YES", Kind.SPAM),
        ("X-Spam-Status", "Yes, score=9.1", Kind.SPAM),
        ("X-Spam-Status", "No, score=-1", Kind.QUESTION),
        ("Content-Type", "text/calendar; method=REPLY", Kind.CALENDAR),
        ("Content-Type", "message/delivery-status", Kind.BOUNCE),
        ("Content-Type", "message/delivery-status\nTo: <>\nReply-To: <>", Kind.BOUNCE),
        ("Content-Type", "message/disposition-notification", Kind.RECEIPT),
        ("Content-Type", "message/global-delivery-status", Kind.BOUNCE),
        ("Content-Type", "message/feedback-report", Kind.AUTOMATIC),
        ("Disposition-Notification-To", "ana@paciente.example", Kind.QUESTION),
        ("Sender", OWN, Kind.OWN),
        ("Reply-To", OWN, Kind.OWN),
        ("Sender", "lista-bounces@x.example", Kind.LIST),
        ("Reply-To", "noreply@x.example", Kind.AUTOMATIC),
        ("Reply-To", "<>", Kind.UNTRUSTED),
        ("Reply-To", "a@x.example, b@x.example", Kind.UNTRUSTED),
        ("To", "outra@x.example", Kind.NOT_FOR_US),
        ("To", "undisclosed-recipients:;", Kind.NOT_FOR_US),
        ("To", "<>", Kind.NOT_FOR_US),
        ("To", "Contato+site@clinica.example", Kind.QUESTION),
        ("From", "a@x.example, b@x.example", Kind.UNTRUSTED),
        ("From", "sem endereço", Kind.BROKEN),
        ("From", "ana@paciente.example <ana@paciente.example>", Kind.QUESTION),
    ],
)  # fmt: skip
def test_one_header_tells_what_a_mail_is(name: str, value: str, kind: Kind) -> None:
    assert screen(letter({name: value}), CLINIC).kind is kind


@pytest.mark.parametrize(
    ("local", "kind"),
    [
        *((local, Kind.BOUNCE) for local in ("mailer-daemon", "MAILER-DAEMON", "postmaster")),
        *((local, Kind.AUTOMATIC) for local in (
            "noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "naoresponda",
            "nao-responda", "nao_responda", "vendas.noreply", "noreply-conta", "noreply2",
            "no-reply+abc",
        )),
        *((local, Kind.LIST) for local in (
            "bounce", "bounces+1=x", "owner-lista", "lista-request", "lista-bounces", "listserv",
            "majordomo",
        )),
        *((local, Kind.QUESTION) for local in (
            "ana", "norberto", "responda.ana", "posta", "noreplyana.souza", "requestana",
        )),
        (OWN.partition("@")[0] + "@clinica.example", Kind.OWN),
        ("recepcao+x@clinica.example", Kind.OWN),
    ],
)  # fmt: skip
def test_the_senders_address_tells_what_a_mail_is(local: str, kind: Kind) -> None:
    address = local if "@" in local else f"{local}@x.example"
    assert screen(letter({"From": address, "Return-Path": None}), CLINIC).kind is kind


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("Automatic reply: Exame", Kind.AUTOMATIC),
        ("Resposta automática: Exame", Kind.AUTOMATIC),
        ("RES: Resposta Automática: Exame", Kind.AUTOMATIC),
        ("Out of office", Kind.AUTOMATIC),
        ("Fora do escritório: Exame", Kind.AUTOMATIC),
        ("Ausência temporária", Kind.AUTOMATIC),
        ("Auto: Exame", Kind.AUTOMATIC),
        ("Undelivered Mail Returned to Sender", Kind.BOUNCE),
        ("Não entregue: Exame", Kind.BOUNCE),
        ("Delivery Status Notification (Failure)", Kind.BOUNCE),
        ("Lida: Exame", Kind.RECEIPT),
        ("Ausência na consulta de amanhã", Kind.QUESTION),
        ("Férias da clínica", Kind.QUESTION),
        ("Auto de infração", Kind.QUESTION),
        ("Resultado não entregue no prazo", Kind.QUESTION),
        ("Lida com o convênio?", Kind.QUESTION),
    ],
)
def test_a_subject_alone_gives_a_program_away(subject: str, kind: Kind) -> None:
    assert screen(letter({"Subject": subject}), CLINIC).kind is kind


@pytest.mark.parametrize(
    ("subject", "filed"),
    [
        ("Falha na entrega do resultado", True),
        ("Erro na entrega do exame", True),
        ("Confirmação de leitura do laudo", True),
        ("Estou de férias: posso remarcar?", True),
        ("Fora do escritório", True),
        ("Resposta automática: Exame", False),
        ("Automatic reply: Exame", False),
        ("Undeliverable: Exame", False),
        ("Lida: Exame", False),
    ],
)
def test_a_subject_that_a_person_may_write_drops_nothing(
    subject: str,
    filed: bool,  # noqa: FBT001 - a case's
) -> None:
    verdict = screen(letter({"Subject": subject}), CLINIC)
    assert verdict.kind in {Kind.AUTOMATIC, Kind.BOUNCE, Kind.RECEIPT}
    assert verdict.filed is filed


def test_nobody_is_called_to_a_program_s_mail_that_names_no_sender() -> None:
    assert not screen(letter({"From": "x", "Subject": "Fora do escritório"}), CLINIC).filed


def test_who_named_none_of_the_clinics_addresses_is_not_lost() -> None:
    assert screen(letter({"To": "antigo@site.example"}), CLINIC).filed


@pytest.mark.parametrize("folder", ["Junk", "[Gmail]/Spam", "INBOX.Lixo Eletrônico", "Junk Email"])
def test_in_a_folder_for_spam_nothing_is_answered(folder: str) -> None:
    assert screen(letter(), replace(CLINIC, folder=folder)).kind is Kind.SPAM


def test_a_forged_sender_is_a_persons_matter() -> None:
    forged = letter({"Authentication-Results": "mx.clinica.example; dmarc=fail"})
    assert screen(forged, CLINIC) == Verdict(
        Kind.UNTRUSTED, "its sender may be forged: DMARC failed", filed=True
    )


def test_a_program_with_a_forged_sender_is_a_program() -> None:
    forged = {"Authentication-Results": "mx.clinica.example; dmarc=fail", "List-Id": "<x>"}
    assert screen(letter(forged), CLINIC).kind is Kind.LIST


@pytest.mark.parametrize(
    ("headers", "answered"),
    [
        ({"Return-Path": "<a.souza@paciente.example>"}, "a.souza@paciente.example"),
        ({"Return-Path": "<x@outro.example>"}, "ana@paciente.example"),
        ({"Return-Path": "<bounces+1@paciente.example>"}, "ana@paciente.example"),
        ({"Return-Path": None}, "ana@paciente.example"),
        ({"Reply-To": "vitima@outro.example"}, "ana@paciente.example"),
        ({"Reply-To": "b@x.example", "Authentication-Results": PASSED}, "b@x.example"),
        ({"Cc": "outra@x.example", "To": f"b@x.example, {OWN}"}, "ana@paciente.example"),
    ],
)
def test_one_address_is_answered_and_it_wrote(headers: dict[str, str], answered: str) -> None:
    assert screen(letter(headers), CLINIC).reply_to == answered


def test_a_forms_patient_stands_in_its_reply_to() -> None:
    clinic = replace(CLINIC, forms=("wordpress@clinica.example",))
    form = {"From": "Site <wordpress@clinica.example>", "Return-Path": "<www@host.example>"}
    form |= {"Auto-Submitted": "auto-generated", "Reply-To": "Rita <rita@paciente.example>"}
    assert screen(letter(form), clinic).reply_to == "rita@paciente.example"
    assert screen(letter(form), CLINIC).kind is Kind.AUTOMATIC
    assert screen(letter(form | {"Reply-To": ""}), clinic).kind is Kind.UNTRUSTED
    assert screen(letter(form | {"Reply-To": OWN}), clinic).kind is Kind.OWN


def test_what_cannot_be_answered_names_no_address() -> None:
    for headers in ({"List-Id": "x"}, {"From": "x"}, {"Return-Path": "<>"}, {"To": "x@y.example"}):
        assert screen(letter(headers), CLINIC).reply_to is None


def test_no_bytes_are_a_question() -> None:
    assert {screen(read_mail(raw), CLINIC).kind for raw in (b"", b"\0", b"\xff" * 99)} == {
        Kind.BROKEN
    }
