"""Invented clinics to fit the selector to: documents in sentences, questions, what answers them.

Each file of `clinics/` holds `docs` (title, sections of heading and units; `pairs` where a heading
is a question) and `questions` (`q`; `gold`: the units that each answer alone; `also`: units that
answer in part; `both`: two questions in one message, whose units are all gold).
"""

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from ingestion.folding import fold

FOLDER: Final = Path(__file__).parent / "clinics"
#: Clinics that the encoder is not trained on: the ranking and its surety are fitted to these.
HELD_OUT: Final = (
    "exames-6", "cuidados-6", "recepcao-7", "mais-8", "outras-8", "novas-8", "quarta-2", "quarta-7",
    "quinta-8", "quinta-10", "sexta-3", "sexta-5", "setima-5", "setima-9", "oitava-1", "oitava-5",
    "nona-3", "nona-7",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and the units of its clinic that answer it, by their places."""

    text: str
    gold: tuple[int, ...]
    also: tuple[int, ...]
    both: bool


@dataclass(frozen=True, slots=True)
class Clinic:
    """An invented clinic.

    Attributes:
        name: of its file.
        units: sentences and rows.
        indexed: the same under their headings.
        questions: what is asked.
        documents: as the file has them.
    """

    name: str
    units: tuple[str, ...]
    indexed: tuple[str, ...]
    questions: tuple[Asked, ...]
    documents: list[dict[str, Any]]

    @property
    def held_out(self) -> bool:
        """Whether the encoder never sees it."""
        return self.name in HELD_OUT

    def write(self, folder: Path) -> None:
        """Write the documents as files that a clinic might have."""
        for number, document in enumerate(self.documents):
            if document.get("pairs"):
                with (folder / f"{number}-faq.csv").open("w", encoding="utf-8", newline="") as file:
                    rows = [
                        (each["heading"], " ".join(each["units"])) for each in _sections(document)
                    ]
                    csv.writer(file).writerows([("pergunta", "resposta"), *rows])
            else:
                text = "\n\n".join(_markdown(document))
                (folder / f"{number}.md").write_text(text, encoding="utf-8")


def clinics() -> list[Clinic]:
    """All of them, in the order of their names."""
    return [_clinic(path) for path in sorted(FOLDER.glob("*.json"))]


def words(text: str) -> str:
    """A text's words, as units are compared."""
    return " ".join(re.findall(r"\w+", fold(text)))


def _clinic(path: Path) -> Clinic:
    content = json.loads(path.read_text(encoding="utf-8"))
    places: dict[str, int] = {}
    units: list[str] = []
    indexed: list[str] = []
    for number, document in enumerate(content["docs"]):
        for order, section in enumerate(document["sections"]):
            for place, unit in enumerate(section["units"]):
                places[f"{number}.{order}.{place}"] = len(units)
                units.append(unit)
                indexed.append(f"{_heading(document, section)}: {unit}")
    questions = tuple(
        Asked(
            text=each["q"],
            gold=tuple(places[key] for key in each["gold"]),
            also=tuple(places[key] for key in each.get("also", ())),
            both=bool(each.get("both")),
        )
        for each in content["questions"]
    )
    return Clinic(path.stem, tuple(units), tuple(indexed), questions, content["docs"])


def _sections(document: dict[str, Any]) -> list[dict[str, Any]]:
    sections: list[dict[str, Any]] = document["sections"]
    return sections


def _heading(document: dict[str, Any], section: dict[str, Any]) -> str:
    names = (
        [section["heading"]] if document.get("pairs") else [document["title"], section["heading"]]
    )
    return " \u2013 ".join(dict.fromkeys(filter(None, names)))


def _markdown(document: dict[str, Any]) -> Iterator[str]:
    yield f"# {document['title']}"
    for section in _sections(document):
        if section["heading"]:
            yield f"## {section['heading']}"
        for names, group in groupby(section["units"], _columns):
            units = list(group)
            yield _table(names, units) if names else " ".join(units)


def _columns(unit: str) -> tuple[str, ...]:
    """The names of a row's cells; none where the unit is a sentence."""
    cells = unit.split("; ")
    is_row = len(cells) > 1 and all(re.match(r"[^:]{1,60}: \S", cell) for cell in cells)
    return tuple(cell.split(": ", 1)[0] for cell in cells) if is_row else ()


def _table(names: tuple[str, ...], units: list[str]) -> str:
    rows = [
        [cell.split(": ", 1)[1].replace("|", "/") for cell in unit.split("; ")] for unit in units
    ]
    lines = [names, ["---"] * len(names), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
