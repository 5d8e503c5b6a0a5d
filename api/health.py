"""Is the process alive, and can a question be answered now?"""

from flask import Response
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag
from pydantic import BaseModel, Field

from api.auth import public
from api.problems import ProblemError, documented
from api.schemas import response
from api.services import Services, current_services
from workers.contracts.connection import AWAY
from workers.contracts.drains import live_drains
from workers.contracts.question import Lane

health = APIBlueprint(
    "health", __name__, abp_tags=[Tag(name="operation")], abp_responses=documented(500)
)


class HealthOut(BaseModel):
    """The process is alive."""

    status: str


class Check(BaseModel):
    """One part that readiness depends on."""

    ok: bool
    detail: str


class ReadyOut(BaseModel):
    """Whether a question that comes now would be answered soon."""

    status: str = Field(description="`ready`")
    checks: dict[str, Check] = Field(description="`redis`, `drain` and `queue_age`.")


@health.get("/healthz", responses={200: HealthOut})
@public
def healthz() -> Response:
    """Liveness: this process answers. Nothing else is checked."""
    return response(HealthOut(status="alive"))


@health.get("/readyz", responses={200: ReadyOut, **documented(503)})
@public
def readyz() -> Response:
    """Readiness: Redis answers, a drain is alive, nobody has waited for too long.

    503 where one of them fails; `checks` says which, and whether drains are paused: that is no
    failure, since questions are accepted and kept meanwhile.
    """
    checks = check(current_services())
    failures = [name for name, result in checks.items() if not result.ok]
    if failures:
        detail = "; ".join(f"{name}: {checks[name].detail}" for name in failures)
        problem = ProblemError(503, "not-ready", detail, headers={"Retry-After": "5"})
        return problem.response(checks={name: part.model_dump() for name, part in checks.items()})
    return response(ReadyOut(status="ready", checks=checks))


def check(services: Services) -> dict[str, Check]:
    """Every part's state. Without Redis the others are unknown, so they are left out.

    A pause is no reason for 503: it is deliberate, and questions are accepted and kept meanwhile.
    A load balancer that took the API away would lose those that come now. Nor is a queue that
    grows old during a pause.
    """
    try:
        drains = [drain for drain in live_drains(services.redis) if not drain.stopping]
        age = services.questions.oldest(Lane.INTERACTIVE) or 0.0
    except AWAY as error:
        detail = f"Redis does not answer ({type(error).__name__}). Check ATENDE_REDIS_URL."
        return {"redis": Check(ok=False, detail=detail)}
    limit = services.settings.ready_queue_age_seconds
    paused = [drain for drain in drains if drain.paused_since is not None]
    all_paused = bool(paused) and len(paused) == len(drains)
    return {
        "redis": Check(ok=True, detail="answers"),
        "drain": Check(ok=bool(drains), detail=_drains(len(drains), len(paused))),
        "queue_age": Check(
            ok=age <= limit or all_paused,
            detail=f"the oldest interactive question has waited {age:.0f} s of at most {limit} s",
        ),
    }


def _drains(alive: int, paused: int) -> str:
    if not alive:
        return "none is alive. Start a worker."
    if not paused:
        return f"{alive} alive"
    return (
        f"{alive} alive, {paused} paused: questions are accepted and wait. "
        "`atende drain resume` ends a pause."
    )
