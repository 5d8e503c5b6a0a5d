"""Questions per second from enqueue to settled, the control plane alone.

Distinct questions, an engine that answers at once, no retrieval, no triage and no check: what is
left is the queue, the scripts, the drain's loop and the records. The asker and the drain are two
processes beside the server, as in production; on two cores all three share them. A second figure
has triage, and the check of a right answer of one sentence against a passage of one.

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
from datetime import date
from pathlib import Path
from typing import TypedDict, cast

import redis as redis_client

from benchmarks.figure import Figure, keep, show
from ingestion import validity
from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.evidence import Evidence, Findings
from ingestion.knowledge.search.inquiry import Inquiry
from workers.answering.language import Language
from workers.answering.outcomes import Outcomes, Unsent
from workers.answering.prepare import PreparedQuestion
from workers.answering.prompt import AnswerPrompt, Prompter
from workers.answering.templates import Templates
from workers.answering.triage.triage import Triage
from workers.contracts import keys, logs
from workers.contracts.connection import connect, connect_async
from workers.contracts.question import Lane, Outcome, Request, Status, Timings, Usage, Way
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
#: Seconds without an answer after which a run has failed.
STILL_SECONDS = 30
PASSAGE = Passage("0", "a.md", "A", (), None, "O jejum é de 8 horas.", 1.0, 1.0)
EVIDENCE = Evidence(best=1.0, elsewhere=0.0)


class Alone(TypedDict, total=False):
    """Stand-ins for what a drain does beside the control plane."""

    triage: Triage
    outcomes: Outcomes


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

    def find(self, inquiries: Sequence[Inquiry], _limit: int) -> list[Findings]:
        """One passage each."""
        return [Findings([PASSAGE], EVIDENCE) for _ in inquiries]


class NoPrompt:
    """A prompt without a tokenizer."""

    version = "0"

    def today(self) -> date:
        """What day it is: answers are shared within one."""
        return validity.today()

    def build(
        self, question: str, passages: Sequence[Passage], _language: Language
    ) -> AnswerPrompt:
        """The question itself."""
        return AnswerPrompt(question, (), (), 10, tuple(passages))


class NoTriage:
    """Every message is asked."""

    def of(self, _message: str, _language: Language) -> None:
        """No fixed text."""


class NoCheck(Outcomes):
    """Sends what the engine wrote, unread."""

    def checked(
        self, question: PreparedQuestion, generation: Generation | None, timings: Timings
    ) -> Outcome | Unsent:
        """An answer without citations."""
        if generation is None:
            return super().checked(question, generation, timings)
        return Outcome(
            status=Status.ANSWERED,
            text=generation.text,
            language=question.language,
            way=Way.WRITE,
            model=InstantEngine.model,
            usage=Usage(
                prompt_tokens=generation.prompt_tokens,
                completion_tokens=generation.completion_tokens,
            ),
            timings=timings,
        )


async def drain(engine: InstantEngine, *, checks: bool) -> None:
    """Drain until killed; with `checks` also triage and the check of each answer."""
    logs.configure()
    settings = WorkerSettings(answer="write")
    redis = connect_async(settings)
    templates = Templates.load()
    alone: Alone = {
        "triage": cast("Triage", NoTriage()),
        "outcomes": NoCheck(templates, engine.model, NoPrompt.version),
    }
    wiring = Wiring(
        redis=redis,
        knowledge=cast("Knowledge", NoRetrieval()),
        engine=cast("Engine", engine),
        templates=templates,
        settings=settings,
        worker=f"bench-{os.getpid()}",
        prompter=cast("Prompter", NoPrompt()),
        **({} if checks else alone),
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


def run(count: int, *options: str) -> tuple[float, float, float]:
    """One run, with options of the drain.

    Returns:
        Questions/s, the drain's round trips per question, bytes per waiting question.
    """
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
            worker = subprocess.Popen(  # noqa: S603 - our own command line
                [sys.executable, "-m", "benchmarks.control_plane", "--drain", *options],
                env=environment,
                stderr=log,
            )
        try:
            store.enqueue_many(list(requests(1)))  # its start is not measured
            _wait(client, 1, worker)
            calls_before = _calls(client)
            start_time = time.perf_counter()
            for start in range(0, count, BATCH):
                store.enqueue_many(questions[start : start + BATCH])
            _wait(client, count + 1, worker)
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


def _wait(client: "redis_client.Redis", count: int, worker: "subprocess.Popen[bytes]") -> None:
    """Wait until so many are answered.

    Raises:
        RuntimeError: the drain ended, or has answered none for a while.
    """
    last, since = 0, time.perf_counter()
    while last < count:
        time.sleep(0.005)
        answered = ended(client)
        if answered > last:
            last, since = answered, time.perf_counter()
        if worker.poll() is not None or time.perf_counter() - since > STILL_SECONDS:
            raise RuntimeError(f"The drain answered {last} of {count} and no more.")


def ended(client: "redis_client.Redis") -> int:
    """Bulk questions answered so far."""
    return int(cast("str | None", client.hget(keys.COUNTERS, "ended:bulk:answered")) or 0)


def measure(questions: int = 20_000, runs: int = 3) -> list[Figure]:
    """The figures of this script."""
    figures = [run(questions) for _ in range(runs)]
    rates, trips, weights = zip(*figures, strict=True)
    checked, _, _ = zip(*(run(questions // 4, "--checks") for _ in range(runs)), strict=True)
    return [
        Figure("control plane, enqueue to settled", rates, "questions/s", 2000, COMMAND),
        Figure("the same with triage and check", checked, "questions/s", None, COMMAND),
        Figure("round trips of the drain per question", trips, "", 1.0, COMMAND, most=True),
        Figure("Redis memory per waiting question", weights, "bytes", 1536, COMMAND, most=True),
    ]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--questions", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--drain", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--checks", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--engine-seconds", type=float, default=0.0, help=argparse.SUPPRESS)
    parser.add_argument("--engine-slots", type=int, default=256, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.drain:
        engine = InstantEngine(options.engine_seconds, options.engine_slots)
        asyncio.run(drain(engine, checks=options.checks))
    else:
        figures = measure(options.questions, options.runs)
        show(figures)
        keep(figures)


if __name__ == "__main__":
    main()
