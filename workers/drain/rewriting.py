"""Questions that go on from others are rewritten by the model, before they are searched."""

from collections.abc import Sequence

from workers.answering.rewrite import RewritePrompt, Rewriter
from workers.answering.rewritten import Rewritten, read_rewritten
from workers.contracts import logs
from workers.contracts.question import Request, Usage
from workers.drain.flights import Flight
from workers.drain.generating import Generator
from workers.drain.thread import LaneThread
from workers.engine.protocol import Generation, GenerationError
from workers.monitor.meters import Meters

_log = logs.logger(__name__)


class Rewriting:
    """One more request to the engine for such a question, in a slot like any other.

    Whatever fails here, the question is searched as without it.

    Args:
        rewriter: writes the prompts; None: nothing is rewritten.
        generator: of the worker's engine.
        meters: count what came of each.
    """

    def __init__(self, rewriter: Rewriter | None, generator: Generator, meters: Meters) -> None:
        self._rewriter = rewriter
        self._generator = generator
        self._meters = meters
        self._thread = LaneThread("rewrite")

    async def prompts(self, flights: Sequence[Flight]) -> dict[Flight, RewritePrompt]:
        """The prompts for those of a batch that are to be rewritten."""
        asked = [flight for flight in flights if flight.claim.request.context]
        if self._rewriter is None or not asked:
            return {}
        requests = [flight.claim.request for flight in asked]
        prompts = await self._thread.run(asked[0].turn, self._prompts, self._rewriter, requests)
        return {flight: prompt for flight, prompt in zip(asked, prompts, strict=True) if prompt}

    async def rewrite(self, flight: Flight, prompt: RewritePrompt) -> float:
        """Rewrite a question, where what the model writes can be trusted.

        Returns:
            The seconds that it took in slots.

        Raises:
            EngineDeadError: see `Engine`.
        """
        claim = flight.claim
        name = f"{claim.id}:{claim.attempt}:rewrite"
        try:
            generation, seconds = await self._generator.generate(
                flight.turn, name, prompt, on_stage=flight.enter
            )
        except GenerationError as error:
            _log.warning("rewriting_failed", question=claim.id, error=str(error))
            self._meters.rewritten("failed")
            return 0.0
        usage = Usage(
            prompt_tokens=generation.prompt_tokens,
            completion_tokens=generation.completion_tokens,
            cached_tokens=generation.cached_tokens,
        )
        self._meters.generated(claim.lane, seconds, usage)
        reading = await self._thread.run(flight.turn, _read, generation, prompt)
        flight.rewritten = reading.text
        self._meters.rewritten(reading.refusal or "rewritten")
        return seconds

    def close(self) -> None:
        """End the thread."""
        self._thread.close()

    @staticmethod
    def _prompts(rewriter: Rewriter, requests: Sequence[Request]) -> list[RewritePrompt | None]:
        """In the thread."""
        return [_prompt_of(rewriter, request) for request in requests]


def _prompt_of(rewriter: Rewriter, request: Request) -> RewritePrompt | None:
    try:
        return rewriter.prompt_of(request)
    except Exception as error:  # noqa: BLE001 - one question never fails its batch
        _log.error("rewrite_prompt_failed", error=type(error).__name__)
        return None


def _read(generation: Generation, prompt: RewritePrompt) -> Rewritten:
    """In the thread."""
    try:
        return read_rewritten(generation, prompt)
    except Exception as error:  # noqa: BLE001 - the question is searched as it stands
        _log.error("rewritten_unread", error=type(error).__name__)
        return Rewritten("", "failed")
