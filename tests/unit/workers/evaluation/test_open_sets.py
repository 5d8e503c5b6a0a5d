import csv
from pathlib import Path

import pytest

from ingestion.knowledge.search import foreign_texts
from workers.evaluation.errors import QuestionsError
from workers.evaluation.open_sets import CLINICS, off_topic, open_sets

EXAMPLES = Path(__file__).parents[4] / "examples"


def test_every_sample_clinic_is_an_open_set() -> None:
    clinics = {path.parent.name for path in EXAMPLES.glob("*/documentos")}
    sets = {one.name: one for one in open_sets()}
    assert sets.keys() == clinics
    for name, one in sets.items():
        assert {path.name for path in one.documents.iterdir()} == {
            path.name for path in (EXAMPLES / name / "documentos").iterdir()
        }
        with (EXAMPLES / name / "perguntas.csv").open(encoding="utf-8") as file:
            assert len(one.questions) == len(list(csv.DictReader(file)))
        assert any(known.answerable for known in one.questions)
        assert not all(known.answerable for known in one.questions)
    assert CLINICS.is_dir()


def test_further_folders_are_read_and_others_refused(tmp_path: Path) -> None:
    (tmp_path / "perguntas.csv").write_text("question,document\nJejum?,a.md\n", "utf-8")
    with pytest.raises(QuestionsError, match=r"no folder `documentos`.*Nothing was changed"):
        open_sets([tmp_path])
    (tmp_path / "documentos").mkdir()
    assert [known.question for known in open_sets([tmp_path])[-1].questions] == ["Jejum?"]
    (tmp_path / "perguntas.csv").unlink()
    with pytest.raises(QuestionsError, match="cannot be read"):
        open_sets([tmp_path])


def test_messages_off_the_topic_are_none_that_the_search_already_knows() -> None:
    def plain(texts: list[str]) -> set[str]:
        return {text.lower().strip(" .?!") for text in texts}

    messages = off_topic()
    assert len(messages) == len(set(messages)) > 100
    assert not plain(messages) & plain(foreign_texts.texts())
    questions = [known.question for one in open_sets() for known in one.questions]
    assert not plain(messages) & plain(questions)
