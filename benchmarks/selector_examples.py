"""What the selector's fits learn from: questions, what a search finds, and which of it answers."""

import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.selector_clinics import FOLDER, Clinic, clinics, words
from benchmarks.selector_fitting import Choice, Flags
from benchmarks.selector_replies import find, reply, said, searched, verdict
from ingestion.knowledge.search.evidence import Findings
from workers.answering.quoting.candidates import Candidate, candidates_of
from workers.answering.quoting.features import features_of
from workers.answering.quoting.quote import excerpt_of
from workers.answering.quoting.selector import Encoder
from workers.evaluation.questions import KnownQuestion, read_questions
from workers.evaluation.verdicts import Verdict

#: Clinics whose answers are judged by facts.
JUDGED: Final = ("odonto", "oftalmo", "ortopedia")


@dataclass(frozen=True, slots=True)
class Example:
    """A question of a clinic, what was found, and which candidates answer."""

    clinic: str
    question: str
    findings: Findings
    candidates: Sequence[Candidate]
    choice: Choice
    answerable: bool
    known: KnownQuestion | None
    is_double: bool

    @property
    def teaches_ranking(self) -> bool:
        """Whether it tells what should come first."""
        return self.answerable and not self.is_double and bool(self.choice.right.any())

    def answered_by(self, best: int) -> bool:
        """Whether the excerpt around a candidate answers."""
        excerpt = excerpt_of(self.candidates[best], self.candidates)
        if self.known is not None:
            sent = reply("answered", said([excerpt]))
            return self.answerable and verdict(self.known, self.findings, sent) is Verdict.RIGHT
        return any(
            is_right
            and each.passage == excerpt.passage
            and excerpt.start <= each.span.start < excerpt.end
            for each, is_right in zip(self.candidates, self.choice.right, strict=True)
        )


def examples(encoder: Encoder) -> Iterator[Example]:
    """The questions of the held-out clinics and of those that are judged by facts."""
    for clinic in (each for each in clinics() if each.held_out):
        yield from _labelled(clinic, encoder)
    for name in JUDGED:
        yield from _judged(name, encoder)


def _labelled(clinic: Clinic, encoder: Encoder) -> Iterator[Example]:
    with tempfile.TemporaryDirectory() as folder:
        clinic.write(Path(folder))
        with searched(Path(folder)) as knowledge:
            for asked in clinic.questions:
                findings = find(knowledge, asked.text)
                candidates = candidates_of(findings.passages)
                if not candidates:
                    continue
                right = _among(candidates, {clinic.units[place] for place in asked.gold})
                also = _among(candidates, {clinic.units[place] for place in asked.also})
                yield Example(
                    clinic.name,
                    asked.text,
                    findings,
                    candidates,
                    choice_of(encoder, asked.text, candidates, right, also & ~right),
                    bool(asked.gold),
                    None,
                    asked.both,
                )


def _judged(name: str, encoder: Encoder) -> Iterator[Example]:
    questions, _ = read_questions(FOLDER / name / "perguntas.csv")
    with searched(FOLDER / name / "documentos") as knowledge:
        for known in questions:
            if known.kind in {"greeting", "emergency"}:
                continue  # they are told apart before the search
            findings = find(knowledge, known.question)
            candidates = candidates_of(findings.passages)
            right = [
                known.answerable
                and verdict(known, findings, reply("answered", each.indexed)) is Verdict.RIGHT
                for each in candidates
            ]
            none = np.zeros(len(candidates), bool)
            if candidates:
                yield Example(
                    name,
                    known.question,
                    findings,
                    candidates,
                    choice_of(encoder, known.question, candidates, np.array(right, bool), none),
                    known.answerable,
                    known,
                    known.kind == "two_in_one",
                )


def choice_of(
    encoder: Encoder, question: str, candidates: Sequence[Candidate], right: Flags, also: Flags
) -> Choice:
    """The candidates with their features."""
    cosines = encoder.cosines(question, [each.indexed for each in candidates])
    return Choice(features_of(question, candidates, cosines), right, also)


def _among(candidates: Sequence[Candidate], units: Collection[str]) -> Flags:
    """Which candidates are these units; a unit may be cut into sentences, or joined to others."""
    texts = {words(unit) for unit in units}
    return np.array([any(_same(words(each.text), text) for text in texts) for each in candidates])


def _same(candidate: str, unit: str) -> bool:
    """Whether one holds the other; of a unit, at least half of it."""
    whole, part = f" {candidate} ", f" {unit} "
    return part in whole or (whole in part and 2 * len(candidate) >= len(unit))
