"""The signed callback: vectors of the specification, stability, and what it says."""

import json
import os
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from workers.contracts.question import (
    Citation,
    Delivery,
    Outcome,
    Question,
    Request,
    Status,
    Timings,
    Usage,
    Way,
)
from workers.contracts.reply import WebhookAddress
from workers.contracts.signing import callback_secret
from workers.delivery.webhook import sign

SECRET = callback_secret("master", "clinica-a")


@pytest.fixture(autouse=True)
def _now() -> None:
    """The moment of this test: the library refuses signatures older than five minutes."""
    Clock.now = datetime.now(UTC)


class Clock:
    now = datetime.now(UTC)


def shared_data() -> Path:
    """Where the shared examples are: `ATENDE_TEST_DATA`, else beside the repository."""
    beside = Path(__file__).parents[4].parent / "shared" / "data"
    return Path(os.environ.get("ATENDE_TEST_DATA", beside))


def answered(delivery_attempts: int = 0) -> Question:
    return Question(
        id="q1",
        request=Request(
            tenant="clinica-a",
            question="Preciso de jejum?",
            asked_at=1_700_000_000.25,
            reply_to=WebhookAddress(url="https://bot.example/cb"),
            conversation_id="c-9",
            metadata={"canal": "whatsapp", "n": [1, None]},
        ),
        status=Status.ANSWERED,
        attempt=1,
        ended_at=1_700_000_003.5,
        outcome=Outcome(
            status=Status.ANSWERED,
            text="Sim, 8 horas. Não beba café 😊",
            citations=(Citation(document="d1", title="Preparos", page=2, quote="jejum de 8 h"),),
            way=Way.WRITE,
            finish_reason="stop",
            language="pt",
            model="m",
            knowledge_version="k1",
            usage=Usage(prompt_tokens=10, completion_tokens=5),
            timings=Timings(waited=0.5, retrieved=0.25, generated=2.0),
        ),
        delivery=Delivery.PENDING,
        delivery_attempts=delivery_attempts,
    )


def signed(question: Question, now: datetime | None = None) -> tuple[dict[str, str], bytes]:
    assert question.outcome is not None
    message = sign(question, question.outcome, SECRET, now or Clock.now)
    return dict(message.headers), message.body


def test_the_specification_s_vectors() -> None:
    path = shared_data() / "webhooks_whatsapp" / "standard_webhooks_vectors.json"
    if not path.exists():
        pytest.skip(f"the shared vectors are not there: {path}")
    for vector in json.loads(path.read_text(encoding="utf-8")):
        sent_at = datetime.fromtimestamp(vector["timestamp"], UTC)
        assert (
            Webhook(vector["secret"]).sign(vector["id"], sent_at, vector["payload"])
            == (vector["header"])
        )


def test_the_library_verifies_what_we_sign_and_nothing_altered() -> None:
    headers, body = signed(answered())
    payload = Webhook(SECRET).verify(body, headers)
    assert payload["data"]["text"] == "Sim, 8 horas. Não beba café 😊"
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(callback_secret("master", "clinica-b")).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify(body, headers | {"webhook-id": "msg_other"})


@pytest.mark.parametrize("hours", [-3, 0, 9])
def test_a_time_of_any_zone_signs_as_the_same_moment(hours: int) -> None:
    local = Clock.now.astimezone(timezone(timedelta(hours=hours)))
    headers, body = signed(answered(), local)
    assert headers == signed(answered())[0]
    Webhook(SECRET).verify(body, headers)


def test_body_and_id_stay_the_same_at_every_attempt() -> None:
    first, body = signed(answered())
    later, again = signed(answered(delivery_attempts=3), Clock.now + timedelta(hours=2))
    assert body == again
    assert first["webhook-id"] == later["webhook-id"] == "msg_q1"
    assert first["webhook-timestamp"] != later["webhook-timestamp"]


def test_what_the_payload_says() -> None:
    _, body = signed(answered())
    assert json.loads(body) == {
        "type": "question.answered",
        "timestamp": "2023-11-14T22:13:23.500+00:00",
        "data": {
            "id": "q1",
            "status": "answered",
            "conversation_id": "c-9",
            "metadata": {"canal": "whatsapp", "n": [1, None]},
            "asked_at": "2023-11-14T22:13:20.250+00:00",
            "ended_at": "2023-11-14T22:13:23.500+00:00",
            "text": "Sim, 8 horas. Não beba café 😊",
            "reason": None,
            "citations": [
                {
                    "document": "d1",
                    "title": "Preparos",
                    "heading": None,
                    "page": 2,
                    "quote": "jejum de 8 h",
                }
            ],
            "way": "write",
            "faults": [],
            "finish_reason": "stop",
            "language": "pt",
            "model": "m",
            "knowledge_version": "k1",
            "usage": {"prompt_tokens": 10, "completion_tokens": 5, "cached_tokens": 0},
            "timings": {"waited": 0.5, "retrieved": 0.25, "generated": 2.0},
            "shared": None,
        },
    }
    assert "😊".encode() in body


def test_what_the_model_wrote_and_was_refused_never_leaves_but_its_faults_do() -> None:
    outcome = Outcome(
        status=Status.NEEDS_HUMAN,
        text="Uma pessoa vai responder.",
        reason="unsupported",
        faults=("number", "another_row"),
        refused="O jejum é de 99 horas.",
        searched=("e o jejum?", "Como é a colonoscopia? e o jejum?"),
    )
    body = sign(answered(), outcome, SECRET, Clock.now).body
    data = json.loads(body)["data"]
    assert data["faults"] == ["number", "another_row"]
    assert "refused" not in data
    assert "searched" not in data
    assert b"99 horas" not in body


def test_the_patient_s_question_is_not_sent_back() -> None:
    _, body = signed(answered())
    assert b"jejum?" not in body


@pytest.mark.parametrize(
    "status", [Status.ANSWERED, Status.NEEDS_HUMAN, Status.FAILED, Status.EXPIRED]
)
def test_the_type_names_the_status(status: Status) -> None:
    outcome = Outcome(status=status, text="")
    message = sign(answered(), outcome, SECRET, Clock.now)
    assert json.loads(message.body)["type"] == f"question.{status}"
