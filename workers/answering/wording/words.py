"""A text as facts are looked for in it: its words in order, and its numbers with their units. Pure.

What is written in more than one way is written in one: `R$ 1.240,00` as `1240`, `8h`, `8 h` and
`08:00` as `8 h`, `07:30` as `7h30`, `5 da tarde` as `17 h`, `24/12` as `24 de dezembro`, `oito` as
`8`, `1/2 comprimido` as `0.5 comprimido`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final, NamedTuple

from ingestion.folding import fold

_MONTHS: Final = (
    "janeiro", "fevereiro", "marco", "abril", "maio", "junho",
    "julho", "agosto", "setembro", "outubro", "novembro", "dezembro",
)  # fmt: skip
#: Unit by each of its spellings; it is one only after a number.
_UNITS: Final[Mapping[str, str]] = MappingProxyType(
    {
        spelling: unit
        for unit, spellings in {
            "h": "h hs hr hrs hora horas hour hours",
            "min": "min mins minuto minutos minute minutes",
            "dia": "dia dias day days",
            "semana": "semana semanas week weeks",
            "mes": "mes meses month months",
            "ano": "ano anos year years",
            "real": "real reais",
            "kg": "kg kgs quilo quilos",
            "g": "g grama gramas",
            "mg": "mg miligrama miligramas",
            "ml": "ml mililitro mililitros",
            "l": "l litro litros",
            "cm": "cm centimetro centimetros",
            "%": "%",
            "grau": "grau graus",
            "x": "x vez vezes",
            "copo": "copo copos",
            "gota": "gota gotas",
            "comprimido": "comprimido comprimidos",
            "dose": "dose doses",
        }.items()
        for spelling in spellings.split()
    }
)
_TEENS: Final = (
    "um/uma", "dois/duas", "tres", "quatro", "cinco", "seis", "sete", "oito", "nove", "dez",
    "onze", "doze", "treze", "quatorze/catorze", "quinze", "dezesseis", "dezessete", "dezoito",
    "dezenove",
)  # fmt: skip
_DIGITS: Final[Mapping[str, int]] = MappingProxyType(
    {name: number for number, names in enumerate(_TEENS, start=1) for name in names.split("/")}
)
_TENS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "vinte": 20, "trinta": 30, "quarenta": 40, "cinquenta": 50,
        "sessenta": 60, "setenta": 70, "oitenta": 80, "noventa": 90,
    }
)  # fmt: skip
#: Before a number that was written in words: it is one of the text only where a unit follows, as
#: "os dois exames" tells no figure.
_SPELLED: Final = "\ue000"
#: Words that begin a clause.
_TURNS: Final = frozenset({"mas", "porem", "contudo", "entretanto", "todavia", "but", "however"})
#: Words between the two numbers of a range.
_RANGES: Final = frozenset({"a", "as", "e", "ou", "ate", "to", "or"})
_MONEY: Final = "r$"
_LIST_MARK: Final = re.compile(r"^\s*\d{1,2}[.)]\s+|\[\d{1,2}\]", re.MULTILINE)
_A_UNIT: Final = rf"(?:{'|'.join(sorted(filter(str.isalpha, _UNITS), key=len, reverse=True))})\b"
_BELOW_20: Final = "|".join(sorted(_DIGITS, key=len, reverse=True))
_IN_WORDS: Final = re.compile(
    rf"\b(?:cem|(?:cento e )?(?:(?:{'|'.join(_TENS)})(?: e (?:{_BELOW_20}))?|{_BELOW_20}))\b"
)
#: What follows "um" and "uma" where they count; elsewhere they are articles.
_COUNTS: Final = re.compile(
    rf"\s(?:(?:dia (?:antes|depois|apos|util)|vez (?:por|ao|a|cada)|da (?:tarde|manha|madrugada)"
    rf"|(?:a|ou) (?:\d|{_BELOW_20}))\b|(?!dia\b|vez\b){_A_UNIT})"
)
_FRACTION: Final = re.compile(rf"(?<![\d/])([1-9])/([1-9])\s?(?:de\s)?(?={_A_UNIT})")
_DATE: Final = re.compile(
    r"(?<![\d/])(0?[1-9]|[12]\d|3[01])/(0?[1-9]|1[0-2])(?:/(\d{4}|\d\d))?(?![\d/])"
    rf"(?!\s?{_A_UNIT})"
)
_HALF_OF_DAY: Final = re.compile(
    r"(?<![\d:.,/$])([01]?\d|2[0-4])(:\d\d)?(?:\s?(?:h|hs|hrs?|horas?))?"
    r"\sda\s(manha|tarde|noite|madrugada)\b"
)
_NOON: Final = 12
_TIME: Final = re.compile(
    r"(?<![\d:.,])([01]?\d|2[0-4])"
    r"(?::([0-5]\d)(?:\s?(?:h|hs|hrs?|horas?|min)\b)?"
    r"|\s?h([0-5]\d)(?:\s?min(?:utos?)?\b)?"
    r"|\s?h(?:s|rs?|oras?)?\s(?:e\s)?([0-5]\d)\s?min(?:utos?)?\b)(?![\d:])"
)
_REWRITTEN: Final = (
    (re.compile(r"n['\u2019]t\b"), " not"),
    (re.compile(r"\bcannot\b"), "can not"),
    (re.compile(r"\bno (?=need\b|longer\b|fasting\b)"), "not "),
    (re.compile(r"(\d)\s?[°o]\s?c\b"), r"\1 graus"),
    (re.compile(r"(\d)(h|hs|hrs?|min|kg|g|mg|ml|l|cm|x)\b"), r"\1 \2"),
)
_TOKEN: Final = re.compile(
    r"(?P<time>\d{1,2}:\d\d)|(?P<ordinal>\d+)[ao]\b|\d+[^\W\d]\w*"
    rf"|(?P<spelled>{_SPELLED})?"
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


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a text without case, accents and punctuation, and its numbers.

    `pauses` holds for each clause the mark that ends it, empty where a word begins the next one.
    """

    words: tuple[Word, ...]
    numbers: frozenset[Number]
    pauses: tuple[str, ...] = ()


class _Token(NamedTuple):
    text: str
    clause: int
    numeric: bool
    unit: str
    spelled: bool = False


@lru_cache(maxsize=4096)
def wording_of(text: str) -> Wording:
    """How a text is compared."""
    tokens, pauses = _tokens(_rewritten(fold(text)))
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


def _rewritten(folded: str) -> str:
    text = _LIST_MARK.sub(" ", folded)
    text = re.sub(r"\bpor cento\b", "%", text)
    text = re.sub(r"\bmeio (?=comprimidos?\b)", "0,5 ", text)
    text = _IN_WORDS.sub(_in_digits, text)
    text = _FRACTION.sub(_fraction, text)
    text = _DATE.sub(_date, text)
    text = _TIME.sub(_time, text)
    for pattern, replacement in _REWRITTEN:
        text = pattern.sub(replacement, text)
    return _HALF_OF_DAY.sub(_hour_of_day, text)


def _in_digits(match: re.Match[str]) -> str:
    words = match[0]
    if words in {"um", "uma"} and not _COUNTS.match(match.string, match.end()):
        return words
    values = {**_DIGITS, **_TENS, "cem": 100, "cento": 100}
    return _SPELLED + str(sum(values.get(word, 0) for word in words.split()))


def _fraction(match: re.Match[str]) -> str:
    return f"{int(match[1]) / int(match[2]):.2f} ".replace(".", ",")


def _hour_of_day(match: re.Match[str]) -> str:
    hour, minutes, part = int(match[1]), match[2], match[3]
    if part in {"tarde", "noite"} and 0 < hour < _NOON:
        hour += _NOON
    return f"{hour}{minutes}" if minutes else f"{hour} h"


def _date(match: re.Match[str]) -> str:
    day, month, year = match.groups()
    words = f"{int(day)} de {_MONTHS[int(month) - 1]}"
    return f"{words} de {year if len(year) > 2 else '20' + year}" if year else words  # noqa: PLR2004 (digits)


def _time(match: re.Match[str]) -> str:
    hour, *minutes = match.groups()
    minute = next(filter(None, minutes))
    return f"{int(hour)} h" if minute == "00" else f"{int(hour)}:{minute}"


def _tokens(text: str) -> tuple[list[_Token], list[str]]:
    """The tokens, and the marks between their clauses."""
    tokens: list[_Token] = []
    pauses: list[str] = []
    money = False
    for match in _TOKEN.finditer(text):
        if match["pause"]:
            pauses.append(match[0])
        elif match[0] == _MONEY:
            money = True
        else:
            if match[0] in _TURNS:
                pauses.append("")
            tokens.append(_token(match, len(pauses), money=money))
            money = False
    return tokens, pauses


def _token(match: re.Match[str], clause: int, *, money: bool) -> _Token:
    if match["time"]:
        return _Token(match[0], clause, numeric=True, unit="h")
    if match["ordinal"]:
        return _Token(match[0], clause, numeric=True, unit="ordinal")
    if match["number"]:
        unit, spelled = "real" if money else "", bool(match["spelled"])
        return _Token(_value(match["number"]), clause, numeric=True, unit=unit, spelled=spelled)
    return _Token(match[0], clause, numeric=False, unit=_UNITS.get(match[0], ""))


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
