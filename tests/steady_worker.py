"""A worker that answers without model and documents: for tests of what stands around the drain."""

import asyncio
import threading
from types import TracebackType
from typing import Self

from workers.contracts.claims import ClaimStore, LaneCursor, Settlement
from workers.contracts.connection import connect_async
from workers.contracts.question import Citation, Outcome, Status
from workers.contracts.settings import QueueSettings

_CITATION = Citation(document="preparo.md", title="Preparo", quote="Faça jejum de 8 horas.")


class SteadyWorker:
    """Claims from the real lanes, and settles. Use it as a context manager.

    While `go` is set it answers what it has claimed; while not, it holds its claims. A question
    with `pessoa` goes to a person, one with `quebra` fails.

    Args:
        settings: of the queue.
        slots: how many questions it holds at once.
        seconds: for how long it holds them, all at once.

    Attributes:
        answered: what was asked, in the order of the answers.
        held: how many it claimed last.
    """

    def __init__(self, settings: QueueSettings, slots: int = 8, seconds: float = 0.0) -> None:
        self.go = threading.Event()
        self.go.set()
        self.answered: list[str] = []
        self.held = 0
        self._settings = settings
        self._slots = slots
        self._seconds = seconds
        self._ending = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.set()
        self._thread.join()

    async def _run(self) -> None:
        redis = connect_async(self._settings)
        store = ClaimStore(redis, self._settings, "steady")
        try:
            await store.open()
            while not self._ending.is_set():
                claims = await store.claim(self._slots, self._slots, LaneCursor())
                self.held = len(claims)
                await asyncio.sleep(self._seconds if claims else 0.02)
                while claims and not self.go.is_set() and not self._ending.is_set():  # noqa: ASYNC110 - another thread sets them
                    await asyncio.sleep(0.02)
                if claims and not self._ending.is_set():
                    texts = [claim.request.question for claim in claims]
                    await store.settle(
                        [
                            Settlement(claim, _outcome(text))
                            for claim, text in zip(claims, texts, strict=True)
                        ]
                    )
                    self.answered += texts
        finally:
            await redis.aclose()


def _outcome(text: str) -> Outcome:
    if "quebra" in text:
        return Outcome(status=Status.FAILED, reason="engine_failed", text="Uma pessoa responde.")
    if "pessoa" in text:
        return Outcome(status=Status.NEEDS_HUMAN, reason="weak", text="Uma pessoa responde.")
    return Outcome(
        status=Status.ANSWERED, text=f"Resposta: {text}", citations=(_CITATION,), model="steady"
    )
