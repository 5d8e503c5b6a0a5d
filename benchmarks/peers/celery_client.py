"""Starts a peer's Celery worker with a broker of its own, and waits for its answers."""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from benchmarks.control_plane import server
from benchmarks.peers.work import Measurement, Run, Work, say
from workers.stack.child import Child

#: Seconds until a worker must have loaded its engine, and until a set must be answered.
MOST_SECONDS: Final = 900.0

#: One answer: text, tokens of the prompt, of the answer, and of the prompt from the cache.
Answer = tuple[str, int, int, int]


@contextmanager
def worker(module: str, work: Work, redis_url: str, log: Path) -> Iterator[None]:
    """`celery worker` on a module: one process, one task at a time."""
    command = [sys.executable, "-m", "celery", "-A", module, "worker", "--pool", "solo"]
    command += ["--concurrency", "1"]
    # Nothing is in flight at the end, and a worker that holds an engine does not end by itself.
    child = Child(module, command, environment(work, redis_url), log, grace=2.0).start()
    try:
        yield
    finally:
        child.stop()


def environment(work: Work, redis_url: str) -> Mapping[str, str]:
    """What the worker's module reads."""
    return {**os.environ, "BENCH_FOLDER": str(work.folder.resolve()), "BENCH_BROKER": redis_url}


def measure(
    system: str, module: str, work: Work, most: int | None, ask: Callable[[Any, list[str]], Any]
) -> Measurement:
    """Set after set through one worker.

    Args:
        system: its name.
        module: of the Celery app.
        work: the questions and documents.
        most: questions of each set.
        ask: takes the broker's URL and questions, and returns their answers.
    """
    warm, sets = work.sets()
    with (
        tempfile.TemporaryDirectory() as scratch,
        server(Path(scratch)) as queue,
        worker(module, work, queue.redis_url, Path(scratch) / "worker.log"),
    ):
        start_time = time.perf_counter()
        ask(queue.redis_url, warm)
        start_seconds = time.perf_counter() - start_time
        say(system, f"ready after {start_seconds:.0f} s")
        runs = []
        for questions in sets:
            start_time = time.perf_counter()
            answers: Sequence[Answer] = ask(queue.redis_url, questions[:most])
            seconds = time.perf_counter() - start_time
            _, prompt, completion, cached = zip(*answers, strict=True)
            runs.append(Run(len(answers), seconds, sum(prompt), sum(completion), sum(cached)))
            say(system, f"{runs[-1].rate:.2f} answers/s")
        return Measurement(system, start_seconds, tuple(runs))
