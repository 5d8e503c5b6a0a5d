"""Questions per second from enqueue to settled, the control plane alone.

Distinct questions, an engine that answers at once, no retrieval: what is left is the queue, the
scripts, the drain's loop and the records. The asker and the drain are two processes beside the
server, as in production; on two cores all three share them.

    python -m benchmarks.control_plane [--questions 20000] [--runs 3]
"""

import argparse
import asyncio
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import redis as redis_client

from benchmarks.figure import Figure, keep, show
from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.evidence import Evidence, Findings
from workers.answering.language import Language
from workers.answering.prompt import AnswerPrompt, Prompter
from workers.answering.templates import Templates
from workers.contracts import keys, logs
from workers.contracts.connection import connect, connect_async
from workers.contracts.question import Lane, Request
from workers.contracts.questions import NewQuestion, QuestionStore
from workers.contracts.settings import QueueSettings
from workers.engine.protocol import Engine, Generation
from workers.settings import WorkerSettings
from workers.stack import valkey
from workers.stack.ports import free_port
from workers.wiring import Wiring

COMMAND = "python -m benchmarks.control_plane"
#: Questions of one enqueue round trip: `POST /v1/questions/batch` takes 1,000 at most.
BATCH = 250
#: Questions whose memory is measured while they wait.
WEIGHED = 5_000
#: Characters of a question, as the target's memory figure has it.
LENGTH = 200
PASSAGE = Passage("0", "a.md", "A", (), None, "O jejum é de 8 horas.", 1.0, 1.0)
EVIDENCE = Evidence(best=1.0, elsewhere=0.0)


class InstantEngine:
    """Answers at once, or after some seconds that take no processor, as a GPU's do."""

    model = "instant"
    healthy = True
    compute_bound = False

    def __init__(self, seconds: float = 0.0, slots: int = 256) -> None:
        self.slots = slots
        self._seconds = seconds

    async def generate(
        self, _request_id: str, _prompt: object, *, priority: int, resume: Sequence[int]
    ) -> Generation:
        """One turn of the loop, or so many seconds."""
        await asyncio.sleep(self._seconds)
        return Generation("O jejum é de 8 horas.", "stop", 100 + priority, 10 + len(resume), 0)


class NoStore:
    """Documents that never change, and no gate."""

    def version(self, _tenant: str) -> str:
        """Never changes."""
        return "0"

    def of(self, _tenant: str) -> None:
        """No calibration: every question goes on."""


class NoRetrieval:
    """Finds the same passage for every question."""

    store = calibrations = NoStore()

    def find(self, questions: Sequence[tuple[str, str]], _limit: int) -> list[Findings]:
        """One passage each."""
        return [Findings([PASSAGE], EVIDENCE) for _ in questions]


class NoPrompt:
    """A prompt without a tokenizer."""

    version = "0"

    def build(
        self, question: str, passages: Sequence[Passage], _language: Language
    ) -> AnswerPrompt:
        """The question itself."""
        return AnswerPrompt(question, (), (), 10, tuple(passages))


async def drain(engine: InstantEngine) -> None:
    """Drain until killed."""
    logs.configure()
    settings = WorkerSettings(answer="write")
    redis = connect_async(settings)

    wiring = Wiring(
        redis=redis,
        knowledge=cast("Knowledge", NoRetrieval()),
        engine=cast("Engine", engine),
        templates=Templates.load(),
        settings=settings,
        worker=f"bench-{os.getpid()}",
        prompter=cast("Prompter", NoPrompt()),
    )
    await wiring.drain.run()


@contextmanager
def server(folder: Path) -> Iterator[QueueSettings]:
    """A Valkey server with its append-only file, as `atende up` starts it."""
    port = free_port()
    process = subprocess.Popen(valkey.command(port, folder))  # noqa: S603 - our own command line
    settings = QueueSettings(redis_url=f"redis://127.0.0.1:{port}/0")
    client = connect(settings)
    try:
        while True:
            try:
                client.ping()
                break
            except redis_client.ConnectionError:
                time.sleep(0.05)
        yield settings
    finally:
        process.kill()
        process.wait()


def requests(count: int) -> Iterator[NewQuestion]:
    """Distinct questions of 200 characters."""
    for number in range(count):
        text = f"Qual o preparo para o exame número {number}? ".ljust(LENGTH, "x")
        request = Request(tenant="clinica", question=text, lane=Lane.BULK, asked_at=time.time())
        yield NewQuestion(request)


def run(count: int) -> tuple[float, float, float]:
    """One run: questions/s, the drain's round trips per question, bytes per waiting question."""
    with tempfile.TemporaryDirectory() as folder, server(Path(folder)) as settings:
        client = connect(settings)
        store = QuestionStore(client, settings)
        questions = list(requests(count))
        store.enqueue_many(questions[:1])  # the scripts are loaded
        empty_bytes = int(client.info("memory")["used_memory"])
        for start in range(0, WEIGHED, BATCH):
            store.enqueue_many(questions[start : start + BATCH])
        weight = (int(client.info("memory")["used_memory"]) - empty_bytes) / WEIGHED
        client.flushall()
        environment = os.environ | {"ATENDE_REDIS_URL": settings.redis_url}
        with (Path(folder) / "drain.log").open("wb") as log:
            worker = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.control_plane", "--drain"],
                env=environment,
                stderr=log,
            )
        try:
            _warm(client, store)
            calls_before = _calls(client)
            start_time = time.perf_counter()
            for start in range(0, count, BATCH):
                store.enqueue_many(questions[start : start + BATCH])
            while ended(client) < count + 1:
                time.sleep(0.005)
            seconds = time.perf_counter() - start_time
            own_calls = math.ceil(count / BATCH)  # the asker's
            trips = (_calls(client) - calls_before - own_calls) / count
            print(f"  {count / seconds:,.0f} questions/s, {trips:.3f} round trips each")
        finally:
            worker.terminate()
            worker.wait()
        return count / seconds, trips, weight


def _calls(client: "redis_client.Redis") -> int:
    """Scripts and waits for new questions that the server was asked for."""
    stats = client.info("commandstats")
    return sum(
        int(stats.get(f"cmdstat_{name}", {}).get("calls", 0)) for name in ("evalsha", "xread")
    )


def _warm(client: "redis_client.Redis", store: QuestionStore) -> None:
    """One question through the drain, so that its start is not measured."""
    store.enqueue_many(list(requests(1)))
    while ended(client) < 1:
        time.sleep(0.01)


def ended(client: "redis_client.Redis") -> int:
    """Bulk questions answered so far."""
    return int(cast("str | None", client.hget(keys.COUNTERS, "ended:bulk:answered")) or 0)


def measure(questions: int = 20_000, runs: int = 3) -> list[Figure]:
    """The figures of this script."""
    figures = [run(questions) for _ in range(runs)]
    rates, trips, weights = zip(*figures, strict=True)
    return [
        Figure("control plane, enqueue to settled", rates, "questions/s", 2000, COMMAND),
        Figure("round trips of the drain per question", trips, "", 1.0, COMMAND, most=True),
        Figure("Redis memory per waiting question", weights, "bytes", 1536, COMMAND, most=True),
    ]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--drain", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--engine-seconds", type=float, default=0.0, help=argparse.SUPPRESS)
    parser.add_argument("--engine-slots", type=int, default=256, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.drain:
        asyncio.run(drain(InstantEngine(options.engine_seconds, options.engine_slots)))
    else:
        figures = measure(options.questions, options.runs)
        show(figures)
        keep(figures)


if __name__ == "__main__":
    main()
