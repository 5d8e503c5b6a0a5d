"""The exam or treatment of the question must be that of what the answer rests on."""

from bisect import bisect_left
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache
from itertools import takewhile
from typing import Final

from ingestion.knowledge.search.subject import term_words
from ingestion.knowledge.words import dictionary_words
from workers.answering.check.fault import Fault, Kind
from workers.answering.check.names import subjects_of
from workers.answering.check.statements import Statement, sentences
from workers.answering.check.support import Focus, Support
from workers.answering.check.terms import exam_stems, stem, terms

#: Letters of a short form that tells an exam: "colono", "transv".
_SHORT_FORM: Final = 5
#: Share of the highest score of a statement that is near.
_NEAR: Final = 0.6


def subject_faults(answer: str, question: str, support: Support) -> Iterator[Fault]:
    """Sentences about another exam than the question's, or from its sheet."""
    named, asked = subjects_of(question), support.known(question)
    own_words = frozenset[str]().union(*map(_exams_of, dictionary_words(question)))
    mended = support.corrected(question) - terms(question)
    meant = (own_words | mended & exam_stems()) & support.terms
    for sentence in sentences(answer):
        said = terms(sentence)
        near = support.nearest(Focus(said, asked), _NEAR)
        nearest = [each for each in near if said & each.terms] or near
        own = subjects_of(sentence) - named
        if (own and named and not any(own & _subjects_of(each) for each in nearest)) or (
            meant and nearest and all(_is_about_another(each, meant, support) for each in nearest)
        ):
            yield Fault(Kind.ANOTHER_SUBJECT, sentence)


def _subjects_of(statement: Statement) -> frozenset[str]:
    return subjects_of(f"{statement.text} {statement.context}")


@lru_cache(maxsize=16_384)
def _exams_of(word: str) -> frozenset[str]:
    """The stems of the exams that a word names, in full or in short."""
    exams = _exams()
    if len(word) < _SHORT_FORM:
        return frozenset({stem(word)} if word in term_words() else ())
    begun = takewhile(lambda exam: exam.startswith(word), exams[bisect_left(exams, word) :])
    return frozenset(map(stem, begun))


@cache
def _exams() -> list[str]:
    return sorted(term_words())


def _is_about_another(statement: Statement, meant: AbstractSet[str], support: Support) -> bool:
    """Whether a statement has none of the question's subjects, or fewer exams than another."""
    about = statement.terms | statement.above
    if not meant & about:
        return True
    return any(meant & about < meant & (each.terms | each.above) for each in support.statements)
