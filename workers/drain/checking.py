"""From a generation to an outcome, beside the loop: the check, and a quote for what it refuses."""

from workers.answering.outcomes import Outcomes, Unsent
from workers.answering.prepare import PreparedQuestion
from workers.contracts import logs
from workers.contracts.claims import Claim
from workers.contracts.question import Outcome, Timings
from workers.drain.threads import LaneThreads
from workers.engine.protocol import Generation

_log = logs.logger(__name__)


class Checking:
    """Checks in one thread, quotes in another: a check takes some milliseconds, a quote a second.

    An answer that may be sent never waits for the quotes of others that may not. More threads
    would not help: checks hold the interpreter, and the encoder of quotes takes one at a time.
    """

    def __init__(self, outcomes: Outcomes) -> None:
        self._outcomes = outcomes
        self._checks = LaneThreads("check")
        self._quotes = LaneThreads("quote")

    async def outcome(
        self,
        claim: Claim,
        question: PreparedQuestion,
        generation: Generation | None,
        timings: Timings,
    ) -> Outcome:
        """What came of a question that the model was asked; one that this fails on has failed."""
        try:
            checked = await self._checks.run(
                claim.lane, self._outcomes.checked, question, generation, timings
            )
            if isinstance(checked, Unsent):
                return await self._quotes.run(claim.lane, self._outcomes.instead, checked)
        except Exception:  # noqa: BLE001 - an outcome is owed in any case
            _log.exception("outcome_failed", question=claim.id)
            return self._outcomes.of(question, None, timings)
        return checked

    def close(self) -> None:
        """End the threads."""
        self._checks.close()
        self._quotes.close()
