"""The hours in which a backfill's rows are asked, over midnight and changes of the clock."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.channels.backfill.window import Window, WindowError, window_of

SAO_PAULO = "America/Sao_Paulo"
NIGHT = "22:00-06:00"


def at(day: int, hour: int, minute: int = 0, month: int = 11, zone: str = SAO_PAULO) -> datetime:
    """A time of 2026; 2 November is a Monday."""
    return datetime(2026, month, day, hour, minute, tzinfo=ZoneInfo(zone))


def test_without_hours_it_is_always_open_and_never_ends() -> None:
    window = window_of(None, SAO_PAULO)
    assert window == Window()
    assert window.open_at(at(2, 12).timestamp())
    assert window.last_end(at(2, 12).timestamp()) is None
    assert window.next_start(at(2, 12).timestamp()) is None


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (at(2, 21, 59), False),
        (at(2, 22), True),
        (at(2, 23, 59), True),
        (at(3, 0), True),
        (at(3, 5, 59), True),
        (at(3, 6), False),
        (at(8, 3), True),  # a Sunday: days that are left out are all
    ],
)
def test_a_night_goes_over_midnight_on_every_day(
    moment: datetime,
    is_open: bool,  # noqa: FBT001 - a row of the table
) -> None:
    assert window_of(NIGHT, SAO_PAULO).open_at(moment.timestamp()) is is_open


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        (at(6, 23), True),  # Friday night
        (at(7, 5), True),  # which ends on Saturday
        (at(7, 23), False),
        (at(9, 5), False),  # Monday morning belongs to Sunday's night
        (at(9, 22), True),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(
    moment: datetime,
    is_open: bool,  # noqa: FBT001 - a row of the table
) -> None:
    assert window_of("seg-sex 22:00-06:00", SAO_PAULO).open_at(moment.timestamp()) is is_open


def test_groups_with_and_without_days_stand_together() -> None:
    window = window_of("seg-sex 22:00-06:00; 12:00-13:00", SAO_PAULO)
    assert window.open_at(at(8, 12, 30).timestamp())
    assert window.open_at(at(6, 23).timestamp())
    assert not window.open_at(at(8, 23).timestamp())


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        (at(3, 6), at(3, 6)),
        (at(3, 12), at(3, 6)),
        (at(3, 23), at(3, 6)),  # open again: the one before
        (at(3, 5, 59), at(2, 6)),
    ],
)
def test_the_window_before_ended_at(moment: datetime, end: datetime) -> None:
    assert window_of(NIGHT, SAO_PAULO).last_end(moment.timestamp()) == end


def test_two_parts_that_touch_are_one_window() -> None:
    window = window_of("22:00-24:00, 00:00-06:00", SAO_PAULO)
    assert window.last_end(at(3, 3).timestamp()) == at(2, 6)
    assert window.last_end(at(3, 7).timestamp()) == at(3, 6)


def test_the_next_one_starts_in_the_evening() -> None:
    window = window_of(NIGHT, SAO_PAULO)
    assert window.next_start(at(3, 6).timestamp()) == at(3, 22)
    assert window.next_start(at(3, 23).timestamp()) == at(3, 23)


@pytest.mark.parametrize(
    ("month", "day", "hours"),
    [(3, 8, 7), (11, 1, 9), (6, 1, 8)],  # the clock goes forward, back, and not at all
)
def test_where_clocks_are_changed_the_wall_clock_counts(month: int, day: int, hours: int) -> None:
    zone = "America/New_York"
    window = window_of(NIGHT, zone)
    begin = at(day, 22, month=month, zone=zone) - timedelta(days=1)
    end = at(day, 6, month=month, zone=zone)
    assert end.timestamp() - begin.timestamp() == hours * 3600
    for minute in range(-30, hours * 60 + 30):
        moment = begin.timestamp() + minute * 60
        assert window.open_at(moment) is (0 <= minute < hours * 60), minute
    assert window.last_end(end.timestamp() + 60) == end


def test_a_window_that_begins_in_the_hour_that_is_left_out_is_open_after_it() -> None:
    zone = "America/New_York"
    window = window_of("02:30-05:00", zone)
    assert not window.open_at(at(8, 1, 59, month=3, zone=zone).timestamp())
    assert window.open_at(at(8, 3, 30, month=3, zone=zone).timestamp())
    assert not window.open_at(at(8, 5, month=3, zone=zone).timestamp())


@given(st.integers(0, 366 * 24 * 60))
def test_a_window_that_is_closed_ended_after_it_was_open(minutes: int) -> None:
    window = window_of("seg-sex 22:00-06:00; sáb 10:00-12:00", "Europe/Lisbon")
    moment = at(1, 0, month=1, zone="Europe/Lisbon").timestamp() + minutes * 60
    end = window.last_end(moment)
    assert end is not None
    assert end.timestamp() <= moment
    assert window.open_at(end.timestamp() - 1)
    assert not window.open_at(end.timestamp())
    if not window.open_at(moment):
        between = range(int(end.timestamp()), int(moment), 1800)
        assert not any(window.open_at(each) for each in between)


@pytest.mark.parametrize("text", ["", "noite", "22-", "seg-sex", "25:00-26:00"])
def test_what_cannot_be_read_is_said_with_how_it_is_written(text: str) -> None:
    with pytest.raises(WindowError, match="22:00-06:00"):
        window_of(text, SAO_PAULO)


@pytest.mark.parametrize("zone", ["Marte", "", "../etc/passwd"])
def test_a_time_zone_that_is_none_is_said(zone: str) -> None:
    with pytest.raises(WindowError, match="America/Sao_Paulo"):
        window_of(NIGHT, zone)


def test_whole_days_are_any_time() -> None:
    """So an earlier window is taken back: a plan keeps what a later line does not say."""
    window = window_of("00:00-24:00", SAO_PAULO)
    assert all(
        window.open_at(at(2, hour, minute).timestamp()) for hour in range(24) for minute in (0, 59)
    )
    assert window.last_end(at(2, 12).timestamp()) is None
