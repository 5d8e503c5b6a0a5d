import pytest

from tests.unit.workers.answering.check.clinic import passage
from workers.answering.check.days import amounts_of, day_faults
from workers.answering.check.support import Focus, Support
from workers.answering.check.terms import terms

NOTICE = passage(
    "A clínica fecha de 24 de dezembro de 2026 a 3 de janeiro.\n"
    "A sedação é feita às terças e quintas.\nA coleta vai de segunda a sexta."
)


@pytest.mark.parametrize(
    ("answer", "is_wrong"),
    [
        ("A clínica fecha de 24/12/2026 a 3 de janeiro.", False),
        ("A clínica fecha em 20 de dezembro.", True),
        ("A clínica fecha em 24 de janeiro de 2025.", True),
        ("A sedação é feita na terça.", False),
        ("A sedação é feita às segundas.", True),
        ("A coleta é feita na quarta.", False),
        ("A coleta é feita no sábado.", True),
        ("A segunda via da coleta é paga.", False),
    ],
)
def test_a_day_stands_in_a_statement_near_the_sentence(answer: str, *, is_wrong: bool) -> None:
    focus = Focus(terms(answer), frozenset())
    assert bool([*day_faults(answer, focus, Support([NOTICE]))]) is is_wrong


def test_a_date_is_no_amount() -> None:
    assert {str(each) for each in amounts_of("De 24/12/2026 até 3 de janeiro, 8h.")} == {"8 h"}
