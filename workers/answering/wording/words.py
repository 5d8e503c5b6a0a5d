"""A text as facts are looked for in it: its words in order, and its numbers with their units. Pure.

What is written in more than one way is written in one: `R$ 1.240,00` as `1240`, `8h`, `8 h` and
`08:00` as `8 h`, `07:30` as `7h30`, `5 da tarde` as `17 h`, `24/12` as `24 de dezembro`, `oito` as
`8`, `1/2 comprimido` as `0.5 comprimido`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final, NamedTuple

from ingestion.folding import fold
from workers.answering.wording.rewriting import SPELLED, UNITS, has_numbers, rewritten

#: Words that begin a clause.
_TURNS: Final = frozenset({"mas", "porem", "contudo", "entretanto", "todavia", "but", "however"})
#: Words between the two numbers of a range.
_RANGES: Final = frozenset({"a", "as", "e", "ou", "ate", "to", "or"})
#: Marks between clauses that end no sentence.
_WITHIN: Final = frozenset(",()")
_MONEY: Final = "r$"
_TOKEN: Final = re.compile(
    r"(?P<time>\d{1,2}:\d\d)|(?P<ordinal>\d+)[ao]\b|\d+[^\W\d]\w*"
    rf"|(?P<spelled>{SPELLED})?"
    r"(?P<number>\d{1,3}(?:\.\d{3})+(?:,\d+)?(?!\d)|\d+(?:[.,]\d+)?)"
    r"|r\$|%|[^\W\d]\w*|(?P<pause>[.,;:!?()\n])"
)


class Word(NamedTuple):
    """One word, and the number of the clause that it stands in: punctuation ends a clause.

    `amount` is what a number is one of: its unit, `real` for money; empty where none follows.
    """

    text: str
    clause: int
    amount: str = ""


class Number(NamedTuple):
    """A number in a text; `unit` is empty where none follows."""

    value: str
    unit: str = ""

    def __str__(self) -> str:
        if self.unit == "real":
            return f"R$ {self.value}"
        if ":" in self.value:
            return self.value.replace(":", "h")
        return self.value if self.unit == "ordinal" else f"{self.value} {self.unit}".strip()

    def agrees(self, other: "Number") -> bool:
        """Whether it may be the same: units differ only where both have one."""
        return self.value == other.value and ("" in (self.unit, other.unit) or self[1] == other[1])


@dataclass(frozen=True)
class Wording:
    """The words of a text without case, accents and punctuation, and its numbers.

    `pauses` holds for each clause the mark that ends it, empty where a word begins the next one.
    """

    words: tuple[Word, ...]
    numbers: frozenset[Number]
    pauses: tuple[str, ...] = ()

    @cached_property
    def replies(self) -> tuple[str, ...]:
        """For each clause the first word after the question that it is of; empty where none is.

        "Precisa, afinal, de pedido? Sim": its first three clauses are of one question.
        """
        replies = [""] * (len(self.pauses) + 1)
        following, place = "", len(self.words)
        for clause in range(len(self.pauses) - 1, -1, -1):
            while place and self.words[place - 1].clause > clause:
                place -= 1
                following = self.words[place].text
            if self.pauses[clause] == "?":
                replies[clause] = following
            elif self.pauses[clause] in _WITHIN:
                replies[clause] = replies[clause + 1]
        return tuple(replies)


class _Token(NamedTuple):
    text: str
    clause: int
    unit: str
    numeric: bool = False
    spelled: bool = False


@lru_cache(maxsize=4096)
def wording_of(text: str) -> Wording:
    """How a text is compared."""
    tokens, pauses = _tokens(rewritten(fold(text)))
    units = [
        (token.unit or _unit(tokens[place + 1 : place + 4])) if token.numeric else ""
        for place, token in enumerate(tokens)
    ]
    numbers = (
        Number(token.text, unit)
        for token, unit in zip(tokens, units, strict=True)
        if token.numeric and (unit or not token.spelled)
    )
    return Wording(tuple(_words(tokens, units)), frozenset(numbers), tuple(pauses))


@lru_cache(maxsize=4096)
def numbers_of(text: str) -> frozenset[Number]:
    """The numbers of a text alone: a text without any is not read further."""
    return wording_of(text).numbers if has_numbers(fold(text)) else frozenset()


def _tokens(text: str) -> tuple[list[_Token], list[str]]:
    """The tokens, and the marks between their clauses."""
    tokens: list[_Token] = []
    pauses: list[str] = []
    money = False
    for match in _TOKEN.finditer(text):
        word, kind = match[0], match.lastgroup
        if kind == "pause":
            pauses.append(word)
            continue
        if word == _MONEY:
            money = True
            continue
        if kind:
            tokens.append(_number(match, kind, len(pauses), money=money))
        else:
            if word in _TURNS:
                pauses.append("")
            tokens.append(_Token(word, len(pauses), UNITS.get(word, "")))
        money = False
    return tokens, pauses


def _number(match: re.Match[str], kind: str, clause: int, *, money: bool) -> _Token:
    if kind == "time":
        return _Token(match[0], clause, "h", numeric=True)
    if kind == "ordinal":
        return _Token(match[0], clause, "ordinal", numeric=True)
    unit, spelled = "real" if money else "", bool(match["spelled"])
    return _Token(_value(match["number"]), clause, unit, numeric=True, spelled=spelled)


def _value(digits: str) -> str:
    """The number without thousands' points, leading zeros and empty decimals."""
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?", digits):
        digits = digits.replace(".", "")
    whole, _, decimals = digits.replace(",", ".").partition(".")
    decimals = decimals.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{decimals}" if decimals else "")


def _unit(after: Sequence[_Token]) -> str:
    """The unit of a number that these follow: "30 a 40 minutos" are both minutes."""
    if len(after) > 1 and after[0].text in _RANGES and after[1].numeric:
        return after[1].unit or _unit(after[2:])
    return "" if not after or after[0].numeric else after[0].unit


def _words(tokens: list[_Token], units: list[str]) -> Iterator[Word]:
    """The words; a unit in its one spelling after a number, where money has none."""
    numeric_before = False
    for token, amount in zip(tokens, units, strict=True):
        unit = token.unit if numeric_before and not token.numeric else ""
        numeric_before = token.numeric
        if unit != "real":
            yield Word(unit or token.text, token.clause, amount)
