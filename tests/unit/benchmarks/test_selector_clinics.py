import csv
from pathlib import Path

import pytest

from benchmarks.selector_clinics import HELD_OUT, Clinic, clinics, words

CLINICS = clinics()


def test_the_held_out_clinics_are_there_and_the_encoder_learns_from_the_others() -> None:
    assert {clinic.name for clinic in CLINICS if clinic.held_out} == set(HELD_OUT)
    assert sum(not clinic.held_out for clinic in CLINICS) > len(HELD_OUT)


@pytest.mark.parametrize("clinic", CLINICS, ids=lambda clinic: clinic.name)
def test_what_answers_a_question_is_there(clinic: Clinic) -> None:
    assert len(clinic.units) == len(clinic.indexed)
    assert clinic.questions
    for question in clinic.questions:
        assert question.text.strip()
        assert not set(question.gold) & set(question.also), question.text
        assert all(0 <= place < len(clinic.units) for place in question.gold + question.also)
    assert any(not question.gold for question in clinic.questions), "some have no answer"


def test_a_unit_stands_below_what_it_is_about() -> None:
    clinic = CLINICS[0]
    for unit, indexed in zip(clinic.units, clinic.indexed, strict=True):
        assert indexed.endswith(f": {unit}")


def test_the_documents_are_written_so_that_their_units_are_found_again(tmp_path: Path) -> None:
    clinic = CLINICS[0]
    clinic.write(tmp_path)
    files = sorted(tmp_path.iterdir())
    assert len(files) == len(clinic.documents)
    text = words(" ".join(path.read_text("utf-8") for path in files))
    sentences = [unit for unit in clinic.units if "; " not in unit]
    assert all(words(unit) in text for unit in sentences)
    for path in tmp_path.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as file:
            assert next(csv.reader(file)) == ["pergunta", "resposta"]


def test_units_are_compared_by_their_words() -> None:
    assert words("Traga o **pedido** médico, às 7h!") == words("traga o pedido medico as 7H")
