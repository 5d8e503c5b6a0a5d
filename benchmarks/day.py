"""A realistic day: how much of it is shared, and how much faster that makes it.

    python -m benchmarks.day [--messages 800]

`benchmarks.stream` says what is sent, over the documents of a Brazilian health FAQ, gate and all.
The same messages go twice through a fresh `atende up`: with coalescing and the answer cache as they
are by default, and without both. A quarter waits in bulk from the start; of the live messages, 64
are on their way at any time.
"""

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks import corpora
from benchmarks.figure import Figure, keep, keep_details, show
from benchmarks.peers.work import say
from benchmarks.running import System, ended, running
from benchmarks.sets import DATA
from benchmarks.stream import Message, day, kinds, repeated
from workers.contracts.question import Lane

COMMAND: Final = "python -m benchmarks.day"
SEED: Final = 4
#: Live messages on their way at the same time.
WINDOW: Final = 64
#: Settings of each of the two passes.
PASSES: Final[Mapping[str, Mapping[str, str]]] = {
    "shared": {},
    "each alone": {"ATENDE_ANSWER_CACHE_SECONDS": "0", "ATENDE_COALESCE": "false"},
}
#: Lengths of a day whose repeats are counted without a run.
LENGTHS: Final = (800, 5_000, 50_000)
#: A question that warms each pass up: nobody asks it that day.
WARM: Final = "O exame precisa de pedido médico e de quantas horas de jejum?"


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass of the day.

    Attributes:
        seconds: from the first message to the last end.
        ended: [seconds, messages that have ended] pairs.
        counters: what the scripts counted in it.
    """

    seconds: float
    ended: tuple[tuple[float, int], ...]
    counters: Mapping[str, int]

    @property
    def messages(self) -> int:
        """How many ended."""
        return ended(self.counters)

    @property
    def rate(self) -> float:
        """Messages per second."""
        return self.messages / self.seconds

    def share(self, how: str) -> float:
        """% of messages that were `coalesced` or `cached`, of both lanes."""
        count = sum(self.counters.get(f"shared:{how}:{lane}", 0) for lane in Lane)
        return 100 * count / self.messages

    def status(self, status: str) -> float:
        """% of messages that ended so."""
        count = sum(self.counters.get(f"ended:{lane}:{status}", 0) for lane in Lane)
        return 100 * count / self.messages


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--messages", type=int, default=800)
    options = parser.parse_args()
    start_time = time.monotonic()
    message_kinds = kinds(options.data)
    messages = day(message_kinds, options.messages, SEED)
    repeats = {length: 100 * repeated(day(message_kinds, length, SEED)) for length in LENGTHS}
    with tempfile.TemporaryDirectory() as scratch:
        corpora.make_data_folder("cosibot_ptbr", options.data, Path(scratch) / "shared")
        corpora.make_data_folder("cosibot_ptbr", options.data, Path(scratch) / "each alone")
        passes = {
            name: run_pass(name, Path(scratch) / name, settings, messages)
            for name, settings in PASSES.items()
        }
    figures = figures_of(passes, messages)
    show(figures, Console(width=120))
    for name, result in passes.items():
        shares = {status: result.status(status) for status in ("answered", "needs_human", "failed")}
        print(name, {status: f"{share:.0f} %" for status, share in shares.items()})
    print("repeats in a day of", {length: f"{share:.0f} %" for length, share in repeats.items()})
    print(f"{time.monotonic() - start_time:.0f} s in all")
    keep(figures)
    kinds_sent = Counter(message.kind for message in messages)
    details = {name: asdict(result) for name, result in passes.items()}
    keep_details("day", {"passes": details, "repeats": repeats, "kinds": kinds_sent})


def run_pass(
    name: str, data: Path, settings: Mapping[str, str], messages: Sequence[Message]
) -> Pass:
    """One pass through a stack of its own."""
    with running(data, name, settings) as system:
        system.enqueue([(WARM, Lane.INTERACTIVE)])
        system.await_ended(1)
        result = send(system, messages)
        say(name, f"{result.rate:.2f} answers/s")
        return result


def send(system: System, messages: Sequence[Message]) -> Pass:
    """Bulk first, then `WINDOW` live messages on their way until all have ended."""
    bulk, live = (
        [each for each in messages if each.lane == lane] for lane in (Lane.BULK, Lane.INTERACTIVE)
    )
    before = system.counters()
    start_time, sent = time.perf_counter(), 0
    progress: list[tuple[float, int]] = [(0.0, 0)]
    system.enqueue([(each.text, each.lane) for each in bulk])
    while True:
        counters = system.counters_after_pause()
        counters.subtract(before)
        done = ended(counters)
        if done > progress[-1][1]:
            progress.append((time.perf_counter() - start_time, done))
        if done >= len(messages):
            return Pass(progress[-1][0], tuple(progress), dict(counters))
        next_live = live[sent : sent + WINDOW - (sent - ended(counters, Lane.INTERACTIVE))]
        system.enqueue([(each.text, each.lane) for each in next_live])
        sent += len(next_live)


def figures_of(passes: Mapping[str, Pass], messages: Sequence[Message]) -> list[Figure]:
    """What is shared, and the two speeds."""
    shared, alone = passes["shared"], passes["each alone"]

    def figure(name: str, value: float, unit: str) -> Figure:
        return Figure(f"day: {name}", (value,), unit, None, COMMAND)

    return [
        figure("messages whose text came before", 100 * repeated(messages), "%"),
        figure("coalesced", shared.share("coalesced"), "%"),
        figure("from the answer cache", shared.share("cached"), "%"),
        figure("answers", shared.rate, "answers/s"),
        figure("answers, each alone", alone.rate, "answers/s"),
        figure("answers ÷ each alone", shared.rate / alone.rate, "x"),
    ]


if __name__ == "__main__":
    main()
