"""Questions as people type them: without accents, in haste, in the shorthand of a chat."""

import random
import re
from collections.abc import Callable, Mapping
from typing import Final

from ingestion.folding import fold

#: Share of the words of four letters or more that get a typing error.
TYPOS: Final = 0.15

#: Neighbours on a Brazilian keyboard.
_KEYS: Final = ("qwertyuiop", "asdfghjkl", "zxcvbnm")

#: What people leave of words; written out again by nothing in this file.
_SHORT: Final[Mapping[str, str]] = {
    "você": "vc", "vocês": "vcs", "quanto": "qto", "quantos": "qtos", "quando": "qdo",
    "que": "q", "porque": "pq", "para": "p/", "com": "c/", "sem": "s/", "não": "n",
    "também": "tbm", "hoje": "hj", "depois": "dps", "qual": "ql", "mesmo": "msm",
    "muito": "mto", "tudo": "td", "exame": "exm", "horas": "hrs",
}  # fmt: skip
_WORD: Final = re.compile(r"\w+")


def typed_in_haste(text: str) -> str:
    """Unaccented, and some words with a letter missing, doubled, swapped or wrong."""
    chance = random.Random(text)  # noqa: S311 - equal every time, and no secret

    def slip(match: re.Match[str]) -> str:
        word = match.group()
        if len(word) < 4 or chance.random() >= TYPOS:  # noqa: PLR2004 - see TYPOS
            return word
        place = chance.randrange(1, len(word) - 1)
        return chance.choice(
            [
                word[:place] + word[place + 1 :],
                word[:place] + word[place] + word[place:],
                word[:place] + word[place + 1] + word[place] + word[place + 2 :],
                word[:place] + _beside(word[place], chance) + word[place + 1 :],
            ]
        )

    return _WORD.sub(slip, fold(text))


def abbreviated(text: str) -> str:
    """With a greeting, no accents, and the shorthand of a chat."""
    short = _WORD.sub(lambda word: _SHORT.get(word.group().lower(), word.group()), text)
    return f"oi bom dia, {fold(short)}"


def _beside(letter: str, chance: random.Random) -> str:
    for row in _KEYS:
        place = row.find(letter)
        if place >= 0:
            return chance.choice(row[max(0, place - 1) : place] + row[place + 1 : place + 2])
    return letter


#: What is done to every question of a set, by name.
KINDS: Final[Mapping[str, Callable[[str], str]]] = {
    "unaccented": fold,
    "typed in haste": typed_in_haste,
    "abbreviated": abbreviated,
}
