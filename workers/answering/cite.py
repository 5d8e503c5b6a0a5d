"""The sentences of the passages that an answer rests on, and where they stand. Pure."""

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, NamedTuple

from ingestion.knowledge.passage import Passage
from workers.answering.check.reading import reading_of
from workers.answering.check.statements import Statement, sentences
from workers.answering.check.support import Focus, Support
from workers.answering.check.terms import terms
from workers.answering.sentences import Kind, split
from workers.answering.wording.words import Number, wording_of
from workers.contracts.question import Citation

#: Longest quote, in characters, and longest row, which is only cut where it would fill a screen.
_QUOTE_CHARACTERS: Final = 240
_ROW_CHARACTERS: Final = 600
#: Most citations of one answer.
_MOST_CITATIONS: Final = 3
#: What a number of the sentence is worth in a statement: more than a few of its words.
_NUMBER: Final = 4.0


class _Place(NamedTuple):
    passage: Passage
    start: int
    end: int


def cite(answer: str, passages: Sequence[Passage], question: str = "") -> tuple[Citation, ...]:
    """Where the answer's facts stand, in the order of the answer; at least one citation.

    For each of its sentences the statement that holds its numbers and most of its words, and of
    equal ones that under the heading or title that is asked for; a second one where a number of
    the sentence stands elsewhere. An answer that nothing supports cites the passages' beginnings.
    """
    places = list(dict.fromkeys(_supporting(answer, question, passages)))
    if not places:
        places = [_beginning(passage) for passage in passages]
    return tuple(_citation(place) for place in _joined(places)[:_MOST_CITATIONS])


def _supporting(answer: str, question: str, passages: Sequence[Passage]) -> Iterator[_Place]:
    support = Support(passages)
    stated = [
        (passage, statement) for passage in passages for statement in reading_of(passage).statements
    ]
    asked = support.known(question)
    for sentence in (part for each in sentences(answer) for part in each.split("; ")):
        focus = Focus(terms(sentence), asked)
        missing = wording_of(sentence).numbers
        while stated:
            passage, statement = max(
                stated, key=lambda each: _worth(each[1], missing, focus, support)
            )
            held = frozenset(number for number in missing if _holds(statement, number))
            if held or (not missing and statement.terms & (focus.said or asked)):
                yield _Place(passage, *statement.place)
            missing -= held
            if not held or not missing:
                break


def _worth(
    statement: Statement, numbers: AbstractSet[Number], focus: Focus, support: Support
) -> float:
    held = sum(_holds(statement, number) for number in numbers)
    return support.score(statement, focus) + _NUMBER * held


def _holds(statement: Statement, number: Number) -> bool:
    return any(number.agrees(each) for each in statement.numbers)


def _joined(places: Sequence[_Place]) -> list[_Place]:
    """Sentences of one passage that follow each other are one quote, if it is short enough."""
    joined: list[_Place] = []
    for place in places:
        last = joined[-1] if joined else None
        if last and last.passage == place.passage and place.start <= last.start < place.end:
            joined[-1] = place  # it holds the last one
        elif last and last.passage == place.passage and _follows(last, place):
            joined[-1] = last._replace(end=place.end)
        elif not any(_holds_place(each, place) for each in joined):
            joined.append(place)
    return joined


def _follows(last: _Place, place: _Place) -> bool:
    between = last.passage.text[last.end : place.start]
    return (
        place.start >= last.end
        and not between.strip()
        and "\n" not in between
        and place.end - last.start <= _QUOTE_CHARACTERS
    )


def _holds_place(outer: _Place, inner: _Place) -> bool:
    return outer.passage == inner.passage and outer.start <= inner.start < inner.end <= outer.end


def _beginning(passage: Passage) -> _Place:
    spans = [span for span in split(passage.text) if span.kind is not Kind.HEADING]
    return _Place(passage, spans[0].start, spans[0].end) if spans else _Place(passage, 0, 0)


def _citation(place: _Place) -> Citation:
    passage = place.passage
    text = passage.text[place.start : place.end]
    return Citation(
        document=passage.document,
        title=passage.title,
        heading=" > ".join(passage.heading_at(place.start)) or None,
        page=passage.page_at(place.start),
        quote=_quote(text),
    )


def _quote(text: str) -> str:
    is_row = any(span.kind is Kind.ROW for span in split(text))
    longest = _ROW_CHARACTERS if is_row else _QUOTE_CHARACTERS
    if len(text) <= longest:
        return text
    return text[: longest - 1].rsplit(" ", 1)[0] + "…"
