"""Words as the dictionaries and the clinic's documents write them.

Sentence embeddings suffer from hasty typing: with no accents and a typo in every fourth word,
recall@5 of the cosine fell from 70.4 to 62.5 on a health FAQ; corrected questions reach 67.7.
"""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from string import ascii_lowercase
from typing import Final

from spellchecker import SpellChecker

from ingestion.folding import fold
from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.search.vocabulary import words_of_names, words_of_terms

#: Shortest word that is corrected: shorter ones have too many neighbours.
SHORTEST: Final = 4

#: Occurrences in the dictionaries' sources from which other words are corrected to a word; rarer
#: words (most occur once, in a spelling list) are only left as they are.
COMMON: Final = 60

#: Most terms of one document: a badly read scan has no end of them.
TERMS: Final = 2000

_WORD: Final = re.compile(r"\w+")


class Dictionary:
    """The words of one language, by their folded form.

    Args:
        language: one that pyspellchecker has a word list of (from film subtitles).
    """

    def __init__(self, language: str) -> None:
        counts = SpellChecker(language=language).word_frequency.dictionary
        self._counts: dict[str, int] = {}
        self._spellings: dict[str, str] = {}
        for word, count in counts.items():
            plain = fold(word)
            if count > self._counts.get(plain, 0):
                self._counts[plain] = count
                if plain != word:
                    self._spellings[plain] = word
                else:
                    self._spellings.pop(plain, None)
        self._sorted: list[str] = []
        self._edits = SpellChecker(language=None, distance=1)
        self._edits.word_frequency.add(ascii_lowercase)  # the letters that it inserts

    def __contains__(self, plain: str) -> bool:
        return plain in self._counts

    def spelling(self, plain: str) -> str:
        """How a folded word is written most often."""
        return self._spellings.get(plain, plain)

    def is_common(self, plain: str) -> bool:
        """Whether other words are corrected to this folded word."""
        return self._counts.get(plain, 0) >= COMMON

    def has_longer(self, plain: str, letters: int) -> bool:
        """Whether a common word begins with this one and goes on for some letters."""
        self._sorted = self._sorted or sorted(filter(self.is_common, self._counts))
        start, end = (bisect_left(self._sorted, word) for word in (plain, plain + "~"))
        return any(len(word) >= len(plain) + letters for word in self._sorted[start:end])

    def nearest(self, plain: str, terms: Mapping[str, str]) -> str | None:
        """The word one letter away: of the documents' own first, else the most common one."""
        near = self._edits.edit_distance_1(plain)
        own = sorted(near & terms.keys())
        if own:
            return terms[own[0]]
        best = max(
            filter(self.is_common, near), key=lambda word: (self._counts[word], word), default=None
        )
        return best and self.spelling(best)


def correct(text: str, terms: Mapping[str, str], *, has_accents: bool) -> str:
    """A question with its spelling and accents corrected; the rest as it was.

    A known word stays as it is, and so does a name: a capital within the text. A word that neither
    the language nor the documents know becomes one that is a single letter away, if there is one.

    Args:
        text: the question.
        terms: the documents' own uncommon words, as written, by folded form.
        has_accents: whether the writer uses accents; where not, known words get theirs.
    """
    words = [fold(word) for word in _WORD.findall(text)]
    portuguese, english = dictionary("pt"), dictionary("en")
    is_english = _known(english, words) > _known(portuguese, words)
    language = english if is_english else portuguese

    def correction(match: re.Match[str]) -> str:
        word = match.group()
        plain = fold(word)
        if plain in terms or plain in language:
            spelling = terms.get(plain) or language.spelling(plain)
            return word if has_accents or spelling == plain else spelling
        is_name = match.start() > 0 and word[0].isupper() and not text.isupper()
        if len(plain) < SHORTEST or not plain.isalpha() or is_name or plain in words_of_names():
            return word
        return language.nearest(plain, terms) or word

    return _WORD.sub(correction, text)


def uncommon_words(texts: Iterable[str]) -> dict[str, str]:
    """Words as written, by folded form, that are common in no language: names, drugs, exams.

    And those that the dictionary accents otherwise: "convênio", where it has Portugal's "convénio";
    and those by which a question's words become the documents' own, see `vocabulary`.
    """
    portuguese, english = dictionary("pt"), dictionary("en")

    def is_uncommon(word: str, plain: str) -> bool:
        if not portuguese.is_common(plain) and not english.is_common(plain):
            return True
        return word != plain and plain in portuguese and portuguese.spelling(plain) != word

    return {
        plain: word
        for text in texts
        for word in map(str.lower, _WORD.findall(text))
        if (plain := fold(word)).isalpha()
        and (plain in words_of_terms() or (len(plain) >= SHORTEST and is_uncommon(word, plain)))
    }


def terms_of(chunks: Iterable[Chunk]) -> tuple[str, ...]:
    """The uncommon words of a document, the most frequent ones; see `IndexedDocument.terms`."""
    texts = [chunk.indexed for chunk in chunks]
    terms = uncommon_words(texts)
    if len(terms) > TERMS:
        counts = Counter(fold(word) for text in texts for word in _WORD.findall(text))
        frequent = sorted(terms, key=lambda plain: (-counts[plain], plain))[:TERMS]
        terms = {plain: terms[plain] for plain in frequent}
    return tuple(sorted(terms.values()))


@cache
def dictionary(language: str) -> Dictionary:
    """A language's dictionary, loaded once: a second or two."""
    return Dictionary(language)


def _known(language: Dictionary, words: Iterable[str]) -> int:
    return sum(word in language for word in words)
