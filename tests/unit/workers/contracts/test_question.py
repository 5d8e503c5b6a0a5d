"""Records: what goes into Redis comes out again, and what cannot be read says so."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from workers.contracts.errors import RecordError
from workers.contracts.question import (
    TRANSITIONS,
    Citation,
    Delivery,
    DeliveryAttempt,
    Outcome,
    Question,
    Request,
    Status,
)
from workers.contracts.questions import digest
from workers.contracts.reply import WebhookAddress

#: JSON as a bot may send it. Numbers beyond 64 bits and NaN are no JSON that all sides agree on.
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
)
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)
times = st.floats(0, 4e9)
requests = st.builds(
    Request,
    asked_at=times,
    expires_at=st.none() | times,
    metadata=st.dictionaries(st.text(), json_values, max_size=4),
)
ended = st.sampled_from([status for status in Status if status.ended])
citations = st.builds(Citation, page=st.none() | st.integers(1, 9999))
outcomes = st.builds(Outcome, status=ended, citations=st.lists(citations, max_size=3).map(tuple))


@given(requests)
def test_a_request_survives_the_way_it_is_stored(request: Request) -> None:
    stored = request.model_dump_json(exclude_defaults=True)
    assert Request.model_validate_json(stored) == request


@given(outcomes)
def test_an_outcome_survives_the_way_it_is_stored(outcome: Outcome) -> None:
    stored = outcome.model_dump_json(exclude_defaults=True)
    assert Outcome.model_validate_json(stored) == outcome


@given(
    request=requests,
    outcome=st.none() | outcomes,
    status=st.sampled_from(Status),
    delivery=st.sampled_from(Delivery),
    deliveries=st.lists(st.builds(DeliveryAttempt, at=times), max_size=5),
)
def test_a_question_is_read_from_its_hash(
    request: Request,
    outcome: Outcome | None,
    status: Status,
    delivery: Delivery,
    deliveries: list[DeliveryAttempt],
) -> None:
    raw = {
        "request": request.model_dump_json(exclude_defaults=True),
        "lane": request.lane.value,
        "entry": "1-1",
        "status": status.value,
        "callback": "1",
        "attempt": "3",
        "released": "1",
        "claimed_at": "1700000000.125",
        "delivery": delivery.value,
        "ticket": "1",
        "deliveries": json.dumps([attempt.model_dump() for attempt in deliveries]),
    }
    if outcome is not None:
        raw["outcome"] = outcome.model_dump_json(exclude_defaults=True)
    question = Question.from_hash("q1", raw)
    assert question.id == "q1"
    assert question.request == request
    assert question.outcome == outcome
    assert question.status is status
    assert question.delivery is delivery
    assert question.deliveries == tuple(deliveries)
    assert question.attempt == 3
    assert question.claimed_at == 1_700_000_000.125


@pytest.mark.parametrize(
    "broken",
    [
        {"request": "{"},
        {"request": "{}"},
        {"request": None},
        {"status": None},
        {"status": "lost"},
        {"attempt": "many"},
        {"outcome": "[]"},
        {"outcome": '{"status": "queued", "text": ""}'},
        {"deliveries": "[{}]"},
        {"deliveries": "]"},
    ],
)
def test_what_cannot_be_read_raises_and_carries_the_raw_record(broken: dict[str, Any]) -> None:
    whole = {"request": '{"tenant":"a","question":"b","asked_at":1}', "status": "queued"}
    raw = {name: value for name, value in (whole | broken).items() if value is not None}
    with pytest.raises(RecordError, match="q1") as caught:
        Question.from_hash("q1", raw)
    assert caught.value.raw == raw


def test_a_record_is_frozen() -> None:
    request = Request(tenant="a", question="b", asked_at=1)
    with pytest.raises(ValidationError):
        request.tenant = "c"  # type: ignore[misc]


@pytest.mark.parametrize("status", [s for s in Status if not s.ended])
def test_an_outcome_is_always_an_end(status: Status) -> None:
    with pytest.raises(ValidationError, match="ended"):
        Outcome(status=status, text="")


ENDED = {"answered", "needs_human", "failed", "expired", "cancelled"}


@pytest.mark.parametrize(
    ("start", "ends"),
    [
        ("queued", {"claimed", "answered", "needs_human", "expired", "cancelled"}),
        ("claimed", {"claimed", "queued"} | ENDED),
        *((status, set()) for status in ENDED),
    ],
)
def test_the_table_of_transitions(start: str, ends: set[str]) -> None:
    assert TRANSITIONS[Status(start)] == ends
    assert Status(start).ended == (start in ENDED)


def test_every_status_has_its_row() -> None:
    assert set(TRANSITIONS) == set(Status)


@given(requests, st.floats(0, 1e6))
def test_the_digest_forgets_when_it_was_asked(request: Request, later: float) -> None:
    expires = request.expires_at or None
    moved = request.model_copy(
        update={
            "asked_at": round(request.asked_at) + round(later),
            "expires_at": expires and round(request.asked_at) + round(later) + 60,
        }
    )
    base = request.model_copy(
        update={
            "asked_at": round(request.asked_at),
            "expires_at": expires and round(request.asked_at) + 60,
        }
    )
    assert digest(base) == digest(moved)


@pytest.mark.parametrize(
    "change",
    [
        {"question": "x"},
        {"tenant": "x"},
        {"lane": "bulk"},
        {"metadata": {"a": 1}},
        {"callback_url": "https://x"},
        {"conversation_id": "x"},
        {"context": [{"question": "a", "answer": "b", "at": 1.0}]},
        {"reply_to": {"kind": "whatsapp", "channel": "x", "conversation": "c"}},
        {"expires_at": 160.0},
    ],
)
def test_the_digest_sees_everything_else(change: dict[str, Any]) -> None:
    request = {"tenant": "a", "question": "b", "asked_at": 100.0}
    assert digest(Request.model_validate(request)) != digest(
        Request.model_validate(request | change)
    )


def test_metadata_in_another_order_is_the_same_request() -> None:
    one, two = (
        Request(tenant="a", question="oi", asked_at=1.0, metadata=metadata)
        for metadata in ({"x": 1, "y": 2}, {"y": 2, "x": 1})
    )
    assert digest(one) == digest(two)


@pytest.mark.parametrize(
    ("url", "receiver"),
    [
        (None, None),
        ("https://bot.example/hook/secret?token=1#x", "https://bot.example"),
        ("http://user:word@bot.example:81/", "http://bot.example:81"),
        ("http://[2606:4700::1111]:81/a", "http://[2606:4700::1111]:81"),
        ("http://[broken", None),
        ("no url", None),
    ],
)
def test_a_receiver_is_shown_without_what_may_be_secret(
    url: str | None, receiver: str | None
) -> None:
    address = None if url is None else WebhookAddress(url=url)
    request = Request(tenant="t", question="?", asked_at=0, reply_to=address)
    assert request.receiver == receiver


def test_a_request_of_the_first_versions_keeps_its_callback() -> None:
    stored = (
        '{"tenant": "t", "question": "?", "asked_at": 0, "callback_url": "https://bot.example"}'
    )
    assert Request.model_validate_json(stored).reply_to == WebhookAddress(url="https://bot.example")
    stored = '{"tenant": "t", "question": "?", "asked_at": 0, "callback_url": null}'
    assert Request.model_validate_json(stored).reply_to is None


def test_reading_an_old_request_leaves_what_was_read_as_it_is() -> None:
    fields = {"tenant": "t", "question": "?", "asked_at": 0, "callback_url": "https://bot.example"}
    Request.model_validate(fields)
    assert fields["callback_url"] == "https://bot.example"
