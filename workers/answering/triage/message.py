"""A message as the word lists see it: plain words, typing errors set right."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from spellchecker import SpellChecker

from ingestion.folding import fold
from ingestion.knowledge.search.phrase import SHORT
from ingestion.knowledge.search.spell import dictionary
from workers.answering.triage.files import lines

#: Shortest word that a typing error is looked for in: shorter ones have too many neighbours.
SHORTEST: Final = 4
#: The end of a sentence, as a word of its own.
END: Final = "."

#: What phones write instead of words. Faces and hearts say nothing by themselves.
_SIGNS: Final[Mapping[str, str]] = {
    **dict.fromkeys("👍👌✅🆗☑✔🤝🫡", "joinha"),
    **dict.fromkeys("🙏", "maosjuntas"),
    **dict.fromkeys("👋", "aceno"),
    **dict.fromkeys("😊🙂😀😃😄😁😉☺😍🥰😘🤗❤💙💚💛🧡💜🩷🤍💕💖🌹🌷🌸✨🙌👏💪🎉😂🤣😅", "carinha"),
}
_LONG: Final = re.compile(r"([a-z])\1{2,}")
#: The apostrophes of "can't" and "d'água" join; any other sign divides.
_JOINS: Final = re.compile(r"(?<=[a-z])['`´\u2018\u2019](?=[a-z])")  # noqa: RUF001 - as typed
#: "Não, ..." denies nothing that follows.
_NO: Final = re.compile(r"\bn[aã]o\s*,")
#: Words that would be others without their accent: "é" is no "e", "dô" no "do".
_ACCENTED: Final[Mapping[str, str]] = {"é": "eh", "dô": "dor"}
_ACCENTED_WORD: Final = re.compile(r"\b(?:é|dô)\b")
#: "sangrano", "morrenu": as they are spoken.
_SPOKEN: Final = re.compile(r"(?<=[aei])n[ou]$")
_TOKEN: Final = re.compile(r"[a-z]+|\d+|[.!?;\n]+")


def _short_forms() -> tuple[dict[str, list[str]], frozenset[str]]:
    """What each short form stands for, and the words that change nothing."""
    full = {fold(word).rstrip("/"): fold(words).split() for word, words in SHORT.items()}
    small: set[str] = set()
    for name in ("pt/short.txt", "en/short.txt"):
        for section, line in lines(name):
            if section:
                small.update(line.split())
            else:
                typed, _, words = line.partition(":")
                full |= dict.fromkeys(typed.split(), words.split())
    complete = {typed: [*_chain(words, full)] for typed, words in full.items()}
    return complete, frozenset(small)


def _chain(words: list[str], full: Mapping[str, list[str]]) -> Iterator[str]:
    """A short form's words may be short forms themselves: mta, muita, muito."""
    for word in words:
        yield from full.get(word, [word])


_FULL, _SMALL = _short_forms()


class Words:
    """The words of all lists, to which words typed wrongly are led back.

    Args:
        words: as they stand in the lists, plain.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(words)
        self._edits = SpellChecker(language=None, distance=1)
        self._edits.word_frequency.add("abcdefghijklmnopqrstuvwxyz")  # the letters it inserts
        self._languages = (dictionary("pt"), dictionary("en"))
        self._meant = lru_cache(maxsize=20_000)(self._nearest)

    def meant(self, word: str) -> str:
        """The list's word that is one letter away from one that no language has; else the word."""
        if word in self._words or len(word) < SHORTEST or not word.isalpha():
            return word
        return self._meant(word)

    def _nearest(self, word: str) -> str:
        if any(language.is_common(word) for language in self._languages):
            return word
        if (written := _SPOKEN.sub("ndo", word)) != word and written in self._words:
            return written
        near = self._edits.edit_distance_1(word) & self._words
        # A letter is left out more often than one too many is typed.
        longer = [each for each in sorted(near) if len(each) > SHORTEST]
        return max(longer, key=len, default=word)


def plain(text: str) -> list[str]:
    """The words of a text, folded, short forms in full, small words left out, `END` between.

    >>> plain("Tô c/ mta DORRR no peito!! e agr?")
    ['estou', 'com', 'dor', 'no', 'peito', '.', 'agora', '.']
    """
    accented = _ACCENTED_WORD.sub(lambda match: _ACCENTED[match.group()], _spelt(text).lower())
    spelt = _NO.sub(" ", accented)
    folded = _JOINS.sub("", _LONG.sub(r"\1", fold(spelt)))
    words: list[str] = []
    for token in _TOKEN.findall(folded):
        if not token[0].isalnum():
            words.append(END)
        elif token not in _SMALL:
            words += [word for word in _FULL.get(token, [token]) if word not in _SMALL]
    return words


def _spelt(text: str) -> str:
    """Signs as words; what nobody sees is left out."""
    parts = (
        f" {_SIGNS[char]} "
        if char in _SIGNS
        else ""
        if unicodedata.category(char) == "Cf"
        else char
        for char in unicodedata.normalize("NFKC", text)
    )
    return "".join(parts)
