"""Which exams and treatments a text names, and which a candidate speaks of. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.search.subject import term_words
from ingestion.knowledge.words import dictionary_words
from workers.answering.quoting.candidates import Candidate
from workers.answering.quoting.features import content

#: Words, folded, for what or whom was named before.
_BACKWARD: Final = re.compile(r"\b(?:(?:d|n)?el[ea]s?|(?:d|n)?isto|(?:d|n)?isso)\b")
#: Words, folded, in the title of a sheet about one treatment.
_TREATMENT: Final = re.compile(r"\b(?:preparo|recuperacao|pos.?operatori|cirurgia|cuidados)")


def exams_in(text: str) -> frozenset[str]:
    """The words of a text that name an exam or a treatment, in the form of the dictionary."""
    return dictionary_words(text) & term_words()


def exams_of(candidate: Candidate) -> frozenset[str]:
    """What a candidate names, and what the headings above it do.

    The innermost heading that names an exam counts: under "Preparo para mamografia e densitometria"
    the section "Mamografia" speaks of one of them.
    """
    passage = candidate.passage
    above = (passage.title, *passage.heading_at(candidate.span.start))
    if passage.is_pair:
        above = (candidate.heading,)
    named = next(filter(None, map(exams_in, reversed(above))), frozenset[str]())
    return exams_in(candidate.text) | named


def lacks_an_exam(question: str, best: Candidate, candidates: Sequence[Candidate]) -> bool:
    """Whether a question names an exam that the clinic writes about, and the candidate does not.

    What a mammography allows is no answer about a densitometry; and where both are asked for, what
    is said of one is half of it.

    Args:
        question: as it was asked, without what was asked before it.
        best: what was picked of the candidates.
        candidates: all of them.
    """
    asked = exams_in(question)
    known = frozenset[str]().union(*map(exams_of, candidates)) if asked else frozenset[str]()
    return bool(asked & known - exams_of(best))


def is_untold(question: str, best: Candidate) -> bool:
    """Whether a question speaks of what was named before it, and the candidate of one thing alone.

    "Quando ela pode dirigir de novo?" was answered by the sheet of a surgery; it was asked after
    a colonoscopy, the day before.

    Args:
        question: as it was asked, where nothing before it is known.
        best: what was picked.
    """
    title = best.passage.title
    is_of_one = bool(exams_of(best)) or _TREATMENT.search(fold(title)) is not None
    is_named = exams_in(question) or content(question) & content(title)
    return is_of_one and not is_named and _BACKWARD.search(fold(question)) is not None
