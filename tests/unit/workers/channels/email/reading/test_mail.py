from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.channels.email.reading.mail import MOST_BYTES, Mail, Mailbox, read_mail
from workers.channels.email.reading.new_text import new_text
from workers.channels.email.reading.screening import screen
from workers.channels.email.reading.verdict import ClinicMail

DATA = Path(__file__).parents[7] / "shared" / "data" / "files"
PLAIN = b"""Return-Path: <ana@paciente.example>
Message-ID: <1@paciente.example>
From: =?utf-8?q?Ana_J=C3=BAlia?= <Ana@paciente.example>
To: contato@clinica.example, "Recepcao" <recepcao@clinica.example>
Subject: =?iso-8859-1?Q?D=FAvida?=
Date: Mon, 23 Nov 2026 10:12:00 -0300
Content-Type: text/plain; charset=utf-8

Qual o hor\xc3\xa1rio?
"""


def shared_mails() -> Iterator[Path]:
    for folder in ("eml_cpython", "eml_mail_gem", "eml_tika"):
        yield from sorted(path for path in (DATA / folder).rglob("*") if path.is_file())


def test_a_plain_mail_is_read() -> None:
    assert read_mail(PLAIN) == Mail(
        message_id="<1@paciente.example>",
        key="<1@paciente.example>",
        sender=Mailbox("ana@paciente.example", "Ana Júlia"),
        senders=(Mailbox("ana@paciente.example", "Ana Júlia"),),
        return_path="ana@paciente.example",
        to=("contato@clinica.example", "recepcao@clinica.example"),
        subject="Dúvida",
        date=1795439520.0,
        headers=read_mail(PLAIN).headers,
        text="Qual o horário?\n",
    )


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data is not here")
@pytest.mark.parametrize("path", list(shared_mails()), ids=lambda path: path.name)
def test_mails_that_others_stumbled_over_are_read_without_an_error(path: Path) -> None:
    mail = read_mail(path.read_bytes())
    assert not {"unreadable", "unreadable body"} & set(mail.defects)
    new_text(mail)
    screen(mail, ClinicMail(frozenset({"contato@clinica.example"})))


@given(st.binary(max_size=2000))
def test_no_bytes_raise(raw: bytes) -> None:
    mail = read_mail(raw)
    assert mail.key
    new_text(mail)
    screen(mail, ClinicMail(frozenset(), "mx.clinica.example"))


def test_a_mail_without_an_id_is_known_by_what_it_says() -> None:
    first, second = (read_mail(PLAIN.replace(b"Message-ID: <1@", b"X-No: <1@")) for _ in "ab")
    other = read_mail(PLAIN.replace(b"Message-ID: <1@", b"X-No: <1@").replace(b"Qual", b"Que"))
    assert first.message_id is None
    assert first.key == second.key != other.key


def test_a_copy_of_it_is_known_whatever_a_server_did_to_its_lines() -> None:
    raw = PLAIN.replace(b"Message-ID: <1@", b"X-No: <1@")
    lines = raw.replace(b"\r\n", b"\n")
    copies = (
        lines,
        lines.replace(b"\n", b"\r\n"),
        raw + b"\r\n\r\n",
        b"Return-Path: <a@b>\n" + raw,
    )
    assert len({read_mail(copy).key for copy in copies}) == 1


def test_a_long_mail_is_read_up_to_the_bound() -> None:
    mail = read_mail(PLAIN + b"x" * MOST_BYTES)
    assert mail.text.startswith("Qual o horário?")
    assert mail.defects == ("cut",)
