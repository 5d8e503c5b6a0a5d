"""One generation: it holds a slot, yields it where it must, and goes on from its tokens."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from itertools import count

from workers.contracts.question import Lane
from workers.drain.slots import Slots, Turn
from workers.engine.protocol import Engine, Generation, Prompt
from workers.monitor.meters import Meters, Stage

#: vLLM serves lower numbers first.
_PRIORITY = {Lane.INTERACTIVE: 0, Lane.BULK: 1}
#: The finish reason of an aborted generation.
_ABORTED = "abort"
#: Seconds between two aborts: the first may come before the engine knows the request.
_NEXT_ABORT_SECONDS = 0.2


class Generator:
    """The engine behind its slots."""

    def __init__(self, engine: Engine, slots: Slots, meters: Meters) -> None:
        self._engine = engine
        self._slots = slots
        self._meters = meters
        self._aborting: set[asyncio.Task[None]] = set()

    async def generate(
        self,
        turn: Turn,
        name: str,
        prompt: Prompt,
        *,
        on_stage: Callable[[Stage], None] = lambda _: None,
        behind: int = 0,
    ) -> tuple[Generation, float]:
        """Generate one answer; with it the seconds that it took in slots.

        Args:
            turn: the right to a slot; where it has to yield, the generation is aborted, waits for
                a slot and goes on from its tokens, whose prefix the engine has cached.
            name: of the engine's request, unique.
            prompt: what to answer.
            on_stage: called with the stage whenever it begins to wait for a slot or to generate.
            behind: added to the lane's priority, for work that nobody waits for.

        Raises:
            GenerationError, EngineDeadError: see `Engine`.
        """
        tokens: tuple[int, ...] = ()
        seconds = 0.0
        for stay in count():
            on_stage(Stage.SLOT)
            async with self._slots.take(turn):
                on_stage(Stage.GENERATING)
                start = time.perf_counter()
                request = f"{name}.{stay}"
                turn.on_yield = partial(self._leave_slot, turn, request)
                generation = await self._engine.generate(
                    request, prompt, priority=_PRIORITY[turn.lane] + behind, resume=tokens
                )
                seconds += time.perf_counter() - start
            if generation.finish_reason != _ABORTED or not turn.yielding:
                return generation, seconds
            tokens = generation.token_ids
            self._meters.yielded()
            self._meters.resumed(len(tokens))
        raise AssertionError("the count has no end")

    def _leave_slot(self, turn: Turn, request: str) -> None:
        task = asyncio.create_task(self._abort(turn, request))
        self._aborting.add(task)
        task.add_done_callback(self._aborting.discard)

    async def _abort(self, turn: Turn, request: str) -> None:
        while turn.yielding and self._slots.holds(turn):
            await self._engine.abort(request)
            await asyncio.sleep(_NEXT_ABORT_SECONDS)
