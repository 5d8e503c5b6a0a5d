"""Words and letter groups to sparse vectors, the same for both stores.

Two rankings beside the cosine. Words: Qdrant's own BM25, Portuguese and English stems side by side,
because a clinic has documents in both and a question does not tell which. Portuguese words are
reduced to their dictionary form first: the stemmer alone gives "hospitais" and "hospital",
"vacinações" and "vacinação", "rins" and "rim" stems that differ. Letter groups (four
letters, accents folded) find what stems do not: "limitacoes" typed in haste, "coronavírus" in
"corona virus", names, and the many words that Portuguese and English share. Alone they reach
97.3 % recall@5 on FaQuAD where BM25 reaches 97.1 and the cosine 93.1, and with a typo in every
fourth word still 96.3 where those fall to 91.3 and 84.9 (`python -m benchmarks.retrieval`).
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final
from zlib import crc32

import simplemma
from qdrant_edge import Bm25, Bm25Config, SparseVector

from ingestion.folding import fold

#: Letters of a group; a word is bounded by a mark on each side.
GROUP: Final = 4

#: BM25's saturation and length normalisation (Robertson and Zaragoza 2009), and the groups of a
#: typical chunk, fixed so that no vector depends on the corpus.
K1: Final = 1.2
B: Final = 0.75
TYPICAL_GROUPS: Final = 400

#: Keeps English stems apart from equal Portuguese ones.
ENGLISH: Final = 0x5BD1E995

_WORD: Final = re.compile(r"\w+")

#: Ends of plurals that the dictionary leaves ("rins", "ultrassons"), or that are typed without
#: accents, and those of the singular.
_PLURALS: Final = (("ns", "m"), ("oes", "ao"))


@dataclass(frozen=True, slots=True)
class Sparse:
    """A sparse vector: values by index, indices ascending and distinct."""

    indices: list[int]
    values: list[float]


def word_document(text: str) -> Sparse:
    """A passage's words, weighted as BM25 weighs a document; the store adds the IDF."""
    portuguese, english = _languages()
    return _both(portuguese.document(text), english.document(text))


def word_query(text: str) -> Sparse:
    """A question's words."""
    portuguese, english = _languages()
    return _both(portuguese.query(text), english.query(text))


@dataclass(frozen=True, slots=True)
class SharedWords:
    """How many of a question's words, by their stems and without stop words, stand in passages.

    Attributes:
        total: of the question.
        first: those in the first passage.
        known: those in any of the passages.
    """

    total: int
    first: int
    known: int


def shared_words(question: str, passages: Sequence[str]) -> SharedWords | None:
    """Compare a question with the passages that a search found, best first.

    None where the first is in the other language: then words tell nothing.
    """
    language, stems = _own_language(question)
    if passages and _language_of(passages[0]) is not language:
        return None
    found = [stems & _stems(language, passage) for passage in passages]
    known = frozenset[int]().union(*found)
    return SharedWords(len(stems), len(found[0]) if found else 0, len(known))


@lru_cache(maxsize=16_384)
def dictionary_words(text: str) -> frozenset[str]:
    """A text's words in the form of the Portuguese dictionary, folded.

    >>> sorted(dictionary_words("Os Exames, as vacinações"))
    ['a', 'exame', 'o', 'vacinacao']
    """
    return frozenset(fold(_dictionary_form(word)) for word in _WORD.findall(text))


def dictionary_word(word: str) -> str:
    """A single word of letters and digits in that form.

    >>> dictionary_word("Exames")
    'exame'
    """
    return fold(_dictionary_form(word))


def says_something(text: str) -> bool:
    """Whether a text has words that are no stop words.

    >>> says_something("e para nós?")
    False
    """
    return bool(_own_language(text)[1])


def letter_document(text: str) -> Sparse:
    """A passage's letter groups, weighted as BM25 weighs a document's words."""
    counts = _groups(text)
    norm = K1 * (1 - B + B * counts.total() / TYPICAL_GROUPS)
    return _sparse({key: count * (K1 + 1) / (count + norm) for key, count in counts.items()})


def letter_query(text: str) -> Sparse:
    """A question's letter groups, each once."""
    return _sparse(dict.fromkeys(_groups(text), 1.0))


def _own_language(text: str) -> tuple["_Language", frozenset[int]]:
    """The language that has more of a text's words as stop words, and the stems of the rest."""
    readings = [(language, frozenset(language.query(text).indices)) for language in _languages()]
    return min(readings, key=lambda reading: len(reading[1]))


def _groups(text: str) -> Counter[str]:
    counts: Counter[str] = Counter()
    for word in _WORD.findall(fold(text)):
        marked = f"_{word}_"
        starts = range(max(1, len(marked) - GROUP + 1))
        counts.update(marked[start : start + GROUP] for start in starts)
    return counts


def _sparse(values: dict[str, float]) -> Sparse:
    # Two groups of one hash would be one index twice, which Qdrant refuses: the last one stays.
    by_index = {crc32(key.encode()): value for key, value in values.items()}
    indices = sorted(by_index)
    return Sparse(indices, [by_index[index] for index in indices])


def _both(portuguese: SparseVector, english: SparseVector) -> Sparse:
    by_index = dict(zip(portuguese.indices, portuguese.values, strict=True))
    for index, value in zip(english.indices, english.values, strict=True):
        by_index[index ^ ENGLISH] = value
    indices = sorted(by_index)
    return Sparse(indices, [by_index[index] for index in indices])


@dataclass(frozen=True, slots=True)
class _Language:
    """The words of one language.

    Attributes:
        bm25: its stems and stop words, accents folded. Folding matters: people type without
            accents, and recall@5 fell by 5 to 9 points without it.
        reduced: a text with its words in the form of the dictionary.
    """

    bm25: Bm25
    reduced: Callable[[str], str] = str

    def document(self, text: str) -> SparseVector:
        """A passage's stems, weighted as BM25 weighs a document."""
        return self.bm25.embed_document(self.reduced(text))

    def query(self, text: str) -> SparseVector:
        """A question's stems."""
        return self.bm25.embed_query(self.reduced(text))


@cache
def _languages() -> tuple[_Language, _Language]:
    """Portuguese and English."""
    return (
        _Language(Bm25(Bm25Config(language="portuguese", ascii_folding=True)), _reduced),
        _Language(Bm25(Bm25Config(language="english", ascii_folding=True))),
    )


@lru_cache(maxsize=16_384)
def _stems(language: _Language, passage: str) -> frozenset[int]:
    return frozenset(language.document(passage).indices)


@lru_cache(maxsize=16_384)
def _language_of(passage: str) -> _Language:
    return _own_language(passage)[0]


def _reduced(text: str) -> str:
    return _WORD.sub(lambda match: _dictionary_form(match.group()), text)


@lru_cache(maxsize=65_536)
def _dictionary_form(word: str) -> str:
    form = simplemma.lemmatize(word.lower(), lang="pt")
    for plural, singular in _PLURALS:
        if form.endswith(plural):
            return form.removesuffix(plural) + singular
    return form
