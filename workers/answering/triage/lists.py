"""The word lists: read once, matched against a message's plain words. Pure but for the files.

A line of a list is a phrase: its words stand one after the other, in one sentence. `a|b` is either,
`...` leaves room for a few other words, `<name>` is any word of a group, `#` any number. `//`
begins a remark.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from workers.answering.triage.files import lines
from workers.answering.triage.message import END, plain

_ROOM: Final = "..."
#: Most words that `_ROOM` leaves room for, of the same sentence.
_GAP: Final = r"(?:[^ .]+ ){0,3}?"
_NUMBER: Final = "#"
_DIGITS: Final = r"\d+"

Groups = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase in a message.

    Attributes:
        section: of the list that the phrase stands in.
        marks: exclamation marks before the phrase in the list.
        span: its place in the joined words.
    """

    section: str
    marks: int
    span: tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class _Phrase:
    """A line, compiled.

    Attributes:
        first: the words that its first place may have: without one, it is not tried.
        words: all its words.
    """

    section: str
    marks: int
    pattern: re.Pattern[str]
    first: frozenset[str]
    words: frozenset[str]


class PhraseList:
    """Phrases by section, to look for in a message.

    Args:
        names: of the files, below this folder.
        groups: words that `<name>` stands for.
    """

    def __init__(self, names: Iterable[str], groups: Groups) -> None:
        phrases = [_phrase(*line, groups) for name in names for line in lines(name)]
        self.words = frozenset[str]().union(*(phrase.words for phrase in phrases))
        self._by_word: dict[str, list[_Phrase]] = defaultdict(list)
        for phrase in phrases:
            for word in phrase.first:
                self._by_word[word].append(phrase)

    def matches(self, text: str) -> Iterator[Match]:
        """Every phrase that stands in a message.

        Args:
            text: its words joined by spaces, with a space at each end.
        """
        words = {_NUMBER if word.isdigit() else word for word in text.split()}
        candidates = {
            phrase for word in words if word in self._by_word for phrase in self._by_word[word]
        }
        for phrase in candidates:
            for match in phrase.pattern.finditer(text):
                yield Match(phrase.section, phrase.marks, match.span())


class WholeList:
    """Phrases by section, of which a whole message may consist.

    Args:
        names: of the files, below this folder.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._sections = {
            tuple(plain(line)): section for name in names for section, line in lines(name)
        }
        self._longest = max(map(len, self._sections))
        self.words = frozenset(word for phrase in self._sections for word in phrase)

    def sections(self, words: Sequence[str]) -> list[str] | None:
        """The sections of the phrases that a message consists of; None where there is more."""
        rest = [word for word in words if word != END]
        sections: list[str] = []
        while rest:
            sizes = range(min(self._longest, len(rest)), 0, -1)
            size = next((size for size in sizes if tuple(rest[:size]) in self._sections), None)
            if size is None:
                return None
            sections.append(self._sections[tuple(rest[:size])])
            rest = rest[size:]
        return sections


def read_groups(names: Iterable[str]) -> dict[str, frozenset[str]]:
    """The groups of some files: the section's name is the group's."""
    groups: dict[str, set[str]] = defaultdict(set)
    for name in names:
        for section, line in lines(name):
            groups[section].update(plain(line))
    return {section: frozenset(words) for section, words in groups.items()}


def _phrase(section: str, line: str, groups: Groups) -> _Phrase:
    parts = line.lstrip("!").split()
    places = [None if part == _ROOM else _either(part, groups) for part in parts]
    pattern = "".join(_GAP if words is None else _pattern(words) for words in places)
    return _Phrase(
        section=section,
        marks=len(line) - len(line.lstrip("!")),
        pattern=re.compile(f"(?<= ){pattern}"),
        first=next(filter(None, places)),
        words=frozenset[str]().union(*filter(None, places)) - {_NUMBER},
    )


def _either(part: str, groups: Groups) -> frozenset[str]:
    """The words of one place of a phrase."""
    words: set[str] = set()
    for each in part.split("|"):
        if each.startswith("<"):
            words |= groups[each.strip("<>")]
        elif each == _NUMBER:
            words.add(each)
        else:
            (word,) = plain(each) or [""]
            if not word:
                raise ValueError(f"Messages are read without {each!r}: leave it out of {part!r}.")
            words.add(word)
    return frozenset(words)


def _pattern(words: frozenset[str]) -> str:
    either = "|".join(_DIGITS if word == _NUMBER else re.escape(word) for word in sorted(words))
    return f"(?:{either}) "
