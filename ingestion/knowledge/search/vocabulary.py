"""What patients call a thing, and what a clinic's documents call it.

A question says "preparo da endo" or "médico do coração" where the sheet says "endoscopia digestiva
alta" and the price list "cardiologia". An embedding model knows few of these names, and no shared
word leads from one to the other. The documents' own terms are written behind the patient's, and
only those that stand in the documents: "endo" is an endoscopy in one clinic and endodontics in
another.
"""

import re
from collections.abc import Container, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from ingestion.folding import fold

_FILE: Final = Path(__file__).parent / "vocabulary.txt"

#: What stands below this line of the file is no subject.
_OTHERS: Final = "# ====="

_WORD: Final = re.compile(r"\w+")

#: Shortest word that tells whether a term is used, and words of that length that don't.
_TELLING: Final = 3
_SMALL: Final = frozenset({"com", "dos", "das", "por", "que", "nas", "nos"})

#: Most words of a name.
_LONGEST: Final = 5

#: Most names of a question that get terms: more would say more than the question.
_MOST: Final = 3


def with_terms(text: str, documents: Container[str]) -> str:
    """A question with the documents' terms behind its own.

    Args:
        text: the question.
        documents: the documents' own words, folded.
    """
    words = list(_WORD.finditer(text))
    folded = [fold(word.group()) for word in words]
    parts: list[str] = []
    said = fold(text)
    copied = place = 0
    while place < len(words) and len(parts) < _MOST:
        length, terms = _longest_name(folded[place : place + _LONGEST])
        place += length
        new: list[str] = []
        for term in terms:
            if fold(term) not in said and _is_used(term, documents):
                new.append(term)
                said += f"\n{fold(term)}"
        if new:
            end = words[place - 1].end()
            parts.append(f"{text[copied:end]} ({', '.join(new)})")
            copied = end
    return "".join((*parts, text[copied:]))


@cache
def words_of_terms() -> frozenset[str]:
    """The folded words that tell whether a document uses a term."""
    return frozenset(
        word for _, terms in vocabulary() for term in terms for word in _telling_words(term)
    )


@cache
def words_of_names() -> frozenset[str]:
    """The folded words of what patients write: none of them is misspelt."""
    return frozenset(word for name in _terms_by_name() for word in name)


def subjects() -> tuple[str, ...]:
    """The terms that a question and a passage are about: exams and treatments, no paperwork."""
    text = _FILE.read_text("utf-8").partition(_OTHERS)[0]
    return tuple(term for _, terms in _lines(text) for term in terms)


def vocabulary() -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """The lines of the file: what patients write, and the terms for it."""
    yield from _lines(_FILE.read_text("utf-8"))


def _lines(text: str) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    for line in text.splitlines():
        if line and not line.startswith("#"):
            names, _, terms = line.partition("=")
            yield _between_commas(names), _between_commas(terms)


def _between_commas(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(","))


def _longest_name(folded: list[str]) -> tuple[int, tuple[str, ...]]:
    """How many of the next words are a name, 1 where none is, and its terms."""
    if folded[0] not in _first_words():
        return 1, ()
    for length in range(len(folded), 0, -1):
        terms = _terms_by_name().get(tuple(folded[:length]))
        if terms:
            return length, terms
    return 1, ()


def _is_used(term: str, documents: Container[str]) -> bool:
    words = _telling_words(term)
    return bool(words) and all(word in documents for word in words)


def _telling_words(term: str) -> list[str]:
    words = _WORD.findall(fold(term))
    return [
        word for word in words if len(word) >= _TELLING and word.isalpha() and word not in _SMALL
    ]


@cache
def _first_words() -> frozenset[str]:
    """The words that a name begins with."""
    return frozenset(name[0] for name in _terms_by_name())


@cache
def _terms_by_name() -> Mapping[tuple[str, ...], tuple[str, ...]]:
    return {
        tuple(_WORD.findall(fold(name))): terms for names, terms in vocabulary() for name in names
    }
