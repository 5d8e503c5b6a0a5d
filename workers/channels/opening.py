"""When people are back, in words. Pure."""

from datetime import datetime, timedelta

from workers.answering.dates import in_words
from workers.answering.language import Language
from workers.contracts.channel import Channel


def opening_words(channel: Channel, now: float, language: Language) -> str | None:
    """When people are at the clinic again; None where they are there now, or nobody said when.

    Args:
        channel: with its hours.
        now: Unix seconds.
        language: of the words.
    """
    hours = channel.opening_hours
    if hours is None or hours.open_at(now):
        return None
    opening = hours.next_opening(now)
    if opening is None:
        return None
    today = datetime.fromtimestamp(now, opening.tzinfo).date()
    day = in_words(opening.date(), language)
    weekday, comma, date = day.partition(", ")
    date = date.removesuffix(str(opening.year)).removesuffix(" de ").strip()
    if opening.date() == today:
        words = {"pt": "hoje", "en": "today"}[language]
    elif opening.date() == today + timedelta(days=1):
        words = {"pt": f"amanhã ({weekday})", "en": f"tomorrow ({weekday})"}[language]
    else:
        words = f"{weekday}{comma}{date}"
    return words + {"pt": f", às {_clock(opening)}", "en": f" at {opening:%H:%M}"}[language]


def _clock(moment: datetime) -> str:
    """As Brazilians write it: 8h, 13h30."""
    return f"{moment.hour}h{moment.minute:02d}" if moment.minute else f"{moment.hour}h"
