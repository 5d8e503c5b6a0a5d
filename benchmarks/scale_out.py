"""1, 2 and 4 drains over the same lanes: questions per second, a killed one, a new one.

With an engine that answers at once, all drains share this machine's cores: nothing is left to gain
beyond them. With one that takes 50 ms of no processor in 8 slots, as a GPU does, each adds its own
160 questions per second. After each run every question must have ended once.

    python -m benchmarks.scale_out [--runs 3]
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from redis import Redis, ResponseError

from benchmarks.control_plane import BATCH, ended, requests, server
from benchmarks.figure import Figure, keep, show
from workers.contracts import keys
from workers.contracts.connection import connect
from workers.contracts.question import Lane, Status
from workers.contracts.questions import QuestionStore
from workers.contracts.settings import QueueSettings

COMMAND = "python -m benchmarks.scale_out"
#: Workers of the runs that are compared.
FLEETS = (1, 2, 4)
#: The engine that waits: seconds of a question, and questions at a time.
ENGINE_SECONDS, SLOTS = 0.05, 8
#: Questions of a run with the instant engine; seconds of one with the waiting engine.
QUESTIONS, RUN_SECONDS = 12_000, 5


@dataclass
class Fleet:
    """Drains beside each other, over lanes of their own."""

    settings: QueueSettings
    client: Redis
    folder: Path
    engine: tuple[str, ...]
    workers: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def add(self) -> "subprocess.Popen[bytes]":
        """Start one more."""
        with (self.folder / "drains.log").open("ab") as log:
            worker = subprocess.Popen(  # noqa: S603 - our own command line
                [sys.executable, "-m", "benchmarks.control_plane", "--drain", *self.engine],
                env=os.environ | {"ATENDE_REDIS_URL": self.settings.redis_url},
                stderr=log,
            )
        self.workers.append(worker)
        return worker

    def start(self, count: int, questions: int) -> None:
        """Start so many, and let them drain full lanes.

        Neither their start nor the asking of the questions is measured.
        """
        for _ in range(count):
            self.add()
        while self._ready() < count:
            time.sleep(0.02)
        self.signal(signal.SIGSTOP)
        store = QuestionStore(self.client, self.settings)
        entries = list(requests(questions))
        for first in range(0, questions, BATCH):
            store.enqueue_many(entries[first : first + BATCH])
        self.signal(signal.SIGCONT)

    def _ready(self) -> int:
        try:
            return len(self.client.xinfo_consumers(keys.lane(Lane.BULK), keys.GROUP))
        except ResponseError:
            return 0  # none has made the lane yet

    def signal(self, number: int) -> None:
        """Send a signal to all of them."""
        for worker in self.workers:
            worker.send_signal(number)

    def wait(self, questions: int) -> None:
        """Wait until so many have ended."""
        while ended(self.client) < questions:
            time.sleep(0.005)

    def records(self, questions: int) -> list[tuple[str, float, float]]:
        """The worker, the time of the claim and of the end of each question.

        Raises:
            RuntimeError: one was lost, or ended twice.
        """
        names = list(self.client.scan_iter(keys.question("*"), count=1000))
        pipe = self.client.pipeline(transaction=False)
        for name in names:
            pipe.hmget(name, "status", "worker", "claimed_at", "ended_at")
        rows = cast("list[list[str]]", pipe.execute())
        counts = cast("dict[str, str]", self.client.hgetall(keys.COUNTERS))
        ends = sum(int(count) for name, count in counts.items() if name.startswith("ended:"))
        answered = sum(row[0] == Status.ANSWERED for row in rows)
        if not answered == ends == len(names) == questions:
            raise RuntimeError(
                f"{questions} questions, {len(names)} records, {answered} answered, {ends} ends"
            )
        return [(worker, float(claimed), float(end)) for _, worker, claimed, end in rows]


@contextmanager
def fleet(*, waits: bool) -> Iterator[Fleet]:
    """An empty server and no drains yet; `waits` chooses the engine."""
    engine = (
        ("--engine-seconds", str(ENGINE_SECONDS), "--engine-slots", str(SLOTS)) if waits else ()
    )
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = stack.enter_context(server(folder))
        drains = Fleet(settings, connect(settings), folder, engine)
        try:
            yield drains
        finally:
            drains.signal(signal.SIGKILL)
            for worker in drains.workers:
                worker.wait()


def rate(count: int, *, waits: bool) -> float:
    """Questions per second of so many drains."""
    questions = int(count * SLOTS / ENGINE_SECONDS * RUN_SECONDS) if waits else QUESTIONS
    with fleet(waits=waits) as drains:
        drains.start(count, questions)
        start_time = time.perf_counter()
        drains.wait(questions)
        speed = questions / (time.perf_counter() - start_time)
        drains.records(questions)
        print(f"  {count} drains, engine {'waits' if waits else 'instant'}: {speed:,.0f}/s")
        return speed


def killed() -> tuple[float, float]:
    """(seconds from a drain's SIGKILL to the end of what it held, questions taken over)."""
    questions = int(2 * SLOTS / ENGINE_SECONDS * RUN_SECONDS)
    with fleet(waits=True) as drains:
        drains.start(2, questions)
        drains.wait(questions // 2)
        drains.workers[0].kill()
        start_time = time.perf_counter()
        drains.wait(questions)
        seconds = time.perf_counter() - start_time
        drains.records(questions)
        taken_over = float(cast("str | None", drains.client.hget(keys.COUNTERS, "taken_over")) or 0)
        print(f"  killed: {taken_over:.0f} taken over, all ended {seconds:.1f} s after")
        return seconds, taken_over


def joined() -> float:
    """A new drain's share of what two ended in the second after its first claim."""
    questions = int(SLOTS / ENGINE_SECONDS * RUN_SECONDS * 2)
    with fleet(waits=True) as drains:
        drains.start(1, questions)
        drains.wait(questions // 10)
        new = f"bench-{drains.add().pid}"
        drains.wait(questions)
        records = drains.records(questions)
    first = min(claimed for worker, claimed, _ in records if worker == new)
    enders = [worker for worker, _, end in records if first <= end < first + 1]
    share = enders.count(new) / len(enders)
    print(f"  joined: {share:.0%} of what ended in its first second")
    return share


def measure(runs: int = 3) -> list[Figure]:
    """The figures of this script."""
    rates_by_fleet: dict[tuple[bool, int], list[float]] = {}
    kills, shares = [], []
    for _ in range(runs):
        for waits in (False, True):
            for count in FLEETS:
                rates_by_fleet.setdefault((waits, count), []).append(rate(count, waits=waits))
        shares.append(joined())
        kills.append(killed())
    figures = []
    for (waits, count), rates in rates_by_fleet.items():
        name = f"control plane, {count} worker{'s'[: count > 1]}"
        if waits:
            name += f", an engine that waits {ENGINE_SECONDS * 1000:.0f} ms"
        figures.append(Figure(name, tuple(rates), "questions/s", None, COMMAND))
        if waits and count > 1:
            ratios = tuple(
                value / one for value, one in zip(rates, rates_by_fleet[True, 1], strict=True)
            )
            figures.append(Figure(f"{name}, ÷ 1 worker", ratios, "", 0.9 * count, COMMAND))
    seconds, taken_over = zip(*kills, strict=True)
    return [
        *figures,
        Figure(
            "a new worker's share of its first second, beside one", tuple(shares), "", 0.4, COMMAND
        ),
        Figure(
            "SIGKILL of one of two workers: all ended after", seconds, "s", 45, COMMAND, most=True
        ),
        Figure("its questions, taken over", taken_over, "questions", None, COMMAND),
    ]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=3)
    figures = measure(parser.parse_args().runs)
    show(figures)
    keep(figures)


if __name__ == "__main__":
    main()
