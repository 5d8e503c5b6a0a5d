"""When a document or a row of a table holds: dates as clinics write them. Pure, and no library.

Both ends are inclusive, and either may be missing.
"""

import calendar
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final, Self

from ingestion.errors import IngestionError
from ingestion.folding import fold

#: What the first and the last day, and the document that is replaced, are called in front matter
#: and as columns; folded, with spaces. "Validade" alone may be that of a prescription.
FIELDS: Final[Mapping[str, re.Pattern[str]]] = {
    "valid_from": re.compile(
        r"valid from|(?:valid[oa]s?|vigentes?) (?:de|desde|a partir de)"
        r"|vigencia (?:desde|a partir de)|inicio (?:d[ae] )?(?:vigencia|validade)"
    ),
    "valid_until": re.compile(
        r"valid (?:until|to|through)|(?:valid[oa]s?|vigentes?|vigencia|validade) ate"
        r"|(?:fim|final|termino) (?:d[ae] )?(?:vigencia|validade)"
    ),
    "replaces": re.compile(r"replaces|substitui"),
}

#: Written instead of a date or a name: what was said before no longer counts.
NOTHING: Final = frozenset({"", "none"})

#: An end that is open, as ISO 8601-2 writes it.
_OPEN: Final = ".."

_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "janeiro jan",
            "fevereiro fev",
            "marco mar",
            "abril abr",
            "maio mai",
            "junho jun",
            "julho jul",
            "agosto ago",
            "setembro set",
            "outubro out",
            "novembro nov",
            "dezembro dez",
        ),
        1,
    )
    for name in names.split()
}
_CLOCK: Final = r"(?:[t ]\s*\d{1,2}:\d{2}.*)?"
_MONTH: Final = rf"(?P<name>{'|'.join(_MONTHS)})"
#: Ways to write a day, a month or a year, of folded text.
_WAYS: Final = tuple(
    re.compile(way)
    for way in (
        rf"(?P<year>\d{{4}})-(?P<month>\d{{1,2}})-(?P<day>\d{{1,2}}){_CLOCK}",
        rf"(?P<day>\d{{1,2}})[./-](?P<month>\d{{1,2}})[./-](?P<year>\d{{4}}|\d{{2}}){_CLOCK}",
        rf"(?P<day>\d{{1,2}})o?(?: de|/)?\s?{_MONTH}\.?(?: de|/)?\s?(?P<year>\d{{4}})",
        rf"{_MONTH}\.?(?: de|/)?\s?(?P<year>\d{{4}})",
        r"(?P<month>\d{1,2})/(?P<year>\d{4})",
        r"(?P<year>20\d{2})",
    )
)
#: Years of two digits are of this century.
_CENTURY: Final = 2000


class ValidityError(IngestionError):
    """What is said of a document's validity makes no sense. The message begins in mid-sentence."""


@dataclass(frozen=True, slots=True)
class Validity:
    """What is said of a document's validity, by itself or by the clinic.

    Attributes:
        valid_from: the first day; None: said by nobody.
        valid_until: the last day; likewise.
        replaces: name of the document that it replaces; empty: none.
    """

    valid_from: date | None = None
    valid_until: date | None = None
    replaces: str = ""

    def over(self, other: "Validity") -> "Validity":
        """This one, and of the other what this one does not say."""
        return Validity(
            self.valid_from or other.valid_from,
            self.valid_until or other.valid_until,
            self.replaces or other.replaces,
        )

    def changed(self, changes: Mapping[str, str]) -> Self:
        """With these fields as they are written anew; `NOTHING` takes one back.

        Raises:
            ValidityError: a date cannot be read, or the first day is after the last.
        """
        changed = self
        for field, text in changes.items():
            value = "" if text in NOTHING else text
            match field:
                case "valid_from":
                    changed = replace(changed, valid_from=_date(field, value))
                case "valid_until":
                    changed = replace(changed, valid_until=_date(field, value))
                case _:
                    changed = replace(changed, replaces=value)
        if changed.valid_from and changed.valid_until and changed.valid_from > changed.valid_until:
            raise ValidityError(
                f"its first day, {changed.valid_from}, is after its last, {changed.valid_until}"
            )
        return changed


#: Nothing is said: the document holds always.
UNSAID: Final = Validity()


def today() -> date:
    """The date where this process runs: the variable TZ says where that is."""
    return datetime.now().astimezone().date()


def field_of(name: str) -> str:
    """The field of `Validity` that a key or a column is called like; empty: none.

    >>> field_of("Válido até"), field_of("valid_from"), field_of("Validade")
    ('valid_until', 'valid_from', '')
    """
    words = " ".join(fold(name).replace("_", " ").replace("-", " ").rstrip(" :").split())
    return next((field for field, names in FIELDS.items() if names.fullmatch(words)), "")


def day_in(text: str, *, last: bool = False) -> date | None:
    """The day that a text is; None where it is none.

    Args:
        text: a day, a month or a year, in numbers or Portuguese words.
        last: of a month or a year its last day, else the first.

    >>> day_in("1º de março de 2026"), day_in("31/12/26"), day_in("fev/2028", last=True)
    (datetime.date(2026, 3, 1), datetime.date(2026, 12, 31), datetime.date(2028, 2, 29))
    """
    words = " ".join(fold(text).split())
    match = next((match for way in _WAYS if (match := way.fullmatch(words))), None)
    if match is None:
        return None
    parts = match.groupdict()
    year = int(parts["year"]) + (_CENTURY if len(parts["year"]) == 2 else 0)  # noqa: PLR2004 - digits
    month = _MONTHS[parts["name"]] if parts.get("name") else int(parts.get("month") or 0)
    try:
        if not month:
            return date(year, 12, 31) if last else date(year, 1, 1)
        day = parts.get("day") or (calendar.monthrange(year, month)[1] if last else 1)
        return date(year, month, int(day))
    except ValueError:  # 31/02, or a month 13
        return None


def period(valid_from: date | None, valid_until: date | None) -> str:
    """Two days as ISO 8601-2 writes an interval; empty where neither is said.

    >>> period(None, date(2026, 12, 31))
    '../2026-12-31'
    """
    if valid_from is None and valid_until is None:
        return ""
    return f"{valid_from or _OPEN}/{valid_until or _OPEN}"


def row_period(header: Sequence[str], row: Sequence[str]) -> str:
    """The period in which a row holds, by its own columns; empty: always.

    What is no date ("sem prazo") ends nothing.
    """
    days: dict[str, date] = {}
    for name, cell in zip(header, row, strict=False):
        field = field_of(name) if cell else ""
        if field in {"valid_from", "valid_until"} and (
            day := day_in(cell, last=field == "valid_until")
        ):
            days.setdefault(field, day)
    return period(days.get("valid_from"), days.get("valid_until"))


def holds(interval: str, day: date) -> bool:
    """Whether a day lies in what `period` wrote."""
    if not interval:
        return True
    first, last = interval.split("/")
    return (first == _OPEN or date.fromisoformat(first) <= day) and (
        last == _OPEN or day <= date.fromisoformat(last)
    )


def _date(field: str, text: str) -> date | None:
    if not text:
        return None
    day = day_in(text, last=field == "valid_until")
    if day is None:
        raise ValidityError(f"{field} {text!r} is no date: write it as 2026-12-31 or 31/12/2026")
    return day
