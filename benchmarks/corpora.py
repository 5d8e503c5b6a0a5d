"""Documents in an embedded store of their own, and the questions that go with them."""

import csv
import hashlib
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from benchmarks.sets import read
from ingestion.knowledge.base import open_knowledge
from ingestion.pipeline import Target, ingest_path
from workers.settings import WorkerSettings
from workers.stack.settings import LocalSettings

CLINIC: Final = Path(__file__).parents[1] / "examples" / "clinica"
#: The sample clinic, or a set of `retrieval/` whose passages become a document each.
NAMES: Final = ("faquad", "cosibot_ptbr", "squad_pt", "clinic")
#: Where ingested documents are kept for the next time: embedding FaQuAD's takes a minute or two.
CACHE: Final = Path(".atende/benchmarks")


def questions(name: str, data: Path) -> list[str]:
    """A corpus' distinct questions, in a fixed random order.

    Args:
        name: one of `NAMES`.
        data: the folder with `retrieval/`.
    """
    if name == "clinic":
        with (CLINIC / "perguntas.csv").open(encoding="utf-8") as file:
            return shuffled(row["question"] for row in csv.DictReader(file))
    return shuffled(row["text"] for row in read(data / "retrieval" / name / "questions.jsonl"))


def shuffled(texts: Iterable[str]) -> list[str]:
    """Distinct texts, ordered by their hash: the same for everybody, and related to nothing."""
    return sorted(dict.fromkeys(texts), key=lambda text: hashlib.sha256(text.encode()).digest())


def cut(texts: Sequence[str], warm: int, sets: int, size: int) -> list[list[str]]:
    """The warm-up's questions, and then `sets` sets of `size`; no text is in two of them.

    Raises:
        ValueError: there are too few.
    """
    if len(texts) < warm + sets * size:
        raise ValueError(
            f"{len(texts)} distinct questions are too few for {sets} sets of {size} and {warm} "
            "of warm-up. Ask for fewer with --questions or --repeats."
        )
    rest = texts[warm:]
    return [list(texts[:warm]), *(list(rest[n * size : (n + 1) * size]) for n in range(sets))]


def make_data_folder(name: str, data: Path, target: Path) -> None:
    """Make `target` a data folder (`ATENDE_DATA_DIR`) with the corpus' documents in its store."""
    cached = CACHE / name
    print(f"ingesting {name} (a minute or two, the first time)", flush=True)
    settings = WorkerSettings(data_dir=cached)
    with open_knowledge(settings) as knowledge:
        ingest_path(_files(name, data), Target(LocalSettings().tenant, knowledge, settings))
    shutil.copytree(cached, target)


def _files(name: str, data: Path) -> Path:
    """The corpus as files. The folder is always the same one: known files are not read again."""
    if name == "clinic":
        return CLINIC / "documentos"
    folder = CACHE / f"{name}-documents"
    folder.mkdir(parents=True, exist_ok=True)
    for number, row in enumerate(read(data / "retrieval" / name / "passages.jsonl")):
        (folder / f"{number:05d}.txt").write_text(row["text"], "utf-8")
    return folder
