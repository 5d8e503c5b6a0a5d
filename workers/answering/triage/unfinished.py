"""Whether a message looks as if its writer had not done yet. Pure but for the files."""

import re
from collections.abc import Sequence
from functools import cache
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.search.phrase import SHORT
from ingestion.knowledge.search.spell import dictionary
from ingestion.knowledge.search.vocabulary import words_of_names, words_of_terms
from workers.answering.templates import LANGUAGES
from workers.answering.triage.files import lines
from workers.answering.triage.lists import WholeList
from workers.answering.triage.message import Words, plain

#: The beginning of a message, after its greeting, as a word of the lists.
_BEGINNING: Final = "^"
#: Sections of the courtesies that stand before what is asked.
_BEFORE: Final = ("greeting", "around")
#: Words that may follow who somebody is, without a question in them.
_ABOUT_ONESELF: Final = 6
#: A word that breaks off has this many letters at least, and as many are missing: below, patients'
#: short forms ("colono", "dermato") look the same.
_CUT: Final = 7
_MISSING: Final = 2
#: Short forms of words that a message may break off after. "s/" and "c/" need their stroke, and
#: "eh" is a word here.
_FULL: Final = {
    fold(word): fold(words).split()
    for word, words in SHORT.items()
    if word != "eh" and not word.endswith("/")
}
_IS: Final = re.compile(r"\bé\b")
_TOKEN: Final = re.compile(r"[a-z]+|\d+")
#: Faces and the like, and what nobody sees: they end nothing and begin nothing.
_DECORATION: Final = re.compile(r"[\s\U0001f000-\U0001faff\u2600-\u27bf\u200b-\u200d\ufe0f]+\Z")
#: Signs after which something follows.
_OPEN: Final = re.compile(r"(?:[,:;(/+&\u2013\u2014-]|\.\.|\u2026)\Z")
_CLOSED: Final = re.compile(r"[.!?)\]\"'0-9%]\Z")


class Unfinished:
    """Reads what the lists of all languages say."""

    def __init__(self) -> None:
        names = [f"{language}/unfinished.txt" for language in LANGUAGES]
        sections = [line for name in names for line in lines(name)]

        def phrases(section: str) -> frozenset[tuple[str, ...]]:
            return frozenset(tuple(line.split()) for own, line in sections if own == section)

        self._last, self._but = phrases("last"), phrases("but")
        self._introductions = phrases("introduction")
        courtesies = [f"{language}/courtesies.txt" for language in LANGUAGES]
        openings = [f"{language}/openings.txt" for language in LANGUAGES]
        self._greetings = (
            frozenset(
                tuple(line.split())
                for name in courtesies
                for section, line in lines(name)
                if section in _BEFORE
            )
            - {tuple(line.split()) for name in openings for _, line in lines(name)}
            - {phrase[1:] for phrase in self._last}
        )
        self._wholes = WholeList([*courtesies, *openings])
        self._words = Words(self._wholes.words)

    def looks(self, text: str) -> bool:
        """Whether more is likely to come after this message.

        Args:
            text: as the patient wrote it, not empty.
        """
        shown = _DECORATION.sub("", text)
        if _OPEN.search(shown):
            return True
        if self._opens(shown):
            return True
        words = [_BEGINNING, *self._without_greetings(_words(shown))]
        if self._introduces(words, shown):
            return True
        if _CLOSED.search(shown) or _ends_in(words, self._but):
            return False
        return _ends_in(words, self._last) or _is_cut(words[-1])

    def _opens(self, text: str) -> bool:
        """Whether it holds nothing but "queria saber" and courtesies."""
        if text.endswith("?"):
            return False
        sections = self._wholes.sections([self._words.meant(word) for word in plain(text)])
        return "opening" in (sections or ())

    def _introduces(self, words: Sequence[str], text: str) -> bool:
        """Whether it says who writes, or what of, and asks nothing."""
        if "?" in text:
            return False
        return any(
            tuple(words[: len(phrase)]) == phrase and len(words) <= len(phrase) + _ABOUT_ONESELF
            for phrase in self._introductions
        )

    def _without_greetings(self, words: list[str]) -> list[str]:
        while size := next(
            (size for size in (3, 2, 1) if tuple(words[:size]) in self._greetings), None
        ):
            words = words[size:]
        return words


def _ends_in(words: Sequence[str], phrases: frozenset[tuple[str, ...]]) -> bool:
    most = min(len(words), _longest(phrases))
    return any(tuple(words[-size:]) in phrases for size in range(1, most + 1))


@cache
def _longest(phrases: frozenset[tuple[str, ...]]) -> int:
    """Words of the longest one: of a long message no more are compared."""
    return max(map(len, phrases), default=0)


def _words(text: str) -> list[str]:
    """The words, folded, short forms in full; "é" is "eh"."""
    tokens = _TOKEN.findall(fold(_IS.sub("eh", text.lower())))
    return [word for token in tokens for word in _FULL.get(token, [token])]


def _is_cut(word: str) -> bool:
    """Whether a word is the beginning of a longer one, and none itself."""
    if len(word) < _CUT or any(word in dictionary(language) for language in LANGUAGES):
        return False
    if word in words_of_names() | words_of_terms():
        return False
    return any(dictionary(language).has_longer(word, _MISSING) for language in LANGUAGES) or any(
        term.startswith(word) and len(term) >= len(word) + _MISSING for term in words_of_terms()
    )


@cache
def load_unfinished() -> Unfinished:
    """The one of this process."""
    return Unfinished()
