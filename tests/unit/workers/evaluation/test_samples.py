import pytest

from ingestion.knowledge.passage import Passage
from workers.evaluation.samples import is_copy


def passage(text: str, *, is_pair: bool) -> Passage:
    return Passage("1", "faq.csv", "Faq", (), None, text, 1.0, 0.9, is_pair=is_pair)


@pytest.mark.parametrize(
    ("question", "text", "is_pair", "copied"),
    [
        ("tem wifi na clinica", "Tem Wifi na clínica?\nSim.", True, True),
        ("tem wifi?", "Tem Wifi na clínica?\nSim.", True, False),
        ("tem wifi na clinica", "Tem Wifi na clínica?\nSim.", False, False),
        ("Sim.", "Tem Wifi na clínica?\nSim.", True, False),
        ("👍", "👍\nObrigado!", True, False),
    ],
)
def test_a_copy_is_the_question_of_a_pair_word_for_word(
    question: str, text: str, *, is_pair: bool, copied: bool
) -> None:
    assert is_copy(question, passage(text, is_pair=is_pair)) is copied
