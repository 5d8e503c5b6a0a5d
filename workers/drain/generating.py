"""One generation: in a slot, making way where it is asked to, and going on from where it was."""

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
#: Why a generation ended that was aborted.
_ABORTED = "abort"
#: Seconds between two tries to abort: the first may come before the engine knows the request.
_ABORT_AGAIN = 0.2


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
        moved: Callable[[Stage], None] = lambda _: None,
        behind: int = 0,
    ) -> tuple[Generation, float]:
        """Generate one answer, and the seconds that it took in slots.

        Args:
            turn: the right to a slot; where it is asked to make way, the generation ends, waits
                for a slot and goes on from its tokens, whose prefix the engine has cached.
            name: of the engine's request, unique.
            prompt: what to answer.
            moved: told whether it waits for a slot or generates.
            behind: how far it stands behind its lane, for work that nobody waits for.

        Raises:
            GenerationError, EngineDeadError: see `Engine`.
        """
        made: tuple[int, ...] = ()
        seconds = 0.0
        for stay in count():
            moved(Stage.SLOT)
            async with self._slots.take(turn):
                moved(Stage.GENERATING)
                begun = time.perf_counter()
                request = f"{name}.{stay}"
                turn.make_way = partial(self._make_way, turn, request)
                generation = await self._engine.generate(
                    request, prompt, priority=_PRIORITY[turn.lane] + behind, resume=made
                )
                seconds += time.perf_counter() - begun
            if generation.finish_reason != _ABORTED or not turn.asked:
                return generation, seconds
            made = generation.token_ids
            self._meters.yielded()
            self._meters.resumed(len(made))
        raise AssertionError("the count has no end")

    def _make_way(self, turn: Turn, request: str) -> None:
        task = asyncio.create_task(self._abort(turn, request))
        self._aborting.add(task)
        task.add_done_callback(self._aborting.discard)

    async def _abort(self, turn: Turn, request: str) -> None:
        while turn.asked and self._slots.holds(turn):
            await self._engine.abort(request)
            await asyncio.sleep(_ABORT_AGAIN)
