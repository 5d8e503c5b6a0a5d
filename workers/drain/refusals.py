"""Which claimed questions end before they are searched: unreadable, late, or with a fixed text."""

import time
from collections.abc import Callable, Sequence

from workers.answering.language import Language
from workers.answering.prepare import RefusedQuestion
from workers.answering.triage.reasons import Reason
from workers.answering.triage.triage import FixedReply, Triage
from workers.contracts import logs
from workers.contracts.claims import Claim
from workers.contracts.question import Status
from workers.settings import WorkerSettings

_log = logs.logger(__name__)


class Refusals:
    """Refuses what is not answered by the model. Blocking: a long message takes some 10 ms."""

    def __init__(
        self, triage: Triage, settings: WorkerSettings, clock: Callable[[], float] = time.time
    ) -> None:
        self._triage = triage
        self._settings = settings
        self._clock = clock

    def of(self, claims: Sequence[Claim]) -> list[RefusedQuestion | None]:
        """Each claim's refusal; None for what goes on."""
        return [self._refusal(claim) for claim in claims]

    def _refusal(self, claim: Claim) -> RefusedQuestion | None:
        language = self._settings.language
        if not claim.readable:
            return RefusedQuestion(Status.FAILED, "record_unreadable", language)
        if claim.claims > self._settings.max_claims:
            return RefusedQuestion(Status.FAILED, "poison", language)
        fixed = self._fixed(claim, language)
        expires_at = claim.request.expires_at
        is_late = expires_at is not None and expires_at < self._clock()
        if is_late and (fixed is None or fixed.reason != Reason.EMERGENCY):
            return RefusedQuestion(Status.EXPIRED, "expired", language)
        if fixed is None:
            return None
        return RefusedQuestion(fixed.status, fixed.reason, fixed.language, message=fixed.message)

    def _fixed(self, claim: Claim, language: Language) -> FixedReply | None:
        """What the message gets at once; a message that triage fails on is asked."""
        try:
            return self._triage.of(claim.request.question, language)
        except Exception:  # noqa: BLE001 - one question never fails its batch
            _log.exception("triage_failed", question=claim.id)
            return None
