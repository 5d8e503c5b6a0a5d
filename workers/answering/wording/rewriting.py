"""A folded text with what is written in more than one way written in one. Pure."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_MONTHS: Final = (
    "janeiro", "fevereiro", "marco", "abril", "maio", "junho",
    "julho", "agosto", "setembro", "outubro", "novembro", "dezembro",
)  # fmt: skip
#: Unit by each of its spellings; it is one only after a number.
UNITS: Final[Mapping[str, str]] = MappingProxyType(
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
SPELLED: Final = "\ue000"
_LIST_MARK: Final = re.compile(r"^\s*\d{1,2}[.)]\s+|\[\d{1,2}\]", re.MULTILINE)
_A_UNIT: Final = rf"(?:{'|'.join(sorted(filter(str.isalpha, UNITS), key=len, reverse=True))})\b"
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
_DIGIT: Final = re.compile(r"\d")
#: Each with letters that stand wherever it matches: looking for those costs a hundredth.
_ENGLISH: Final = (
    ("t", re.compile(r"n['\u2019]t\b"), " not"),
    ("cannot", re.compile(r"\bcannot\b"), "can not"),
    ("no ", re.compile(r"\bno (?=need\b|longer\b|fasting\b)"), "not "),
)
_MEASURES: Final = (
    (re.compile(r"(\d)\s?[°o]\s?c\b"), r"\1 graus"),
    (re.compile(r"(\d)(h|hs|hrs?|min|kg|g|mg|ml|l|cm|x)\b"), r"\1 \2"),
)


def rewritten(folded: str) -> str:
    """The text in one spelling.

    >>> rewritten("das 08:00 as 5 da tarde, por r$ 20, em 24/12")
    'das 8 h as 17 h, por r$ 20, em 24 de dezembro'
    """
    text = _with_digits(folded)
    if not _DIGIT.search(text):
        return _english(text)
    text = _FRACTION.sub(_fraction, text)
    text = _DATE.sub(_date, text)
    text = _TIME.sub(_time, text)
    text = _english(text)
    for pattern, replacement in _MEASURES:
        text = pattern.sub(replacement, text)
    return _HALF_OF_DAY.sub(_hour_of_day, text)


def has_numbers(folded: str) -> bool:
    """Whether a text may have numbers, in digits or in words."""
    return bool(_DIGIT.search(_with_digits(folded)))


def _with_digits(folded: str) -> str:
    """Numbers in words as digits; those of lists are none."""
    text = _LIST_MARK.sub(" ", folded) if _DIGIT.search(folded) else folded
    if "por cento" in text:
        text = re.sub(r"\bpor cento\b", "%", text)
    if "meio " in text:
        text = re.sub(r"\bmeio (?=comprimidos?\b)", "0,5 ", text)
    return _IN_WORDS.sub(_in_digits, text)


def _english(text: str) -> str:
    for letters, pattern, replacement in _ENGLISH:
        if letters in text:
            text = pattern.sub(replacement, text)
    return text


def _in_digits(match: re.Match[str]) -> str:
    words = match[0]
    if words in {"um", "uma"} and not _COUNTS.match(match.string, match.end()):
        return words
    values = {**_DIGITS, **_TENS, "cem": 100, "cento": 100}
    return SPELLED + str(sum(values.get(word, 0) for word in words.split()))


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
