"""What 100,000 waiting questions cost: the drain's speed, and memory of the API, the drain, Redis.

A run asks and ends 20,000 questions beside as many as wait, once with none and once with 100,000
that were there before; runs of both kinds alternate. Memory is what a process has for itself alone
(USS), after the same work.

    python -m benchmarks.full_lanes [--waiting 100000] [--questions 20000] [--runs 3]
"""

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from redis import Redis

from benchmarks.api import ASK, ASK_MANY, gunicorn
from benchmarks.control_plane import BATCH, ended, requests, server
from benchmarks.figure import Figure, keep, show
from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.connection import connect
from workers.contracts.questions import QuestionStore
from workers.contracts.settings import QueueSettings

COMMAND = "python -m benchmarks.full_lanes"
#: Questions sent to the API alone, and batches of 1,000, before its memory is read.
SINGLES, BATCHES = 500, 3


@dataclass(frozen=True, slots=True)
class Run:
    """One run: questions/s, bytes of the API and the drain, and Redis' bytes of a question."""

    rate: float
    api: int
    drain: int
    question_bytes: float


@contextmanager
def drain(settings: QueueSettings, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """A drain whose engine answers at once, in a process of its own."""
    with (folder / "drain.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.control_plane", "--drain"],
            env=os.environ | {"ATENDE_REDIS_URL": settings.redis_url},
            stderr=log,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def run(waiting: int, count: int) -> Run:
    """One run beside so many waiting questions."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = stack.enter_context(server(folder))
        client = connect(settings)
        store = QuestionStore(client, settings)
        question_bytes = _fill(client, store, waiting)
        port = stack.enter_context(gunicorn("api.server:create_app()", settings, folder))
        _use(port, ApiKeys(client).create("clinica", frozenset({Scope.ASK, Scope.ADMIN}), "b"))
        api = sum(_own_bytes(child) for child in _listening(port))
        worker = stack.enter_context(drain(settings, folder))
        while ended(client) < SINGLES + BATCHES * 1000:  # its start is not measured
            time.sleep(0.01)
        entries = list(requests(count))
        before, start_time = ended(client), time.perf_counter()
        for start in range(0, count, BATCH):
            store.enqueue_many(entries[start : start + BATCH])
        while ended(client) < before + count:
            time.sleep(0.005)
        rate = count / (time.perf_counter() - start_time)
        result = Run(rate, api, _own_bytes(psutil.Process(worker.pid)), question_bytes)
        print(f"  beside {waiting:,}: {rate:,.0f} questions/s, {api:,} and {result.drain:,} bytes")
        return result


def _fill(client: Redis, store: QuestionStore, waiting: int) -> float:
    """Fill the bulk lane; gives Redis' bytes for each question."""
    store.enqueue_many(list(requests(1)))  # the script is loaded, the lane stands
    before = int(client.info("memory")["used_memory"])
    batch = []
    for entry in requests(waiting):
        batch.append(entry)
        if len(batch) == BATCH:
            store.enqueue_many(batch)
            batch = []
    store.enqueue_many(batch)
    return (int(client.info("memory")["used_memory"]) - before) / waiting if waiting else 0.0


def _use(port: int, key: str) -> None:
    """What an API process does all day."""
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def call(method: str, path: str, body: object = None) -> None:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        with connection.getresponse() as reply:
            reply.read()
            if reply.status not in {200, 202, 503}:  # no drain is alive yet: 503 from /readyz
                raise RuntimeError(f"{method} {path} gave {reply.status}")

    texts = [entry.request.question for entry in requests(1000)]
    for number in range(SINGLES):
        call("POST", ASK, {"question": texts[number], "lane": "bulk"})
    for _ in range(BATCHES):
        call("POST", ASK_MANY, {"questions": [{"question": text} for text in texts]})
    call("GET", "/metrics")
    call("GET", "/readyz")
    connection.close()


def _listening(port: int) -> list[psutil.Process]:
    """The API's processes: gunicorn's master and its worker."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if any(link.laddr and link.laddr.port == port for link in child.net_connections())
    ]


def _own_bytes(process: psutil.Process) -> int:
    return int(process.memory_full_info().uss)


def measure(waiting: int = 100_000, questions: int = 20_000, runs: int = 3) -> list[Figure]:
    """The figures of this script."""
    pairs = [(run(0, questions), run(waiting, questions)) for _ in range(runs)]
    beside = f"{waiting:,} waiting"
    return [
        Figure(
            f"control plane with {beside} ÷ with none",
            tuple(full.rate / none.rate for none, full in pairs),
            "",
            0.9,
            COMMAND,
        ),
        Figure(
            f"memory of the API with {beside} ÷ with none",
            tuple(full.api / none.api for none, full in pairs),
            "",
            1.1,
            COMMAND,
            most=True,
        ),
        Figure(
            f"memory of the drain with {beside} ÷ with none",
            tuple(full.drain / none.drain for none, full in pairs),
            "",
            1.1,
            COMMAND,
            most=True,
        ),
        Figure(
            f"Redis memory per question, {beside}",
            tuple(full.question_bytes for _, full in pairs),
            "bytes",
            1536,
            COMMAND,
            most=True,
        ),
    ]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--waiting", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=20_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    figures = measure(options.waiting, options.questions, options.runs)
    show(figures)
    keep(figures)


if __name__ == "__main__":
    main()
