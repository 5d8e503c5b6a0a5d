"""Opening hours as a clinic writes them."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.contracts.hours import Hours, parse_hours

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
USUAL = "seg-sex 08:00-18:00; sáb 08:00-12:00"


def hours(text: str = USUAL, *holidays: date, zone: ZoneInfo = SAO_PAULO) -> Hours:
    return parse_hours(text, zone, holidays)


def local(day: int, hour: int, minute: int = 0, *, month: int = 11) -> datetime:
    """A time in São Paulo in 2026; 2 November is a Monday."""
    return datetime(2026, month, day, hour, minute, tzinfo=SAO_PAULO)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (local(2, 7, 59), False),
        (local(2, 8), True),
        (local(2, 17, 59), True),
        (local(2, 18), False),
        (local(6, 12), True),
        (local(7, 11, 59), True),
        (local(7, 12), False),
        (local(8, 10), False),
    ],
)
def test_people_are_there_from_the_opening_until_the_closing(
    moment: datetime,
    is_open: bool,  # noqa: FBT001 - a row of the table
) -> None:
    assert hours().open_at(moment) is is_open
    assert hours().open_at(moment.timestamp()) is is_open


@pytest.mark.parametrize(
    ("moment", "opening"),
    [
        (local(2, 7), local(2, 8)),
        (local(2, 19), local(3, 8)),
        (local(6, 18), local(7, 8)),  # Friday night to Saturday
        (local(7, 12), local(9, 8)),  # Saturday noon to Monday
        (local(2, 9, 30), local(2, 9, 30)),  # open: now
    ],
)
def test_the_next_opening_is_in_the_clinic_s_own_time(moment: datetime, opening: datetime) -> None:
    found = hours().next_opening(moment.astimezone(UTC))
    assert found == opening
    assert found.tzinfo is SAO_PAULO


@pytest.mark.parametrize(
    "text",
    [
        "seg-sex 08:00-18:00; sáb 08:00-12:00",
        "SEG-SEX 8h-18h; SAB 8h-12h",
        "segunda a sexta, das 8h às 18h; sábado, das 8h às 12h",
        "segunda-feira a sexta-feira: 8:00 \u2013 18:00\nsábado: 8:00 \u2013 12:00",
        "mon-fri 08:00-18:00; sat 08:00-12:00",
        "Monday to Friday from 8:00 to 18:00; Saturday 08h00-12h00",
        "seg, ter, qua, qui e sex 08:00-18:00; sáb 08:00-12:00;",
        "sáb 08:00-12:00; seg-qua 08:00-18:00; qui/sex 08:00-18:00",
    ],
)
def test_the_usual_ways_of_writing_mean_the_same(text: str) -> None:
    assert sorted(hours(text).shifts, key=repr) == sorted(hours().shifts, key=repr)


def test_a_break_at_noon_is_closed() -> None:
    with_break = hours("seg-sex 8h-12h, 13h30-18h")
    assert not with_break.open_at(local(2, 13))
    assert with_break.next_opening(local(2, 13)) == local(2, 13, 30)
    assert with_break.shifts == hours("seg-sex 8h-12h e 13:30-18:00").shifts


def test_a_shift_over_midnight_belongs_to_the_day_on_which_it_begins() -> None:
    night = hours("sex-dom 22:00-06:00")
    assert night.open_at(local(6, 23))
    assert night.open_at(local(7, 5, 59))
    assert night.open_at(local(9, 3))  # Monday, since Sunday night
    assert not night.open_at(local(6, 5))
    assert hours("sáb-seg 0h-24h").open_at(local(8, 23, 59))


def test_a_holiday_is_closed_and_the_next_day_is_not() -> None:
    finados = hours(USUAL, date(2026, 11, 2))
    assert not finados.open_at(local(2, 10))
    assert finados.next_opening(local(1, 10)) == local(3, 8)


def test_a_clinic_that_is_always_on_holiday_never_opens() -> None:
    closed = [date.fromordinal(date(2026, 11, 1).toordinal() + day) for day in range(370)]
    assert hours(USUAL, *closed).next_opening(local(2, 10)) is None


def test_the_clinic_s_zone_counts_not_the_server_s() -> None:
    manaus = hours(USUAL, zone=ZoneInfo("America/Manaus"))
    assert not manaus.open_at(local(2, 8, 30))  # 7:30 there
    assert hours().open_at(datetime(2026, 11, 2, 11, tzinfo=UTC))


def test_hours_follow_a_change_of_the_clock() -> None:
    lisbon = hours("dom 08:00-18:00", zone=ZoneInfo("Europe/Lisbon"))
    assert lisbon.next_opening(datetime(2026, 3, 28, 12, tzinfo=UTC)) == datetime(
        2026, 3, 29, 7, tzinfo=UTC
    )
    assert lisbon.next_opening(datetime(2026, 10, 24, 12, tzinfo=UTC)) == datetime(
        2026, 10, 25, 8, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";",
        "sempre",
        "08:00-18:00",
        "seg-sex",
        "seg 08:00",
        "xyz 08:00-18:00",
        "seg 25:00-26:00",
        "seg 08:60-18:00",
        "seg 08:00-08:00",
        "seg 24:00-08:00",
        "seg-qua-sex 08:00-18:00",
        "seg 08:00-18:00, talvez",
        "seg 8:00-18:00 ter 8:00-18:00",
    ],
)
def test_what_cannot_be_read_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="seg-sex 08:00-18:00"):
        hours(text)


@given(st.text())
def test_no_text_breaks_the_reader(text: str) -> None:
    with suppress(ValueError):
        assert hours(text).shifts


def test_a_time_without_its_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        hours().open_at(datetime(2026, 11, 2, 10))  # noqa: DTZ001 - that is the test


@pytest.mark.parametrize(
    ("moment", "closing"),
    [
        (local(2, 18), local(2, 18)),
        (local(2, 17), local(1, 18) - timedelta(days=1, hours=6)),  # Monday to Saturday noon
        (local(3, 7), local(2, 18)),
        (local(3, 12), local(2, 18)),  # open: the one before
    ],
)
def test_the_last_closing_is_in_the_clinic_s_own_time(moment: datetime, closing: datetime) -> None:
    last = hours().last_closing(moment.astimezone(UTC))
    assert last == closing
    assert last.tzinfo is SAO_PAULO


def test_a_clinic_that_never_opens_never_closed() -> None:
    week = (local(2, 0) + timedelta(days=day) for day in range(-400, 1))
    closed = hours(USUAL, *(day.date() for day in week))
    assert closed.last_closing(local(2, 12)) is None
