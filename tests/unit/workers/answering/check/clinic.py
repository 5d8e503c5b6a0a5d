"""Answers written by hand to the sample clinic's questions, with the passages found for each."""

import csv
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ingestion.knowledge.passage import Passage

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """One answer: right in other words, or wrong by a trick."""

    id: str
    question: str
    passages: tuple[Passage, ...]
    answer: str
    trick: str

    @property
    def is_right(self) -> bool:
        return not self.trick


def passage(text: str, title: str = "", *heading: str) -> Passage:
    return Passage("id", "documento.pdf", title, heading, 1, text, 1.0, 1.0)


@cache
def cases() -> tuple[Case, ...]:
    data = json.loads((HERE / "passages.json").read_text("utf-8"))
    passages = {
        name: Passage(
            id=name, score=1.0, similarity=1.0, **{**fields, "heading": tuple(fields["heading"])}
        )
        for name, fields in data["passages"].items()
    }
    questions = {row["id"]: row for row in data["questions"]}
    with (HERE / "cases.csv").open(encoding="utf-8", newline="") as file:
        return tuple(
            Case(
                row["id"],
                questions[row["id"]]["question"],
                tuple(passages[name] for name in questions[row["id"]]["passages"]),
                row["answer"],
                row["trick"],
            )
            for row in csv.DictReader(file)
        )
