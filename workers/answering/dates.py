"""A day in words, as prompts say it. Pure."""

from datetime import date
from typing import Final

from workers.answering.language import Language

_WEEKDAYS: Final[dict[Language, tuple[str, ...]]] = {
    "pt": (
        "segunda-feira",
        "terça-feira",
        "quarta-feira",
        "quinta-feira",
        "sexta-feira",
        "sábado",
        "domingo",
    ),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS: Final[dict[Language, str]] = {
    "pt": "janeiro fevereiro março abril maio junho "
    "julho agosto setembro outubro novembro dezembro",
    "en": "January February March April May June July August September October November December",
}


def in_words(day: date, language: Language) -> str:
    """The day with its weekday, whatever the process's locale is.

    >>> in_words(date(2026, 11, 26), "pt"), in_words(date(2026, 11, 26), "en")
    ('quinta-feira, 26 de novembro de 2026', 'Thursday, 26 November 2026')
    """
    weekday = _WEEKDAYS[language][day.weekday()]
    month = _MONTHS[language].split()[day.month - 1]
    if language == "en":
        return f"{weekday}, {day.day} {month} {day.year}"
    return f"{weekday}, {day.day}{'º' * (day.day == 1)} de {month} de {day.year}"
