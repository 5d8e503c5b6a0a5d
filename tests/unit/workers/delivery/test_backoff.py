"""The retry decision, as tables."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.delivery.backoff import (
    SCHEDULE,
    Accepted,
    Ambiguous,
    Dead,
    Delivered,
    Dropped,
    NoReply,
    Refused,
    Reply,
    Result,
    RetryIn,
    Unavailable,
    decide,
    retry_after,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("attempt", "result", "expected"),
    [
        (1, Reply(200), Delivered("HTTP 200")),
        (10, Reply(204), Delivered("HTTP 204")),
        (1, Reply(301), RetryIn(timedelta(seconds=5), "HTTP 301")),
        (1, Reply(100), RetryIn(timedelta(seconds=5), "HTTP 100")),
        (2, Reply(400), RetryIn(timedelta(minutes=5), "HTTP 400")),
        (3, Reply(500), RetryIn(timedelta(minutes=30), "HTTP 500")),
        (4, NoReply("slow"), RetryIn(timedelta(hours=2), "slow")),
        (5, NoReply("slow"), RetryIn(timedelta(hours=5), "slow")),
        (6, NoReply("slow"), RetryIn(timedelta(hours=10), "slow")),
        (7, NoReply("slow"), RetryIn(timedelta(hours=14), "slow")),
        (8, NoReply("slow"), RetryIn(timedelta(hours=20), "slow")),
        (9, Reply(503), RetryIn(timedelta(hours=24), "HTTP 503")),
        (10, Reply(503), Dead("HTTP 503; given up after 10 attempts")),
        (10, NoReply("slow"), Dead("slow; given up after 10 attempts")),
        (11, NoReply("slow"), Dead("slow; given up after 11 attempts")),
        (1, Reply(410), Dead("HTTP 410: the receiver wants no more callbacks at this URL")),
        (1, Refused("private"), Dead("private")),
        (99, Accepted("read"), Delivered("read")),
        (99, Dropped("a person has it"), Dropped("a person has it")),
        (1, Unavailable("busy"), RetryIn(timedelta(seconds=5), "busy")),
        (1, Unavailable("spam", timedelta(hours=1)), RetryIn(timedelta(hours=1), "spam")),
        (10, Unavailable("busy"), Dead("busy; given up after 10 attempts")),
        # never dead by its number: what is unknown is looked at again, as often as it takes
        (99, Ambiguous("?", timedelta(minutes=5)), RetryIn(timedelta(minutes=5), "?")),
        # Retry-After: later than the schedule counts, sooner does not, a day at most
        (1, Reply(429, "120"), RetryIn(timedelta(seconds=120), "HTTP 429")),
        (2, Reply(429, "1"), RetryIn(timedelta(minutes=5), "HTTP 429")),
        (1, Reply(503, "9" * 30), RetryIn(timedelta(hours=24), "HTTP 503")),
        (1, Reply(503, "soon"), RetryIn(timedelta(seconds=5), "HTTP 503")),
        (
            1,
            Reply(503, "Sun, 22 Nov 2026 12:10:00 GMT"),
            RetryIn(timedelta(minutes=10), "HTTP 503"),
        ),
        (1, Reply(503, "Sun, 22 Nov 2037 12:10:00 GMT"), RetryIn(timedelta(hours=24), "HTTP 503")),
        (1, Reply(503, "Sun, 22 Nov 2020 12:10:00 GMT"), RetryIn(timedelta(seconds=5), "HTTP 503")),
    ],
)
def test_decisions(attempt: int, result: Result, expected: object) -> None:
    assert decide(attempt, result, jitter=0.0, now=NOW) == expected


def test_the_schedule_is_that_of_standard_webhooks_and_lasts_three_days() -> None:
    assert len(SCHEDULE) == 10
    assert timedelta(days=3) < sum(SCHEDULE, timedelta()) < timedelta(days=4)


@given(attempt=st.integers(1, 9), jitter=st.floats(0, 1, exclude_max=True))
def test_jitter_only_adds_and_at_most_a_fifth(attempt: int, jitter: float) -> None:
    decision = decide(attempt, Reply(500), jitter=jitter, now=NOW)
    assert isinstance(decision, RetryIn)
    assert SCHEDULE[attempt] <= decision.delay <= SCHEDULE[attempt] * 1.2


@given(status=st.integers(100, 999), attempt=st.integers(1, 20), header=st.none() | st.text())
def test_every_reply_leads_somewhere_and_only_2xx_delivers(
    status: int, attempt: int, header: str | None
) -> None:
    decision = decide(attempt, Reply(status, header), jitter=0.5, now=NOW)
    assert isinstance(decision, Delivered) == (200 <= status < 300)
    if isinstance(decision, RetryIn):
        assert attempt < len(SCHEDULE)


@given(st.text())
def test_no_header_breaks_the_reading_of_retry_after(value: str) -> None:
    assert retry_after(value, NOW) >= timedelta()
