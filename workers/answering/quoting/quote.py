"""An answer in the documents' own words."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ingestion.knowledge.passage import Passage
from workers.answering.quoting.candidates import Candidate
from workers.answering.quoting.leaning import leans
from workers.answering.sentences import Kind
from workers.contracts.question import Citation

#: Longest answer of a pair that is quoted whole, in characters.
_PAIR: Final = 300
#: Longest quote of a sentence with its neighbours: a short one often says too little alone. With
#: more, sentences about something else came along ("crianças: 4 horas") and misled.
_NEIGHBOURS: Final = 120


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A piece of a passage.

    Attributes:
        heading: what it is about.
        whole: whether it is all of a section, whose lines are kept.
    """

    passage: Passage
    start: int
    end: int
    heading: str
    whole: bool = False

    @property
    def text(self) -> str:
        """Its words, in one line where it is no whole section."""
        words = self.passage.text[self.start : self.end]
        return words if self.whole else " ".join(words.split())

    @property
    def leans(self) -> bool:
        """Whether it needs the sentence before to be understood."""
        return leans(self.text)

    def holds(self, candidate: Candidate) -> bool:
        """Whether a candidate is of it, by whichever search it was found."""
        passage, other = self.passage, candidate.passage
        is_same = (passage.document, passage.text) == (other.document, other.text)
        return is_same and self.start <= candidate.span.start < self.end

    @property
    def citation(self) -> Citation:
        """Where it stands."""
        return Citation(
            document=self.passage.document,
            title=self.passage.title,
            heading=" > ".join(self.passage.heading_at(self.start)) or None,
            page=self.passage.page_at(self.start),
            quote=self.text,
        )


@dataclass(frozen=True, slots=True)
class Remainder:
    """What a document says besides what is quoted of it, by the names of its sections."""

    title: str
    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quote:
    """What the documents say to a question.

    Attributes:
        excerpts: one for each part of the question, or for each section of a whole answer.
        probability: that they answer it, by what the selector was fitted to.
        rest: of a whole answer, what else stands in its document.
    """

    excerpts: tuple[Excerpt, ...]
    probability: float
    rest: Remainder | None = None


def together(quotes: Sequence[Quote]) -> Quote:
    """Several quotes as one; what answers two questions is said once.

    What else stands in a document is told where it is one document's alone.
    """
    excerpts = {
        (each.passage.document, each.heading, each.text): each
        for quote in quotes
        for each in quote.excerpts
    }
    rests = [quote.rest for quote in quotes if quote.rest]
    return Quote(
        tuple(excerpts.values()),
        min(quote.probability for quote in quotes),
        rests[0] if len(rests) == 1 else None,
    )


def excerpt_of(best: Candidate, candidates: Sequence[Candidate]) -> Excerpt:
    """A candidate with its neighbours, if together they are short: a pair's answer, a paragraph.

    What it leans on comes along however long it is, where it stands in the paragraph.
    """
    longest = _PAIR if best.passage.is_pair else _NEIGHBOURS
    beside = [
        each
        for each in candidates
        if each.passage == best.passage
        and each.heading == best.heading
        and (each.span.kind is not Kind.ROW or each == best)
    ]
    first = last = beside.index(best)
    while (
        first and leans(beside[first].text) and _holds(beside[first - 1 : first + 1], sys.maxsize)
    ):
        first -= 1
    while best.span.kind is not Kind.ROW:
        wider = [
            (low, high)
            for low, high in ((first, last + 1), (first - 1, last))
            if low >= 0 and high < len(beside) and _holds(beside[low : high + 1], longest)
        ]
        if not wider:
            break
        first, last = wider[0]
    return Excerpt(best.passage, beside[first].span.start, beside[last].span.end, best.heading)


def _holds(parts: Sequence[Candidate], longest: int) -> bool:
    """Whether the parts stand in one paragraph, are short enough, and nothing else is between.

    What is between and no candidate was left out on purpose: a day that is over, a row.
    """
    text = parts[0].passage.text
    whole = text[parts[0].span.start : parts[-1].span.end]
    between = "".join(text[one.span.end : two.span.start] for one, two in pairwise(parts))
    if any(map(str.isalpha, between)):
        return False
    return len(whole) <= longest and (parts[0].passage.is_pair or "\n" not in whole)
