"""One answer against the passages that the model was shown."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.passage import Passage
from workers.answering.check.amounts import Asked, amount_faults
from workers.answering.check.contacts import contact_faults, without_contacts
from workers.answering.check.contradiction import contradiction_faults
from workers.answering.check.days import amounts_of, day_faults
from workers.answering.check.fault import Fault, Kind
from workers.answering.check.form import form_faults
from workers.answering.check.names import name_faults, text_of
from workers.answering.check.polarity import words_of
from workers.answering.check.rows import age_faults, row_faults
from workers.answering.check.statements import sentences
from workers.answering.check.subject import subject_faults
from workers.answering.check.support import Focus, Support
from workers.answering.check.terms import terms
from workers.answering.language import Language
from workers.answering.wording.parts import parts_of
from workers.answering.wording.words import wording_of

#: What only a document may say: of 21 answers of the small model with it 18 were wrong.
_COMFORT: Final = re.compile(
    r"\bnao se preocup\w+|\b(?:fique|pode ficar|ficar) (?:tranquil|calm)\w+|\bdon't worry\b"
)
_MOST_PARTS: Final = 4
#: Share of an answer's own words that must stand in the passages.
_SUPPORTED: Final = 0.6


def faults(
    answer: str,
    question: str,
    passages: Sequence[Passage],
    language: Language | None = None,
    prompts: Sequence[str] = (),
) -> tuple[Fault, ...]:
    """What is wrong with an answer; empty where it may be sent.

    Args:
        answer: as it would be sent.
        question: as it was asked.
        passages: those that the model was shown.
        language: of the question; None: any will do.
        prompts: the prompt's own texts, without passages and question.
    """
    if not passages:
        return (Fault(Kind.UNSUPPORTED_WORDS, answer),)
    texts = [*map(text_of, passages)]
    known = "\n".join(texts)
    support = Support(passages)
    found = chain(
        form_faults(answer, question, language, prompts, texts),
        contact_faults(answer, known),
        name_faults(answer, passages),
        _sentence_faults(answer, question, support),
        subject_faults(answer, question, support),
        _unsupported(answer, support, known),
    )
    return tuple(dict.fromkeys(found))


def _sentence_faults(answer: str, question: str, support: Support) -> Iterator[Fault]:
    asked_numbers = wording_of(question).numbers
    asked_terms = support.known(question)
    parts = tuple(support.known(part) for part in parts_of(question)[:_MOST_PARTS])
    for sentence in sentences(answer):
        clean = without_contacts(sentence)
        focus = Focus(terms(sentence), asked_terms)
        asked = Asked(asked_numbers, "nao" in words_of(sentence), parts)
        yield from amount_faults(amounts_of(clean), focus, support, asked)
        yield from day_faults(sentence, focus, support)
        yield from age_faults(sentence, asked_numbers, focus, support)
        yield from row_faults(sentence, focus, support)
        yield from contradiction_faults(sentence, question, focus, support)


def _unsupported(answer: str, support: Support, known: str) -> Iterator[Fault]:
    said = support.known(answer)
    comfort = _COMFORT.search(fold(answer))
    if comfort and comfort.group() not in fold(known):
        yield Fault(Kind.UNSUPPORTED_WORDS, comfort.group())
    if not said and not wording_of(answer).numbers:
        yield Fault(Kind.UNSUPPORTED_WORDS, answer)
    elif len(said & support.terms) < _SUPPORTED * len(said):
        yield Fault(Kind.UNSUPPORTED_WORDS, " ".join(sorted(said - support.terms)))
