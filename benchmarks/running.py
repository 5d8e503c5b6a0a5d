"""The whole system for a measurement: `atende up` on a copy of a folder with documents."""

import os
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.peers.work import say
from workers.commands.up import interruptible
from workers.contracts.connection import connect
from workers.contracts.question import Lane, Outcome, Request
from workers.contracts.questions import NewQuestion, QuestionStore
from workers.stack.ports import free_port
from workers.stack.settings import LocalSettings
from workers.stack.stack import Stack

#: Pause before the counters are read again.
COUNTERS_SECONDS: Final = 0.1
#: Questions of one round trip.
BATCH: Final = 250


class System:
    """A running stack, asked through its question store.

    Attributes:
        stack: its URL and credentials.
        store: what the API writes to.
        start_seconds: until it was ready.
    """

    def __init__(self, stack: Stack, start_seconds: float) -> None:
        self.stack = stack
        self.start_seconds = start_seconds
        settings = stack.settings.model_copy(update={"redis_url": stack.redis_url})
        self.store = QuestionStore(connect(settings), settings)

    def enqueue(self, questions: Sequence[tuple[str, Lane]]) -> list[str]:
        """Enqueue questions; their ids."""
        ids = []
        for first in range(0, len(questions), BATCH):
            batch = [
                NewQuestion(
                    Request(
                        tenant=self.stack.settings.tenant,
                        question=text,
                        lane=lane,
                        asked_at=time.time(),
                    )
                )
                for text, lane in questions[first : first + BATCH]
            ]
            ids += [admission.id for admission in self.store.enqueue_many(batch)]
        return ids

    def counters(self) -> Counter[str]:
        """What the scripts count."""
        return Counter(dict(self.store.counters()))

    def counters_after_pause(self) -> Counter[str]:
        """What the scripts count after a pause.

        Raises:
            RuntimeError: one of the stack's processes has ended; the message holds its log's end.
        """
        time.sleep(COUNTERS_SECONDS)
        for name in ("valkey", "worker", "callbacks", "beat", "api"):
            child = self.stack.child(name)
            if child.exit_code is not None:
                lines = child.log.read_text("utf-8", errors="replace").splitlines()[-20:]
                raise RuntimeError(f"{name} ended ({child.exit_code}):\n" + "\n".join(lines))
        return self.counters()

    def ended(self, lane: Lane | None = None) -> int:
        """Questions that have ended, of one lane or of both."""
        return ended(self.counters(), lane)

    def await_ended(self, count: int, seconds: float = 900.0) -> None:
        """Wait until `count` questions have ended since the start.

        Raises:
            TimeoutError: they have not after so many seconds.
            RuntimeError: the stack broke.
        """
        deadline = time.monotonic() + seconds
        while (count_ended := ended(self.counters_after_pause())) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{count_ended} of {count} questions ended in {seconds:.0f} s")

    def outcomes(self, ids: Sequence[str]) -> list[Outcome]:
        """Those of questions that have ended."""
        questions = [self.store.get(question_id) for question_id in ids]
        return [question.outcome for question in questions if question and question.outcome]


def ended(counters: Mapping[str, int], lane: Lane | None = None) -> int:
    """Questions that have ended, by the counters `ended:<lane>:<status>`."""
    start = f"ended:{lane}:" if lane else "ended:"
    return sum(count for name, count in counters.items() if name.startswith(start))


@contextmanager
def running(data: Path, name: str, environment: Mapping[str, str]) -> Iterator[System]:
    """The stack on a data folder, with some settings changed; stopped at the block's end.

    The model writes the answers unless the settings say otherwise: its engine is what is measured.

    Args:
        data: holds the documents; the queue is kept there too.
        name: of what is measured, for the lines of progress.
        environment: for all its processes, and set for this process too.
    """
    defaults = {"ATENDE_GRACE_SECONDS": "2", "ATENDE_ANSWER": "write"}
    os.environ.update(defaults | dict(environment))
    settings = LocalSettings(data_dir=data, port=free_port(), queue_port=free_port())
    start_time, last_kind = time.perf_counter(), [""]

    def tell(step: str) -> None:
        kind = step.partition(" (")[0]
        if kind != last_kind[0]:
            last_kind[0] = kind
            say(name, step)

    with interruptible(), Stack(settings, tell).running() as stack:
        system = System(stack, time.perf_counter() - start_time)
        say(name, f"ready after {system.start_seconds:.0f} s")
        yield system
