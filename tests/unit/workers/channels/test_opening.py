from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from workers.answering.language import Language
from workers.channels.opening import opening_words
from workers.contracts.channel import Channel

ZONE = ZoneInfo("America/Sao_Paulo")


def channel(hours: str | None = "seg-sex 08:00-12:00, 13:30-18:00; sáb 08:00-12:00") -> Channel:
    holidays = (date(2026, 12, 25),)
    return Channel(name="r", tenant="c", clinic="Clínica", hours=hours, holidays=holidays)


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()


@pytest.mark.parametrize(
    ("now", "language", "words"),
    [
        ("2026-11-27T03:00", "pt", "hoje, às 8h"),  # a Friday
        ("2026-11-27T12:30", "pt", "hoje, às 13h30"),
        ("2026-11-27T12:30", "en", "today at 13:30"),
        ("2026-11-27T22:00", "pt", "amanhã (sábado), às 8h"),
        ("2026-11-27T22:00", "en", "tomorrow (Saturday) at 08:00"),
        ("2026-11-28T13:00", "pt", "segunda-feira, 30 de novembro, às 8h"),
        ("2026-11-28T13:00", "en", "Monday, 30 November at 08:00"),
        ("2026-12-24T19:00", "pt", "sábado, 26 de dezembro, às 8h"),
        ("2026-12-31T19:00", "pt", "amanhã (sexta-feira), às 8h"),
    ],
)
def test_when_people_are_back_is_said_as_people_say_it(
    now: str, language: Language, words: str
) -> None:
    assert opening_words(channel(), moment(now), language) == words


def test_nothing_is_said_while_they_are_there() -> None:
    assert opening_words(channel(), moment("2026-11-27T09:00"), "pt") is None


def test_nothing_is_said_where_the_hours_are_not_known() -> None:
    assert opening_words(channel(None), moment("2026-11-27T03:00"), "pt") is None
