"""From a generation to an outcome, beside the loop: the check, and the quotes."""

import time

from ingestion.knowledge.errors import KnowledgeError
from workers.answering.outcomes import Outcomes, Unsent
from workers.answering.prepare import FoundQuestion, PreparedQuestion, RefusedQuestion
from workers.contracts import logs
from workers.contracts.question import Outcome, Status, Timings
from workers.drain.flights import Flight
from workers.drain.thread import LaneThread
from workers.engine.protocol import Generation
from workers.monitor.meters import Meters, Stage

_log = logs.logger(__name__)


class Checking:
    """Checks in one thread, quotes in another: a check takes some milliseconds, a quote a second.

    An answer that may be sent never waits for the quotes of others. More threads would not help:
    checks hold the interpreter, and one selection takes the processors. Two at a time brought a
    tenth where the sentences were known, lost a quarter where they were new, and each took twice
    as long.
    """

    def __init__(self, outcomes: Outcomes, meters: Meters) -> None:
        self._outcomes = outcomes
        self._meters = meters
        self._checks = LaneThread("check")
        self._quotes = LaneThread("quote")

    async def written(
        self,
        flight: Flight,
        question: PreparedQuestion,
        generation: Generation | None,
        timings: Timings,
    ) -> Outcome:
        """What came of a question that the model was asked; one that this fails on has failed."""
        try:
            checked = await self._checks.run(
                flight.turn, self._outcomes.checked, question, generation, timings
            )
            return await self._quote(flight, checked) if isinstance(checked, Unsent) else checked
        except Exception:  # noqa: BLE001 - an outcome is owed in any case
            _log.exception("outcome_failed", question=flight.claim.id)
            return self._outcomes.of(question, None, timings)

    async def quoted(self, flight: Flight, question: FoundQuestion, timings: Timings) -> Outcome:
        """What came of a question that is to be quoted; one that this fails on has failed.

        Raises:
            KnowledgeError: no document can be read now; no question is to blame.
        """
        try:
            return await self._quote(flight, self._outcomes.unwritten(question, timings))
        except KnowledgeError:
            raise
        except Exception:  # noqa: BLE001 - an outcome is owed in any case
            _log.exception("quote_failed", question=flight.claim.id)
            version = question.knowledge_version
            failed = RefusedQuestion(Status.FAILED, "quote_failed", question.language, version)
            return self._outcomes.refused(failed, timings)

    def close(self) -> None:
        """End the threads."""
        self._checks.close()
        self._quotes.close()

    async def _quote(self, flight: Flight, unsent: Unsent) -> Outcome:
        flight.enter(Stage.QUOTING)
        outcome, seconds = await self._quotes.run(flight.turn, self._instead, unsent)
        self._meters.quoted(seconds)
        timings = outcome.timings
        timings = timings.model_copy(update={"generated": timings.generated + seconds})
        return outcome.model_copy(update={"timings": timings})

    def _instead(self, unsent: Unsent) -> tuple[Outcome, float]:
        """In the thread: what is sent, and the seconds without the wait for the thread."""
        start = time.perf_counter()
        return self._outcomes.instead(unsent), time.perf_counter() - start
