"""Starts drains over a real Valkey and a real knowledge base, and asks them questions."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ingestion.knowledge.base import Knowledge
from ingestion.pipeline import Target, ingest_path
from tests.stand_ins import StandInEngine
from workers.answering.quoting.selector import Selector
from workers.answering.templates import Templates
from workers.contracts.connection import connect_async
from workers.contracts.conversation import Turn
from workers.contracts.question import Lane, Question, Request
from workers.contracts.questions import QuestionStore
from workers.contracts.reply import WebhookAddress
from workers.drain.loop import Drain
from workers.monitor.meters import Stage
from workers.settings import WorkerSettings
from workers.wiring import Wiring

ABOUT = "preparo da colonoscopia"


class Bench:
    """Starts drains and asks questions. Without a selector nothing is quoted."""

    def __init__(
        self,
        store: QuestionStore,
        knowledge: Knowledge,
        settings: WorkerSettings,
        selector: Selector | None = None,
    ) -> None:
        self.store = store
        self._selector = selector
        self._knowledge = knowledge
        self._settings = settings

    def ask(  # noqa: PLR0913, PLR0917 - what a request may say
        self,
        text: str = ABOUT,
        lane: Lane = Lane.INTERACTIVE,
        callback_url: str | None = None,
        expires_at: float | None = None,
        tenant: str = "clinica",
        conversation_id: str | None = None,
        context: Sequence[Turn] = (),
    ) -> str:
        request = Request(
            tenant=tenant,
            question=text,
            lane=lane,
            asked_at=time.time(),
            reply_to=WebhookAddress(url=callback_url) if callback_url else None,
            expires_at=expires_at,
            conversation_id=conversation_id,
            context=tuple(context),
        )
        return self.store.enqueue(request).id

    def with_settings(self, **changes: object) -> "Bench":
        """A bench with other settings."""
        settings = self._settings.model_copy(update=changes)
        return Bench(self.store, self._knowledge, settings, self._selector)

    def learn(self, name: str, text: str) -> None:
        """Add a document to the clinic's."""
        with TemporaryDirectory() as folder:
            (Path(folder) / name).write_text(text, "utf-8")
            ingest_path(Path(folder), Target("clinica", self._knowledge, self._settings))

    def get(self, question_id: str) -> Question:
        question = self.store.get(question_id)
        assert question is not None
        return question

    async def wait(self, *ids: str, seconds: float = 30) -> list[Question]:
        """The questions once they have ended, or after so many seconds each."""
        records = [await asyncio.to_thread(self.store.wait, each, seconds) for each in ids]
        questions = [record for record in records if record is not None]
        assert len(questions) == len(ids)
        return questions

    @asynccontextmanager
    async def drain(
        self, engine: StandInEngine, worker: str = "w1"
    ) -> AsyncIterator[tuple[Drain, "asyncio.Task[None]"]]:
        settings = self._settings
        redis = connect_async(settings)
        wiring = Wiring(
            redis=redis,
            knowledge=self._knowledge,
            engine=engine,
            templates=Templates.load(),
            settings=settings,
            worker=worker,
            selector=self._selector,
        )
        drain = wiring.drain
        task = asyncio.create_task(drain.run())
        try:
            yield drain, task
        finally:
            drain.stop()
            await asyncio.gather(task, return_exceptions=True)
            wiring.pipeline.close()
            await redis.aclose()


def followers(drain: Drain) -> int:
    """How many questions wait for an identical one's answer."""
    return sum(flight.stage is Stage.FOLLOWING for flight in drain.flights)


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for it: long enough for a busy machine, since no test measures speed here."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.01)


def run(scene: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(scene(), 120)

    asyncio.run(bounded())
