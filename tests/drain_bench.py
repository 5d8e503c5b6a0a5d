"""Starts drains over a real Valkey and a real knowledge base, and asks them questions."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ingestion.knowledge.base import Knowledge
from ingestion.pipeline import Target, ingest
from tests.stand_ins import StandInEngine
from workers.answering.templates import Templates
from workers.contracts.connection import connect_async
from workers.contracts.question import Lane, Question, Request
from workers.contracts.reply import WebhookAddress
from workers.contracts.store import QuestionStore
from workers.drain.loop import Drain
from workers.settings import WorkerSettings
from workers.wiring import Wiring

ABOUT = "preparo da colonoscopia"


class Bench:
    """Starts drains and asks questions."""

    def __init__(
        self, store: QuestionStore, knowledge: Knowledge, settings: WorkerSettings
    ) -> None:
        self.store = store
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
    ) -> str:
        request = Request(
            tenant=tenant,
            question=text,
            lane=lane,
            asked_at=time.time(),
            reply_to=WebhookAddress(url=callback_url) if callback_url else None,
            expires_at=expires_at,
            conversation_id=conversation_id,
        )
        return self.store.enqueue(request).id

    def with_settings(self, **changed: object) -> "Bench":
        """The same with other settings."""
        return Bench(self.store, self._knowledge, self._settings.model_copy(update=changed))

    def learn(self, name: str, text: str) -> None:
        """Add a document to the clinic's."""
        with TemporaryDirectory() as folder:
            (Path(folder) / name).write_text(text, "utf-8")
            ingest(Path(folder), Target("clinica", self._knowledge, self._settings))

    def get(self, question_id: str) -> Question:
        question = self.store.get(question_id)
        assert question is not None
        return question

    async def ended(self, *ids: str, seconds: float = 10) -> list[Question]:
        found = [
            await asyncio.to_thread(self.store.wait, question_id, seconds) for question_id in ids
        ]
        assert all(question is not None for question in found)
        return [question for question in found if question is not None]

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


async def until(true: Callable[[], bool], seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.01)


def run(scene: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        await asyncio.wait_for(scene(), 60)

    asyncio.run(bounded())
