"""The questions that come with Atende, with their documents: an embedding is calibrated by them.

They belong to no clinic, and no clinic's documents leave its machines for them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from workers.evaluation.errors import QuestionsError
from workers.evaluation.questions import KnownQuestion, read_questions

#: The sample clinics; in the repository, links to `examples/`.
CLINICS: Final = Path(__file__).parent / "clinics"

_OFF_TOPIC: Final = Path(__file__).parent / "off_topic.txt"
_DOCUMENTS: Final = "documentos"
_QUESTIONS: Final = "perguntas.csv"


@dataclass(frozen=True, slots=True)
class OpenSet:
    """Documents, and questions to them.

    Attributes:
        name: of its folder.
        documents: the folder of the documents.
        questions: with an answer in the documents, and without.
    """

    name: str
    documents: Path
    questions: Sequence[KnownQuestion]


def open_sets(folders: Sequence[Path] = ()) -> list[OpenSet]:
    """The sample clinics, and further folders of the same form.

    Args:
        folders: each with the folder `documentos` and the file `perguntas.csv`.

    Raises:
        QuestionsError: a folder is of another form, or its questions cannot be read.
    """
    samples = [path for path in sorted(CLINICS.iterdir()) if (path / _QUESTIONS).is_file()]
    return [_open_set(folder) for folder in (*samples, *folders)]


def off_topic() -> list[str]:
    """Messages that no clinic's documents answer."""
    lines = _OFF_TOPIC.read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _open_set(folder: Path) -> OpenSet:
    documents = folder / _DOCUMENTS
    if not documents.is_dir():
        raise QuestionsError(
            f"{folder} has no folder `{_DOCUMENTS}`. Nothing was changed. Give a folder with the "
            f"documents in `{_DOCUMENTS}` and the questions to them in `{_QUESTIONS}`."
        )
    return OpenSet(folder.name, documents, read_questions(folder / _QUESTIONS)[0])
