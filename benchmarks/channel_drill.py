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
import os
import random
import tempfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.control_plane import server
from benchmarks.drill import MOST_SETTLING, Drill, Plan
from benchmarks.drill_patients import Patients, RandomFaults
from benchmarks.drill_stack import DrillStack
from benchmarks.drill_verdict import Examination, Verdict
from benchmarks.figure import Figure, keep, keep_details, show
from ingestion.knowledge.base import open_knowledge
from ingestion.pipeline import Target, ingest_path
from workers.contracts import channel_files, logs
from workers.contracts.connection import connect
from workers.contracts.whatsapp_channel import WhatsAppChannel
from workers.settings import WorkerSettings
from workers.simulation.whatsapp.graph import Options, StrictGraph
from workers.simulation.whatsapp.limits import Limits
from workers.stack.ports import free_port

COMMAND: Final = "python -m benchmarks.channel_drill"
NAME: Final = "recepcao"
DOCUMENT: Final = "# Colonoscopia\n\n## Preparo\n\nFaça jejum de 8 horas e beba água.\n"


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
    channel = graph.channel(NAME) | {"ambiguous_minutes": plan.minutes}
    channel_files.save(WhatsAppChannel.model_validate(channel), settings.channels_dir)


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
