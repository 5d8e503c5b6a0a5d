from dataclasses import replace

import pytest

from tests.sample_letter import ANSWER, outgoing
from workers.answering.language import Language
from workers.channels.email.sending.outgoing import Outgoing


def with_subject(subject: str, language: Language = "pt") -> Outgoing:
    case = outgoing(ANSWER.model_copy(update={"language": language}))
    recipient = case.conversation.recipient | {"subject": subject}
    conversation = case.conversation.model_copy(update={"recipient": recipient})
    return replace(case, conversation=conversation)


@pytest.mark.parametrize(
    "subject",
    [
        "Jejum para hemograma", "Re: Jejum para hemograma", "RES: Jejum para hemograma",
        "Re: RES: Re: Jejum  para hemograma", "ENC: Fwd: Jejum para hemograma",
        "Re[2]: Jejum para hemograma", "AW: SV: Jejum para hemograma", " re : Jejum para hemograma",
        "Re:Res:Jejum para\r\n hemograma",
    ],
)  # fmt: skip
def test_an_answer_has_one_mark_however_many_came(subject: str) -> None:
    assert with_subject(subject).subject == "Re: Jejum para hemograma"
    assert with_subject(subject).forwarded_subject == "Enc: Jejum para hemograma"


def test_a_header_cannot_be_smuggled_in_by_a_subject() -> None:
    subject = with_subject("Oi\r\nBcc: todos@example.com\n\nTexto\x00").subject
    assert subject == "Re: Oi Bcc: todos@example.com Texto"


@pytest.mark.parametrize(("language", "words"), [("pt", "sua mensagem"), ("en", "your message")])
def test_a_mail_without_a_subject_is_answered_with_words(language: Language, words: str) -> None:
    assert with_subject("Re: ", language).subject == f"Re: {words}"


def test_a_long_subject_is_cut() -> None:
    assert len(with_subject("a" * 5000).subject) == len("Re: ") + 200


def test_an_answer_of_an_earlier_mail_is_not_one_of_the_last() -> None:
    assert outgoing().answers_last
    assert outgoing(message=None).answers_last
    assert not outgoing(message="<antes@paciente.example>").answers_last
    assert outgoing(message=None).answered == "<pergunta@paciente.example>"
