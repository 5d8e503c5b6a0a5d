"""Patients write while everything fails: each is heard once, and answered once at most.

Some hundreds of contacts of a strict Graph API, with and without a number, some of whom change
their identity, write to a whole installation: the API under gunicorn, the intake, the drain and the
deliveries in their Celery workers, a Valkey server; only the model is replaced, by an engine that
answers at once with what it was given to read. The posts come repeated, mixed and batched. API and
workers are ended by SIGKILL at random and started again, and calls that send fail, are throttled,
or are taken and never answered. At the end every bubble is looked for, and every phone looked at.

    python -m benchmarks.channel_drill [--posts 2000] [--contacts 300] [--kills 18] [--seed 1]
"""

import argparse
import json
import os
import random
import tempfile
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.control_plane import server
from benchmarks.drill_patients import Patients, RandomFaults
from benchmarks.drill_stack import MORTAL, DrillStack
from benchmarks.drill_verdict import Examination, Verdict
from benchmarks.figure import Figure, keep, keep_details, show
from benchmarks.peers.work import say
from ingestion.knowledge.base import open_knowledge
from ingestion.pipeline import Target, ingest_path
from workers.contracts import logs
from workers.contracts.connection import connect
from workers.settings import WorkerSettings
from workers.simulation.whatsapp.graph import Options, StrictGraph
from workers.simulation.whatsapp.limits import Limits
from workers.stack.ports import free_port

COMMAND: Final = "python -m benchmarks.channel_drill"
NAME: Final = "recepcao"
DOCUMENT: Final = "# Colonoscopia\n\n## Preparo\n\nFaça jejum de 8 horas e beba água.\n"
#: Seconds from the last kill until everything has settled, at most: a dead worker's posts are taken
#: over after 30, a delivery in hand after 25, and what is ambiguous waits for its status.
MOST_SETTLING: Final = 180.0
#: Patients who write in a round.
_WRITERS: Final = (2, 4, 6, 8)
#: Seconds for a process to come to its work; the drain loads a model for its search.
_START_SECONDS: Final = 120
#: Seconds that it then works at most before it is ended.
_WORK_SECONDS: Final = 6.0
#: Seconds between two lines on the way.
_LINE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Plan:
    """A drill.

    Attributes:
        posts: with messages, repetitions included.
        contacts: who write.
        kills: processes that are ended.
        rate: posts per second.
        minutes: for which a status is waited for.
        seed: of chance; what the machine does beside it differs each time.
    """

    posts: int = 2000
    contacts: int = 300
    kills: int = 18
    rate: float = 12.0
    minutes: float = 0.4
    seed: int = 1


@dataclass
class Result:
    """What a drill showed.

    Attributes:
        posts: that were made, with statuses; `attempts` counts each time that one was sent.
        settling: seconds from the last kill.
    """

    verdict: Verdict
    posts: int = 0
    attempts: int = 0
    rekeyed: int = 0
    settling: float = 0.0
    kills: Counter[str] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)


class Drill:
    """One drill on an empty server.

    Args:
        plan: how much of everything.
        graph: the strict Graph API, running.
        stack: the installation.
        patients: who write.
    """

    def __init__(
        self, plan: Plan, graph: StrictGraph, stack: DrillStack, patients: Patients
    ) -> None:
        self._plan, self._graph, self._stack, self._patients = plan, graph, stack, patients
        self._chance = random.Random(plan.seed)  # noqa: S311 - no secret
        self._last_kill = time.monotonic()

    def run(self, examination: Examination) -> float:
        """Write, kill, and wait until all has settled; seconds from the last kill until then."""
        for name in MORTAL:
            self._await_work(name, examination)
        killer = threading.Thread(target=self._kill, args=(examination,))
        killer.start()
        try:
            self._write()
        finally:
            killer.join()
        self._graph.courier.flush(MOST_SETTLING)
        return self._settle(examination)

    def _write(self) -> None:
        courier, made, told = self._graph.courier, 0, time.monotonic()
        started, read = time.monotonic(), 0
        while made < self._plan.posts:
            courier.hold()
            self._patients.write(self._chance.choice(_WRITERS))
            self._patients.post()
            made += sum(b'"messages":[' in post.body for post in courier.posts[read:])
            read = len(courier.posts)
            if time.monotonic() - told > _LINE_SECONDS:
                told = time.monotonic()
                say("drill", f"{made} posts, {self._stack.kills.total()} kills")
            courier.hold()  # statuses meanwhile come with the next posts
            time.sleep(max(0.02, made / self._plan.rate - (time.monotonic() - started)))
        courier.release()

    def _kill(self, examination: Examination) -> None:
        """End one after the other; none that has not come to its work yet."""
        span = self._plan.posts / self._plan.rate + 5
        times = sorted(self._chance.uniform(2, span) for _ in range(self._plan.kills))
        names = [MORTAL[number % len(MORTAL)] for number in range(self._plan.kills)]
        self._chance.shuffle(names)
        started = time.monotonic()
        for at, name in zip(times, names, strict=True):
            time.sleep(max(0.0, started + at - time.monotonic()))
            self._await_work(name, examination)
            time.sleep(self._chance.random() * _WORK_SECONDS)
            self._stack.kill(name)
            self._last_kill = time.monotonic()

    def _await_work(self, name: str, examination: Examination) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while not examination.at_work(name, self._stack.started[name]):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{name} has not begun its work in {_START_SECONDS} s")
            time.sleep(0.1)

    def _settle(self, examination: Examination) -> float:
        told = 0.0
        while True:
            seconds = time.monotonic() - self._last_kill
            work = examination.open_work()
            examination.hurry()
            quiet = not work and self._graph.courier.flush(0)
            if quiet or seconds > 2 * MOST_SETTLING:
                return seconds
            if time.monotonic() - told > _LINE_SECONDS:
                told = time.monotonic()
                say("drill", f"{seconds:.0f} s after the last kill: {work}")
            time.sleep(0.25)


def environment(redis_url: str, folder: Path) -> dict[str, str]:
    """The settings of a drill's installation."""
    return {
        "ATENDE_REDIS_URL": redis_url,
        "ATENDE_DATA_DIR": str(folder),
        "ATENDE_CHANNELS_DIR": str(folder / "channels"),
        "ATENDE_PORT": str(free_port()),
        "ATENDE_SECRET": "a master secret for drills",
        "ATENDE_ENGINE": "benchmarks.drill_engine:engine",
        "ATENDE_ANSWER": "write",
        "ATENDE_CHUNK_QUESTIONS": "0",
        "ATENDE_GATE_SIMILARITY": "-1",
        "ATENDE_HEARTBEAT_SECONDS": "1",
        "ATENDE_TAKEOVER_SECONDS": "5",
        "ATENDE_DELIVERY_LEASE_SECONDS": "10",
    }


def run(plan: Plan, settings: WorkerSettings, graph: StrictGraph) -> Result:
    """The whole drill, on an empty server.

    Args:
        plan: how much of everything.
        settings: from the environment that `environment` says.
        graph: the strict Graph API, running; several of its threads post.
    """
    _furnish(plan, settings, graph)
    chance = random.Random(plan.seed)  # noqa: S311 - no secret
    faults = graph.server.faults = RandomFaults(random.Random(plan.seed))  # noqa: S311
    patients = Patients(graph, plan.contacts, chance)
    redis = connect(settings)
    examination = Examination(redis, settings, graph, patients)
    variables = {name: value for name, value in os.environ.items() if name.startswith("ATENDE_")}
    try:
        with DrillStack(settings.data_dir, variables) as stack:
            settling = Drill(plan, graph, stack, patients).run(examination)
            result = Result(examination.verdict(), settling=settling, kills=stack.kills)
            for name in stack.ended():
                result.verdict.blame("process ended by itself", name)
    finally:
        redis.close()
    posts = graph.courier.posts
    result.posts, result.attempts = len(posts), sum(len(post.statuses) for post in posts)
    result.rekeyed, result.failures = patients.rekeyed, faults.counts
    return result


def _furnish(plan: Plan, settings: WorkerSettings, graph: StrictGraph) -> None:
    """The clinic's one document and its channel's file."""
    graph.number.limits = Limits(1e6)
    graph.courier.url = f"http://127.0.0.1:{os.environ['ATENDE_PORT']}/v1/channels/whatsapp"
    document = settings.data_dir / "documents" / "colonoscopia.md"
    document.parent.mkdir(parents=True)
    document.write_text(DOCUMENT, "utf-8")
    with open_knowledge(settings) as knowledge:
        ingest_path(document.parent, Target("clinica", knowledge, settings))
    settings.channels_dir.mkdir()
    path = settings.channels_dir / f"{NAME}.json"
    channel = graph.channel(NAME) | {"ambiguous_minutes": plan.minutes}
    path.write_text(json.dumps(channel), "utf-8")
    path.chmod(0o600)


def main() -> None:
    """Print the table, and keep it."""
    plan = Plan()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("posts", "contacts", "kills", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(plan, name))
    options = parser.parse_args()
    logs.configure("CRITICAL")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        queue = stack.enter_context(server(folder))
        os.environ |= environment(queue.redis_url, folder)
        graph = stack.enter_context(StrictGraph(Options(threads=8)).running())
        result = run(Plan(**vars(options)), WorkerSettings(), graph)
    for name, about in result.verdict.faults.items():
        print(f"{name}: {len(about)}")
        print(*(f"  {each}" for each in about[:10]), sep="\n")
    figures = _figures(result)
    show(figures)
    keep(figures)
    keep_details("channel_drill", _details(result))


def _figures(result: Result) -> list[Figure]:
    verdict = result.verdict
    rows = {
        "bubbles lost, or in more than one question": (
            *("bubble lost", "bubble twice", "bubble in no question or several"),
            "bubble without its question",
        ),
        "questions that failed, or without exactly one outcome": (
            *("question failed", "question without an outcome", "ended twice or never"),
        ),
        "messages that a patient got twice, or another patient got": (
            *("message twice", "message on another's phone", "message without its question"),
        ),
        "answers neither on the phone nor with a person": (
            *("answer neither on the phone nor with a person", "delivered, and not on the phone"),
        ),
    }
    return [
        *(
            Figure(f"drill: {name}", (verdict.count(*faults),), "", 0, COMMAND, most=True)
            for name, faults in rows.items()
        ),
        Figure(
            "drill: seconds from the last kill until all has settled",
            (result.settling,), "s", MOST_SETTLING, COMMAND, most=True,
        ),
    ]  # fmt: skip


def _details(result: Result) -> dict[str, object]:
    verdict = result.verdict
    return {
        "posts": result.posts,
        "attempts": result.attempts,
        "bubbles": verdict.bubbles,
        "conversations": verdict.conversations,
        "rekeyed": result.rekeyed,
        "questions": verdict.questions,
        "messages": verdict.messages,
        "kills": result.kills,
        "failures": result.failures,
        "ambiguous": verdict.ambiguous,
        "unknown": verdict.unknown,
        "persons": verdict.persons,
        "settling": round(result.settling),
        "faults": {name: len(about) for name, about in verdict.faults.items()},
    }


if __name__ == "__main__":
    main()
