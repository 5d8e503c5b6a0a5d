import pytest

from tests.unit.workers.answering.check.clinic import passage
from workers.answering.check.contradiction import contradiction_faults
from workers.answering.check.support import Focus, Support
from workers.answering.check.terms import terms

SHEET = passage(
    "A menstruação não impede o exame.\n"
    "Mantenha o remédio da pressão no horário de costume.\n"
    "Evite café, vinho e chá.\n"
    "Quem tem marca-passo só faz o exame com liberação do cardiologista.\n"
    "O laudo não é enviado por WhatsApp.\n"
    "Não precisa agendar a vacina.\n"
    "Não dirija por 24 horas.\n"
    "A bexiga deve estar vazia."
)


def contradicts(answer: str, question: str = "") -> bool:
    support = Support([SHEET])
    focus = Focus(terms(answer), support.known(question))
    return bool([*contradiction_faults(answer, question, focus, support)])


@pytest.mark.parametrize(
    "answer",
    [
        "A menstruação impede o exame.",
        "O remédio da pressão deve ser suspenso.",
        "Pode tomar café e chá.",
        "Tome vinho.",
        "Com marca-passo, o exame é feito sem liberação.",
        "Sim, quem tem marca-passo faz o exame.",
        "O laudo é enviado por WhatsApp.",
        "Precisa agendar a vacina.",
        "Pode dirigir.",
        "A bexiga deve estar cheia.",
    ],
)
def test_the_opposite_is_a_fault(answer: str) -> None:
    assert contradicts(answer)


@pytest.mark.parametrize(
    "answer",
    [
        "A menstruação não atrapalha o exame.",
        "Pode fazer o exame com menstruação.",
        "Tome o remédio da pressão no horário de costume.",
        "Não tome café nem chá.",
        "Quem tem marca-passo precisa da liberação do cardiologista.",
        "Não enviamos o laudo por WhatsApp.",
        "A vacina dispensa agendar.",
        "Só depois de 24 horas pode dirigir.",
        "Venha com a bexiga vazia.",
        "Não se preocupe.",
    ],
)
def test_the_same_in_other_words_is_none(answer: str) -> None:
    assert not contradicts(answer)


def test_a_bare_yes_or_no_is_read_by_the_question() -> None:
    assert contradicts("Sim.", "O laudo é enviado por WhatsApp?")
    assert not contradicts("Não.", "O laudo é enviado por WhatsApp?")
    assert (
        contradicts("Não.", "A menstruação impede o exame?") is False
    )  # "não impede" stands there
