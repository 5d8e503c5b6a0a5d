"""The sentences and rows that may be quoted of the passages that a search found. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ingestion import validity
from ingestion.knowledge.passage import Passage
from workers.answering.quoting.leaning import row_leans
from workers.answering.quoting.past import is_past
from workers.answering.sentences import Kind, Span, split


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence, list item or table row.

    Attributes:
        passage: where it stands.
        rank: the passage's place among those found, from 0.
        span: its place in the passage's text.
        heading: what it is about: title and innermost heading, or the question of a pair.
        place: how far into the passage, from 0 to 1.
    """

    passage: Passage
    rank: int
    span: Span
    heading: str
    place: float

    @property
    def text(self) -> str:
        """Its own words."""
        return self.span.of(self.passage.text)

    @property
    def indexed(self) -> str:
        """Its words under what they are about."""
        return f"{self.heading}: {self.text}" if self.heading else self.text


def candidates_of(passages: Sequence[Passage], today: date | None = None) -> list[Candidate]:
    """All candidates, in the order of passages and text; equal ones once.

    Args:
        passages: best first.
        today: what speaks of days before it alone is left out; by default the day it is.
    """
    today = today or validity.today()
    headed = {passage.document for passage in passages if _has_headings(passage)}
    unique: dict[tuple[str, str], Candidate] = {}
    for rank, passage in enumerate(passages):
        spans = [span for span in _spans(passage) if span.kind is not Kind.HEADING]
        for number, span in enumerate(spans):
            if passage.document in headed and not passage.heading_at(span.start):
                continue  # above the first heading: "Versão 2026.", "Orientações gerais."
            heading = _heading(passage, span)
            candidate = Candidate(passage, rank, span, heading, number / len(spans))
            if is_past(candidate.indexed, today):
                continue
            if span.kind is Kind.ROW and row_leans(candidate.text):
                continue  # "o do Essencial e canal": half of what it covers stands in another row
            unique.setdefault((heading, candidate.text), candidate)
    return list(unique.values())


def _has_headings(passage: Passage) -> bool:
    return any(passage.heading_at(span.start) for span in split(passage.text))


def _spans(passage: Passage) -> tuple[Span, ...]:
    """The spans of a passage; the question that a pair begins with is no answer."""
    spans = split(passage.text)
    if not passage.is_pair:
        return spans
    end = len(passage.text.partition("\n")[0])
    return tuple(span for span in spans if span.start > end)


def _heading(passage: Passage, span: Span) -> str:
    if passage.is_pair:
        return passage.text.partition("\n")[0].strip()
    innermost = passage.heading_at(span.start)[-1:]
    return " \u2013 ".join(dict.fromkeys(filter(None, (passage.title, *innermost))))
