"""The clinics that the selector is trained on: whole, and none of them twice."""

from pathlib import Path

from benchmarks.selector_clinics import HELD_OUT, clinics


def test_every_clinic_has_questions_with_and_without_an_answer() -> None:
    for clinic in clinics():
        assert any(asked.gold for asked in clinic.questions), clinic.name
        assert any(not asked.gold for asked in clinic.questions), clinic.name
        assert len({asked.text for asked in clinic.questions}) == len(clinic.questions)


def test_what_answers_is_never_also_only_a_part() -> None:
    for clinic in clinics():
        for asked in clinic.questions:
            assert not set(asked.gold) & set(asked.also), asked.text


def test_the_encoder_is_not_trained_on_what_the_surety_is_fitted_to() -> None:
    held_out = {clinic.name for clinic in clinics() if clinic.held_out}
    assert held_out == set(HELD_OUT)
    assert len(held_out) < len(clinics()) / 3


def test_a_clinic_is_written_as_documents(tmp_path: Path) -> None:
    clinic = next(each for each in clinics() if any(one.get("pairs") for one in each.documents))
    clinic.write(tmp_path)
    files = sorted(tmp_path.iterdir())
    assert len(files) == len(clinic.documents)
    assert {file.suffix for file in files} == {".csv", ".md"}
    table = next(unit for unit in clinic.units if "; " in unit and ": " in unit)
    cell = table.split("; ")[0].split(": ", 1)[1]
    assert any(cell in file.read_text("utf-8") for file in files)
