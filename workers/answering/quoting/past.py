"""Whether a text speaks of days that are over: last year's notice is no answer. Pure."""

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

#: A day of a year, or a year alone, which lasts until its end. The end of a telephone number, an
#: amount of money and a dose are none.
_DATE: Final = re.compile(
    r"(?<![\d/$])(?<!\$\s)(?<!(?!20\d\d)\d{4}[-.\s])"
    r"(?:(\d{1,2})/(\d{1,2})/)?(20\d\d)(?![\d/]|\s?(?:m[lg]|reais)\b|,\d\d\b)"
)
_LAST: Final = (12, 31)
#: A house's number behind its street: "Av. 9 de Julho, 2015".
_ADDRESS: Final = re.compile(
    r"\b(?:av|avenida|r|rua|al|alameda|rod|rodovia|est|estrada|tv|travessa|p[cç]a?|pra[cç]a|largo)\.?\s"
    r"[^,;:\n]{1,60}?(?:,\s*|\s(?=n[ºo°.]|km\b))(?:n[ºo°]?\.?\s*|km\s*)?20\d\d\b(?!/)",
    re.IGNORECASE,
)


def is_past(text: str, today: date) -> bool:
    """Whether a text names a year or a day of one, and all that it names are over.

    >>> is_past("Dia 24/12/2025 fechamos às 12h.", date(2026, 3, 1))
    True
    """
    days = list(_days(text))
    return bool(days) and max(days) < today


def _days(text: str) -> Iterator[date]:
    for day, month, year in _DATE.findall(_ADDRESS.sub("", text)):
        last_month, last_day = (int(month), int(day)) if day else _LAST
        try:
            yield date(int(year), last_month, last_day)
        except ValueError:  # "45/13/2025" is no day
            continue
