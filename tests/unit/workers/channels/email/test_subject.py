import pytest

from workers.channels.email.subject import answered, bare, folded, is_marked


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
    assert answered(subject, "pt") == "Re: Jejum para hemograma"
    assert folded(subject) == "jejum para hemograma"


@pytest.mark.parametrize("subject", ["Resultado: quando sai?", "Recados", "Encaixe amanhã", "Vs"])
def test_a_word_that_begins_like_a_mark_is_none(subject: str) -> None:
    assert not is_marked(subject)
    assert bare(subject) == subject


def test_a_header_cannot_be_smuggled_in_by_a_subject() -> None:
    subject = answered("Oi\r\nBcc: todos@example.com\n\nTexto\x00", "pt")
    assert subject == "Re: Oi Bcc: todos@example.com Texto"


@pytest.mark.parametrize(("language", "words"), [("pt", "sua mensagem"), ("en", "your message")])
def test_a_mail_without_a_subject_is_answered_with_words(language: str, words: str) -> None:
    assert answered("Re: ", language) == f"Re: {words}"  # type: ignore[arg-type]


def test_a_long_subject_is_cut() -> None:
    assert len(answered("a" * 5000, "pt")) == len("Re: ") + 200
