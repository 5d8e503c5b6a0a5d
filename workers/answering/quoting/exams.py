"""Which exams and treatments a text names, and which a candidate speaks of. Pure."""

from collections.abc import Sequence

from ingestion.knowledge.search.subject import term_words
from ingestion.knowledge.words import dictionary_words
from workers.answering.quoting.candidates import Candidate


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
