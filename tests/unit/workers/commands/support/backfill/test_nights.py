from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from workers.channels.backfill.window import window_of
from workers.commands.support.backfill.nights import Nights
from workers.contracts.backfill import BackfillPlan

ZONE = ZoneInfo("America/Sao_Paulo")
EVENING = datetime(2026, 11, 27, 20, 0, tzinfo=ZONE)


class Clock:
    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now.timestamp()

    def ahead(self, hours: float) -> None:
        self.now += timedelta(hours=hours)


def nights(clock: Clock) -> Nights:
    return Nights(window_of("22:00-06:00", "America/Sao_Paulo"), clock)


def test_a_source_is_read_again_once_in_each_window() -> None:
    clock = Clock(EVENING)
    several = nights(clock)
    read = []
    for _ in range(4 * 48):  # two days in quarters of an hour
        clock.ahead(0.25)
        if several.due:
            several.note_reading()
            read.append(f"{clock.now:%d %H:%M}")
    assert read == ["27 22:00", "28 22:00"]


def test_begun_within_a_window_the_next_reading_is_the_next_night_s() -> None:
    clock = Clock(EVENING + timedelta(hours=3))
    several = nights(clock)
    assert not several.due
    assert several.next_night == datetime(2026, 11, 28, 22, 0, tzinfo=ZONE)
    clock.ahead(22.5)
    assert not several.due
    clock.ahead(1)
    assert several.due


def test_a_machine_that_slept_from_one_night_to_the_next_reads_again() -> None:
    clock = Clock(EVENING + timedelta(hours=3))
    several = nights(clock)
    clock.ahead(24)
    assert several.due


def test_without_a_window_nothing_is_ever_read_again() -> None:
    clock = Clock(EVENING)
    always = Nights(window_of(None, "America/Sao_Paulo"), clock)
    clock.ahead(100)
    assert not always.due
    assert always.open
    assert always.next_night is None


def test_the_window_is_the_plan_s_also_where_none_was_typed_this_time() -> None:
    """An earlier line set it: whoever follows is told that its window is waited for."""
    plan = BackfillPlan(window="22:00-06:00").model_dump(mode="json")
    kept = Nights.of_plan(plan, Clock(EVENING))
    assert not kept.open
    assert kept.next_start == datetime(2026, 11, 27, 22, 0, tzinfo=ZONE)
