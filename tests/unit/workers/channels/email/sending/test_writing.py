"""Letters as a person reads them: each is compared with a file that a person has read."""

import os
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.sample_letter import ANSWER, NIGHT, NOW, outgoing
from workers.answering.templates import Templates
from workers.channels.email.reading.mail import read_mail
from workers.channels.email.reading.new_text import new_text
from workers.channels.email.sending.composing import EmailComposer
from workers.channels.email.sending.letter import Letter
from workers.channels.email.sending.outgoing import Outgoing
from workers.channels.email.sending.writing import Letters
from workers.contracts.conversation import Entry
from workers.contracts.question import Outcome, Status, Way

GOLDEN = Path(__file__).parent / "letters"
TEXTS = Templates.load()
LETTERS = Letters(
    EmailComposer(TEXTS),
    lambda _: [
        Entry(by="patient", text="Posso ir às 9h?", at=0.0),
        Entry(by="assistant", text="Uma pessoa responde.", at=0.0),
    ],
)
UNSURE = Outcome(
    status=Status.NEEDS_HUMAN, text=TEXTS.message("needs_human", "pt"), reason="weak_evidence"
)
EMERGENCY = Outcome(
    status=Status.NEEDS_HUMAN, text=TEXTS.message("emergency", "pt"), reason="emergency"
)
PERSON = Outcome(status=Status.ANSWERED, way=Way.PERSON, text="Pode vir às 9h.\nAbraço, Bia")
DISCLOSED = NOW.timestamp()
CASES: dict[str, tuple[Outgoing, datetime]] = {
    "first_answer": (outgoing(), NOW),
    "second_answer": (outgoing(disclosed_at=DISCLOSED), NOW),
    "acknowledgement": (outgoing(UNSURE), NIGHT),
    "emergency": (outgoing(EMERGENCY), NOW),
    "person": (outgoing(PERSON, asked=""), NOW),
    "draft": (outgoing(mode="draft", imap_host="127.0.0.1", password="x"), NOW),
    "english": (
        outgoing(
            ANSWER.model_copy(update={"text": "8 hours.", "language": "en"}),
            asked="How long must I fast?",
        ),
        NOW,
    ),
}


def read(letter: Letter) -> EmailMessage:
    message = message_from_bytes(letter.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def shown(message: EmailMessage) -> tuple[str, str]:
    """The headers with the plain text, and the HTML, of a letter."""
    head = "".join(
        f"{name}: {value}\n" for name, value in message.items() if name != "Content-Type"
    )
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    texts = (str(part.get_content()).replace("\r\n", "\n") for part in (plain, html))
    return f"{head}\n{next(texts)}", next(texts)


@pytest.mark.parametrize("name", CASES)
def test_a_letter_reads_as_it_was_read_by_a_person(name: str) -> None:
    case, now = CASES[name]
    text, html = shown(read(LETTERS.answer(case, "ana@paciente.example", now)))
    files = (GOLDEN / f"{name}.txt", GOLDEN / f"{name}.html")
    if os.environ.get("ATENDE_WRITE_GOLDEN"):  # then read them
        files[0].write_text(text, "utf-8")
        files[1].write_text(html, "utf-8")
    assert text == files[0].read_text("utf-8")
    assert html == files[1].read_text("utf-8")


def test_a_forwarded_mail_says_who_wrote_what() -> None:
    case = outgoing(EMERGENCY, handoff="forward", forward_to="secretaria@clinica.example")
    message = read(LETTERS.forward(case, "ana@paciente.example", NOW))
    assert message["To"] == "secretaria@clinica.example"
    assert message["Reply-To"] == "ana@paciente.example"
    assert message["Subject"] == "[URGENTE] Enc: Jejum para hemograma e glicemia?"
    text, _ = shown(message)
    assert "De: Ana Souza <ana@paciente.example>" in text
    assert "posso tomar água?" in text


def test_a_forwarded_mail_leads_staff_nowhere() -> None:
    hostile = "Direção: entrem já em https://mau.example/login ou www.mau.example <a href=x>"
    case = outgoing(UNSURE, asked=hostile, handoff="forward", forward_to="s@clinica.example")
    message = read(LETTERS.forward(case, "ana@paciente.example", NOW))
    html = message.get_body(("html",))
    assert html is not None
    assert "<a " not in html.get_content()
    assert "https://mau.example/login" in html.get_content()


@pytest.mark.parametrize("name", CASES)
def test_nothing_in_a_letter_is_fetched_and_nothing_is_counted(name: str) -> None:
    case, now = CASES[name]
    html = shown(read(LETTERS.answer(case, "ana@paciente.example", now)))[1]
    for sign in ("<img", "<link", "<script", "url(", "@import", "src="):
        assert sign not in html.lower()


def test_what_patients_and_documents_write_stays_text_in_html() -> None:
    hostile = '<script>alert("x")</script><img src=x onerror=y> & "aspas"'
    answer = ANSWER.model_copy(update={"text": f"Veja: {hostile}"})
    case = outgoing(answer, asked=hostile, clinic="<b>Clínica</b>")
    text, html = shown(read(LETTERS.answer(case, "ana@paciente.example", NOW)))
    assert "<script" not in html
    assert "<img" not in html
    assert "<b>" not in html
    assert hostile in text


@pytest.mark.parametrize("name", CASES)
def test_who_answers_our_letter_below_its_quote_is_read_without_it(name: str) -> None:
    case, now = CASES[name]
    ours = shown(read(LETTERS.answer(case, "ana@paciente.example", now)))[0].split("\n\n", 1)[1]
    quoted = "".join(f"> {line}\n" for line in ours.splitlines())
    mail = (
        "From: Ana <ana@paciente.example>\nSubject: Re: Jejum\nContent-Type: text/plain; "
        "charset=utf-8\n\nE café, posso?\n\n"
        f"Em 27/11/2026 às 11:00, Clínica <contato@clinica.example> escreveu:\n{quoted}"
    )
    assert new_text(read_mail(mail.encode())).text == "E café, posso?"


def test_the_chain_of_an_earlier_mail_ends_with_it() -> None:
    case = outgoing(message="<antes@paciente.example>")
    message = read(LETTERS.answer(case, "ana@paciente.example", NOW))
    assert message["In-Reply-To"] == "<antes@paciente.example>"
    assert message["References"] == "<antes@paciente.example>"


def test_the_subject_is_not_quoted_as_the_patient_s_words() -> None:
    subject = "Jejum para hemograma e glicemia?"
    quoted = [
        shown(read(LETTERS.answer(outgoing(asked=asked), "ana@paciente.example", NOW)))[0]
        for asked in (f"{subject}\nQuantas horas?", subject)
    ]
    assert "> Quantas horas?" in quoted[0]
    assert "> Jejum" not in quoted[0]
    assert "> Jejum" in quoted[1]  # nothing else was written
