import pytest

from tests.unit.workers.answering.check.clinic import passage
from workers.answering.check.names import name_faults, subjects_of

SHEET = passage(
    "A Dra. Helena Prado e a Dra. Lúcia Tavares atendem. Plano: Saúde Ipê; Unidade: Jardim",
    "Ultrassom",
)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("A Dra. Helena Prado atende na Unidade Jardim.", []),
        ("A Dra. Helena Tavares atende.", ["Dra. Helena Tavares"]),
        ("Quem atende é o Dr. Paulo.", ["Dr. Paulo"]),
        ("Aceitamos o Saúde Ipê.", []),
        ("Aceitamos a Unimed.", ["Unimed"]),
        ("Unimed não.", []),
        ("Fazemos ultrassonografia.", []),
        ("Fazemos tomografia.", ["tomografia"]),
    ],
)
def test_a_name_stands_in_a_passage(answer: str, words: list[str]) -> None:
    assert [fault.words for fault in name_faults(answer, [SHEET])] == words


def test_an_exam_has_its_other_names() -> None:
    assert subjects_of("ultrassom") & subjects_of("ultrassonografia")
    assert not subjects_of("ultrassom") & subjects_of("tomografia")
