"""What stands behind a bot: the API as a process, a drain over a real knowledge base, deliveries.

The engine is a stand-in; everything else is what runs in production.
"""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from ingestion.knowledge.base import Knowledge
from tests.drain_bench import Bench
from tests.stand_ins import NoEmail, NoWhatsApp, StandInEngine
from workers.contracts.outbox import Outbox
from workers.contracts.questions import QuestionStore
from workers.delivery.deliver import deliver, dispatch
from workers.delivery.egress import CallbackClient
from workers.delivery.sender import Senders
from workers.delivery.webhook import WebhookSender
from workers.settings import WorkerSettings
from workers.stack.ports import free_port

if TYPE_CHECKING:
    from redis import Redis

ROOT = Path(__file__).parents[1]
#: Seconds that a chat completion waits in these tests: enough for any answer on a busy machine.
CHAT_WAIT = 20.0
#: Where it is to come late.
SHORT_WAIT = 1.5


@contextmanager
def running(command: list[str], env: Mapping[str, str], health: str, log: Path) -> Iterator[None]:
    """A server in a process of its own, once it answers at `health`; killed at the end."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=os.environ | env, cwd=ROOT, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        for _ in range(400):
            assert process.poll() is None, log.read_text("utf-8", "replace")
            with suppress(httpx.TransportError):
                httpx.get(health, timeout=5)
                break
            time.sleep(0.05)
        yield
    finally:
        process.kill()
        process.wait()


@contextmanager
def running_api(redis_url: str, log: Path, chat_wait: float = CHAT_WAIT) -> Iterator[str]:
    """The API under gunicorn; gives its address."""
    port = free_port()
    env = {
        "ATENDE_PORT": str(port),
        "ATENDE_REDIS_URL": redis_url,
        "ATENDE_CHAT_WAIT_SECONDS": str(chat_wait),
        "ATENDE_CALLBACK_ALLOW_PRIVATE": "true",
    }
    command = [sys.executable, "-m", "gunicorn", "-c", "python:api.gunicorn"]
    url = f"http://127.0.0.1:{port}"
    with running([*command, "api.server:create_app()"], env, f"{url}/healthz", log):
        yield url


@dataclass
class Drained:
    """A drain in a thread, which deliveries follow; `let_go` ends what was asked `devagar`."""

    redis: "Redis"
    settings: WorkerSettings
    knowledge: Knowledge
    engine: StandInEngine = field(default_factory=StandInEngine)
    _stop: threading.Event = field(default_factory=threading.Event)
    _loop: asyncio.AbstractEventLoop | None = None

    @property
    def store(self) -> QuestionStore:
        """The questions."""
        return QuestionStore(self.redis, self.settings)

    def let_go(self) -> None:
        """Let the engine end what it holds."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self.engine.go.set)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Drain and deliver until the end."""
        threads = [
            threading.Thread(target=asyncio.run, args=(self._drain(),)),
            threading.Thread(target=self._deliver),
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()

    async def _drain(self) -> None:
        self._loop = asyncio.get_running_loop()
        async with Bench(self.store, self.knowledge, self.settings).drain(self.engine):
            await asyncio.to_thread(self._stop.wait)

    def _deliver(self) -> None:
        outbox = Outbox(self.redis, self.settings)
        client = CallbackClient(allow_private=True, timeout=5.0, per_host=8)
        secret = self.settings.secret.get_secret_value()
        senders = Senders(
            webhook=WebhookSender(client, secret), whatsapp=NoWhatsApp(), email=NoEmail()
        )
        while not self._stop.wait(0.05):
            dispatch(
                outbox,
                self.settings,
                lambda each: deliver(each, self.store, outbox, senders, self.settings),
            )
        client.close()


def eventually(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for it: long enough for a busy machine, since no test measures speed here."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)
