import time

import pytest

from benchmarks.mails import KnownMail, known_mails
from tests.unit.workers.channels.email.letters import letter
from workers.channels.email.reading.mail import read_mail
from workers.channels.email.reading.new_text import MOST_CHARACTERS, NewText, new_text


@pytest.mark.parametrize("known", known_mails(), ids=lambda known: f"{known.id}-{known.kind}")
def test_the_new_words_of_a_known_mail_remain(known: KnownMail) -> None:
    assert new_text(read_mail(known.raw)).text.split() == known.question.split()


def test_what_was_cut_is_named() -> None:
    body = (
        "Posso comer?\n\nAtt,\nAna\n\nAVISO LEGAL: mensagem confidencial, de uso exclusivo do seu"
        " destinatário, que não pode ser repassada.\n\nEnviado do meu iPhone\n\n> antes"
    )
    assert new_text(letter({"Subject": "Re: x"}, body)) == NewText(
        "Posso comer?", quoted=True, cut=("quote", "addition", "disclaimer", "signature")
    )


def test_a_mail_that_answers_none_is_never_cut_to_nothing() -> None:
    body = "De: Ana\nPara: clínica\nAssunto: exame\n\nPosso comer antes?"
    assert "Posso comer antes?" in new_text(letter({"Subject": "Dúvida"}, body)).text
    assert new_text(letter({"Subject": "ENC: Dúvida"}, body)).text == ""


def test_a_question_in_the_subject_alone_is_the_question() -> None:
    assert new_text(letter({"Subject": "Aceitam Unimed?"}, "")).text == "Aceitam Unimed?"


def test_the_subject_of_an_answer_says_nothing_new() -> None:
    assert new_text(letter({"Subject": "Re: Colonoscopia"}, "E café?")).text == "E café?"


def test_thanks_alone_remain() -> None:
    assert new_text(letter({"Subject": "Re: x"}, "Obrigada!\n\nAna")).text == "Obrigada!"


def test_a_mail_longer_than_what_is_read_says_so() -> None:
    assert "rest" in new_text(letter({"Subject": "x"}, "a b " * MOST_CHARACTERS)).cut


@pytest.mark.parametrize(
    "line",
    [
        *("2026/11/27 <@> ", "em 1 ", "em 1\n", "On 1 wrote\n", "De: a\nPara: b\n", "> ", "<@>,"),
        *("att\n", "obrigada, e ", "este e-mail confidencial\n", "nome: a\n", "Am schrieb ", "_"),
        *("Livre\n", "a<b@c> escreveu ", "[cid:", " \n", "enviado do "),
    ],
)
def test_no_line_takes_long(line: str) -> None:
    mail = letter({"Subject": "x"}, line * (200_000 // len(line)))
    started = time.process_time()
    new_text(mail)
    assert time.process_time() - started < 2
