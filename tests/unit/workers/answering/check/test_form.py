import pytest

from workers.answering.check.fault import Kind
from workers.answering.check.form import form_faults
from workers.answering.language import Language

PROMPT = "Texto: Vacina da gripe, na sala 3.\nResposta: Na sala 3."


def kinds(answer: str, question: str = "Onde é?", language: Language | None = "pt") -> list[Kind]:
    known = "A coleta é feita na sala azul, das 8h às 17h."
    return [fault.kind for fault in form_faults(answer, question, language, [PROMPT], [known])]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("A coleta é na sala azul.", []),
        ("Na sala 3.", [Kind.PROMPT_WORDS]),
        ("Das 8h às 17h.", []),
        ("O texto diz que é na sala azul.", [Kind.META]),
        ("Com base nas informações fornecidas, sala azul.", [Kind.META]),
        ("Resposta: sala azul.", [Kind.META]),
        ("Como uma IA, não posso ajudar.", [Kind.META]),
        ("It is done in the blue room.", [Kind.LANGUAGE]),
        ("Onde é?", [Kind.ECHO]),
        ("", [Kind.ECHO]),
    ],
)
def test_a_form_that_is_no_answer(answer: str, expected: list[Kind]) -> None:
    assert kinds(answer) == expected


def test_a_statement_with_the_question_s_words_is_no_echo_but_the_whole_question_is() -> None:
    question = "A vacina da gripe custa quanto?"
    assert kinds("A vacina da gripe custa R$ 110,00.", question) == []
    assert kinds("A vacina da gripe custa quanto", question) == [Kind.ECHO]


def test_any_language_will_do_where_none_is_asked() -> None:
    assert kinds("It is done in the blue room.", language=None) == []
