from tests.unit.workers.channels.email.letters import letter
from workers.channels.email.reading.reports import Report

DELIVERY = """--b
Content-Type: text/plain

Your message could not be delivered.
--b
Content-Type: {status}

Reporting-MTA: dns; mx.paciente.example

Final-Recipient: rfc822; ana@paciente.example
Action: {action}
Status: {code}
--b
Content-Type: {copy}

Message-ID: <q.1@clinica.example>
Subject: Re: Exame
--b--
"""
REPORT = {"Content-Type": "multipart/report; report-type=delivery-status; boundary=b"}


def report(status: str, copy: str, action: str = "failed", code: str = "5.1.1") -> Report | None:
    body = DELIVERY.format(status=status, copy=copy, action=action, code=code)
    return letter(REPORT, body).report


def test_a_bounce_names_the_mail_that_it_is_about() -> None:
    expected = Report(
        "delivery", "5.1.1", "failed", ("<q.1@clinica.example>",), ("ana@paciente.example",)
    )
    for copy in ("message/rfc822", "text/rfc822-headers"):
        assert report("message/delivery-status", copy) == expected
    assert expected.failed


def test_one_of_an_international_address_does_too() -> None:
    bounce = report("message/global-delivery-status", "message/global-headers")
    assert bounce is not None
    assert (bounce.message_ids, bounce.status) == (("<q.1@clinica.example>",), "5.1.1")
    assert report("message/global-delivery-status", "message/global") == bounce


def test_a_mail_that_is_late_has_not_failed() -> None:
    late = report("message/delivery-status", "message/rfc822", "delayed", "4.4.7")
    assert late is not None
    assert not late.failed


def test_a_bounce_without_a_report_is_read_from_its_text() -> None:
    exim = {
        "From": "MAILER-DAEMON@mx.example",
        "Return-Path": "<>",
        "X-Failed-Recipients": "a@b.example",
    }
    body = "A message that you sent could not be delivered.\n\nMessage-ID: <q.1@clinica.example>\n"
    bounce = letter(exim, body).report
    assert bounce == Report(
        "delivery", message_ids=("<q.1@clinica.example>",), recipients=("a@b.example",)
    )
    assert bounce.failed


def test_a_receipt_is_one() -> None:
    body = (
        "--b\nContent-Type: message/disposition-notification\n\nOriginal-Message-ID: <q.1@c>\n--b--"
    )
    kind = "multipart/report; report-type=disposition-notification; boundary=b"
    assert letter({"Content-Type": kind}, body).report == Report(
        "receipt", message_ids=("<q.1@c>",)
    )


def test_a_mail_of_a_patient_reports_nothing() -> None:
    assert letter().report is None
