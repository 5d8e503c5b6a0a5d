import pytest

from workers.channels.email.reading.subjects import (
    bare_subject,
    folded_subject,
    is_reply,
    says_more,
)


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Exame",
        "RES: Exame",
        "ENC: Exame",
        "Fwd: RE: Exame",
        "Re[2]: Exame",
        "[EXTERNO] Re: Exame",
    ],
)
def test_what_programs_put_before_a_subject_is_taken_off(subject: str) -> None:
    assert bare_subject(subject) == "Exame"
    assert is_reply(subject)


@pytest.mark.parametrize(
    "subject", ["Exame", "Resultado: exame", "[EXTERNO] Exame", "", "Reagendar"]
)
def test_a_new_subject_is_no_reply(subject: str) -> None:
    assert not is_reply(subject)


def test_threads_are_told_apart_without_case_and_accents() -> None:
    assert folded_subject("RES:  Dúvida ") == folded_subject("duvida") == "duvida"


@pytest.mark.parametrize(
    ("subject", "text", "more"),
    [
        ("Dúvida", "Qual o preço?", False),
        ("Preparo da colonoscopia", "Como funciona?", True),
        ("Preparo da colonoscopia", "Como é o preparo da colonoscopia?", False),
        ("", "x", False),
        ("Contato pelo site 123", "x", False),
    ],
)
def test_a_subject_counts_where_it_says_more(subject: str, text: str, *, more: bool) -> None:
    assert says_more(subject, text) is more
