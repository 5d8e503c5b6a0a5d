"""The stand-in's own process, as vLLM's EngineCore is one: steps in real time.

It gets requests as lines of JSON over a socket and answers a line for each step. A step ends when
the card would have ended it; where this process is woken later than that, the next one begins
later too, and the seconds are counted as late, so that a busy machine is seen.
"""

import json
import select
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.gpu.blocks import block_keys
from benchmarks.gpu.card import SHAPES, Card
from benchmarks.gpu.scheduler import Asked, Scheduler, Step, scheduler_for

#: Bytes of one read.
_READ = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """How the engine is set.

    Attributes:
        shape: of the model, by its name.
        speed: how many times as fast as the real card.
        sequences: at the same time.
        step_tokens: of one step.
    """

    shape: str
    speed: float
    sequences: int
    step_tokens: int

    @property
    def card(self) -> Card:
        """With the model on it."""
        return Card(SHAPES[self.shape], self.speed)

    def scheduler(self) -> Scheduler:
        """A new one, with an empty cache."""
        return scheduler_for(self.card, self.sequences, self.step_tokens)


@dataclass(slots=True)
class Tally:
    """Since the start.

    Attributes:
        steps: how many.
        busy: seconds of steps, as modelled.
        late: seconds by which steps ended later.
        prefill: tokens of prompts.
        decodes: tokens of answers, each answer's first left out.
    """

    steps: int = 0
    busy: float = 0.0
    late: float = 0.0
    prefill: int = 0
    decodes: int = 0

    def count(self, step: Step, seconds: float, late: float) -> None:
        """Count one step."""
        self.steps += 1
        self.busy += seconds
        self.late += late
        self.prefill += step.load.prefill
        self.decodes += step.load.decodes


class Core:
    """The engine's loop.

    Args:
        link: to the process that asks.
        limits: at the beginning.
        folder: each request is written there, to be computed again without the product.
    """

    def __init__(self, link: socket.socket, limits: Limits, folder: Path) -> None:
        self._link = link
        self._folder = folder
        self._limits = limits
        self._tally = Tally()
        self._rest = b""
        self._inbox: list[dict[str, Any]] = []
        self._open = True
        self._begin(limits, 0)

    def _begin(self, limits: Limits, control: int) -> None:
        self._limits = limits
        self._card = limits.card
        self._scheduler = limits.scheduler()
        self._log = (self._folder / f"asked-{control}.jsonl").open("a")

    def run(self) -> None:
        """Until the other end closes."""
        while self._open:
            self._take_inbox()
            start = time.perf_counter()
            step = self._scheduler.step()
            if step is None:
                self._log.flush()
                self._read(None)
                continue
            seconds = self._card.seconds(step.load)
            self._read_until(start + seconds)
            self._tally.count(step, seconds, time.perf_counter() - start - seconds)
            self._send(
                {
                    "began": step.began,
                    "ended": [(ended.id, ended.cached) for ended in step.ended],
                    "tally": asdict(self._tally),
                }
            )

    def _take_inbox(self) -> None:
        handlers: dict[str, Callable[[dict[str, Any]], None]] = {
            "ask": self._ask,
            "abort": lambda message: self._scheduler.abort(message["id"]),
            "control": self._control,
        }
        inbox, self._inbox = self._inbox, []
        for message in inbox:
            handlers[message["kind"]](message)

    def _ask(self, message: dict[str, Any]) -> None:
        keys = block_keys(message["tokens"])
        asked = Asked(
            message["id"], keys, message["prompt"], message["answer"], message["priority"]
        )
        self._scheduler.add(asked)
        if not message["resumed"]:
            self._log.write(json.dumps(asdict(asked)) + "\n")

    def _control(self, message: dict[str, Any]) -> None:
        """Other limits and an empty cache; whatever is under way is forgotten."""
        self._log.close()
        self._begin(replace(self._limits, **message["limits"]), message["number"])
        self._send({"control": message["number"], "limits": asdict(self._limits)})

    # -- the link ---------------------------------------------------------------------------------

    def _read_until(self, end: float) -> None:
        """Read what comes until then. It is looked at between two steps, as vLLM does."""
        while self._open and (left := end - time.perf_counter()) > 0:
            self._read(left)

    def _read(self, seconds: float | None) -> None:
        if not select.select([self._link], [], [], seconds)[0]:
            return
        data = self._link.recv(_READ)
        if not data:
            self._open = False
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._inbox += map(json.loads, lines)

    def _send(self, message: dict[str, Any]) -> None:
        self._link.sendall(json.dumps(message).encode() + b"\n")


def main() -> None:
    """Run with a socket's file descriptor, the limits and the folder."""
    descriptor, limits, folder = sys.argv[1:]
    with socket.socket(fileno=int(descriptor)) as link:
        Core(link, Limits(**json.loads(limits)), Path(folder)).run()


if __name__ == "__main__":
    main()
