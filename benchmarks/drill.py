"""A drill of a channel: patients write, processes are ended, and all of it settles."""

import random
import threading
import time
from dataclasses import dataclass
from typing import Final

from benchmarks.drill_patients import Patients
from benchmarks.drill_stack import MORTAL, DrillStack
from benchmarks.drill_verdict import Examination
from benchmarks.peers.work import say
from workers.simulation.whatsapp.graph import StrictGraph

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
