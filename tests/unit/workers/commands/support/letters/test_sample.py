"""Sample mails become a trial's own before they are delivered."""

import re
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from workers.channels.email.reading.mail import read_mail
from workers.channels.email.reading.screening import screen
from workers.channels.email.reading.verdict import ClinicMail
from workers.commands.support.letters.sample import SAMPLES, Done, Sample, SampleError, samples
from workers.simulation.email.envelope import parsed

NOW = 1_800_000_000.0
CLINIC = ClinicMail(
    frozenset({"contato@clinica.example", "recepcao@clinica.example"}),
    "mx.clinica.example",
    ("formulario@clinica.example",),
)
MAIL = b"""Return-Path: <volta@correio.example>
From: Ana <ana@correio.example>
To: contato@clinica.example
Date: Thu, 26 Nov 2026 09:12:44 -0300
Message-ID: <01@correio.example>
In-Reply-To: <resposta.antes@clinica.example>

Oi
"""


def sample(content: bytes = MAIL) -> Sample:
    return Sample("nome", content, "question", Done.ANSWERED)


def test_a_trial_s_mail_has_its_own_date_ids_and_sender() -> None:
    letter = sample().letter("t1", {"antes": "<9@clinica.example>"}, NOW)
    mail = parsed(letter.content)
    assert letter.sender == "volta@t1.correio.example"
    assert mail["From"] == "Ana <ana@t1.correio.example>"
    assert mail["To"] == "contato@clinica.example"
    assert mail["Message-ID"] == "<01@t1.correio.example>"
    assert mail["In-Reply-To"] == "<9@clinica.example>"
    assert parsedate_to_datetime(str(mail["Date"])).timestamp() == NOW
    assert "Return-Path" not in mail, "the last server writes it"
    assert not re.search(rb"(?<!\r)\n", letter.content)


def test_it_waits_for_the_answers_that_it_names() -> None:
    assert sample().needs == {"antes"}


def test_the_clinic_s_own_ids_are_the_trial_s_too() -> None:
    content = MAIL.replace(b"<01@correio.example>", b"<17@clinica.example>")
    letter = sample(content).letter("t1", {"antes": "<9@clinica.example>"}, NOW)
    assert parsed(letter.content)["Message-ID"] == "<17.t1@clinica.example>"


def test_an_empty_return_path_becomes_an_empty_sender() -> None:
    content = MAIL.replace(b"<volta@correio.example>", b"<>")
    assert sample(content).letter("t1", {"antes": "<9@x.example>"}, NOW).sender == ""


@pytest.mark.parametrize("each", samples(SAMPLES), ids=lambda each: each.name)
def test_the_samples_that_come_along_are_what_they_say(each: Sample) -> None:
    answers = dict.fromkeys(each.needs, "<9@clinica.example>")
    letter = each.letter("t1", answers, NOW)
    mail = read_mail(f"Return-Path: <{letter.sender}>\r\n".encode() + letter.content)
    assert screen(mail, CLINIC).kind == each.kind


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("mail,kind,done,words\n", "names no mail"),
        ("mail,kind\na,question\n", "line 2"),
        ("mail,kind,done,words\na,question,perhaps,\n", "answered, person, filed, nothing"),
        ("mail,kind,done,words\na,question,answered,\n", "antes, which is not here"),
    ],
)
def test_a_wrong_folder_is_said_to_be_wrong(tmp_path: Path, lines: str, words: str) -> None:
    (tmp_path / "a.eml").write_bytes(MAIL)
    (tmp_path / "expected.csv").write_text(lines, "utf-8")
    with pytest.raises(SampleError, match=words):
        samples(tmp_path)
