"""What ends before it is searched."""

import pytest

from workers.answering.triage.triage import load_triage
from workers.contracts.claims import Claim
from workers.contracts.question import Lane, Request, Status
from workers.drain.refusals import Refusals
from workers.settings import WorkerSettings

NOW = 1_000.0
REFUSALS = Refusals(load_triage(), WorkerSettings(max_claims=3), clock=lambda: NOW)


def claim(question: str, *, claims: int = 1, expires_at: float | None = None) -> Claim:
    request = Request(
        tenant="clinica",
        question=question,
        lane=Lane.INTERACTIVE,
        asked_at=NOW,
        expires_at=expires_at,
    )
    return Claim(Lane.INTERACTIVE, "1-0", "id", 1, claims, request)


@pytest.mark.parametrize(
    ("claimed", "status", "reason"),
    [
        (claim("Qual o preparo?", claims=4), Status.FAILED, "poison"),
        (claim("Qual o preparo?", expires_at=NOW - 1), Status.EXPIRED, "expired"),
        (claim("dor no peito forte", expires_at=NOW - 1), Status.NEEDS_HUMAN, "emergency"),
        (claim("bom dia"), Status.ANSWERED, "greeting"),
    ],
)
def test_it_is_refused_with_its_reason(claimed: Claim, status: Status, reason: str) -> None:
    (refused,) = REFUSALS.of([claimed])
    assert refused is not None
    assert (refused.status, refused.reason) == (status, reason)


def test_a_question_in_time_goes_on() -> None:
    assert REFUSALS.of([claim("Qual o preparo da endoscopia?", expires_at=NOW + 1)]) == [None]
