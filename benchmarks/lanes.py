"""How long a live user waits while a backfill drains, and what the backfill loses for it.

    python -m benchmarks.lanes [--interactive 40] [--gap 3] [--bulk 1000]

`atende up` with FaQuAD's documents and no gate; questions over HTTP. Three phases of one start:
live users alone, on a fixed schedule of exponential gaps; the backfill alone; and the same live
questions on the same schedule while 1,000 bulk questions wait. A live question's time runs from its
POST to the end of its long poll. All live questions are asked once before, so that their passages
are in the prefix cache the first time as well; what bulk drives out of it counts against us.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import httpx
from rich.console import Console

from benchmarks import corpora
from benchmarks.figure import Figure, keep, keep_details, show
from benchmarks.peers.work import SETTINGS, say
from benchmarks.running import System, running
from benchmarks.schedule import arrivals, percentile
from benchmarks.sets import DATA
from workers.contracts.question import Lane

COMMAND: Final = "python -m benchmarks.lanes"
NAME: Final = "lanes"
SEED: Final = 4
#: Seconds of one long poll.
POLL: Final = 30


@dataclass(frozen=True, slots=True)
class Phase:
    """One phase's figures.

    Attributes:
        seconds: its length.
        latencies: of the live questions, seconds, in the order of asking.
        cached: share of the live questions' prompt tokens that the prefix cache held.
        bulk: bulk questions that ended in it.
    """

    seconds: float
    latencies: tuple[float, ...]
    cached: float
    bulk: int

    @property
    def rate(self) -> float:
        """Bulk answers per second."""
        return self.bulk / self.seconds


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with retrieval/")
    parser.add_argument("--interactive", type=int, default=40, help="live questions")
    parser.add_argument("--gap", type=float, default=3.0, help="mean seconds between two")
    parser.add_argument("--bulk", type=int, default=1000, help="questions waiting in bulk")
    parser.add_argument("--alone", type=float, default=60.0, help="seconds of bulk alone")
    options = parser.parse_args()
    start_time = time.monotonic()
    live = corpora.questions("faquad", options.data)[: options.interactive]
    live_texts = set(live)
    load = corpora.questions("faquad", options.data) + corpora.questions("squad_pt", options.data)
    # SQuAD's questions are not answered by these documents: to the engine they are the same work.
    load = [text for text in corpora.shuffled(load) if text not in live_texts]
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        corpora.make_data_folder("faquad", options.data, data)
        with running(data, NAME, SETTINGS) as system:
            phases = measure(system, live, load, options)
    figures = figures_of(phases)
    show(figures, Console(width=120))
    for name, phase in phases.items():
        print(f"{name}: {phase.cached:.0%} of the live questions' prompts from the prefix cache")
    print(f"{time.monotonic() - start_time:.0f} s in all")
    keep(figures)
    keep_details("lanes", {name: asdict(phase) for name, phase in phases.items()})


def measure(
    system: System, live: Sequence[str], load: Sequence[str], options: argparse.Namespace
) -> dict[str, Phase]:
    """The three phases, one after the other."""
    system.enqueue([(text, Lane.BULK) for text in live])
    system.await_ended(len(live))
    times = arrivals(options.interactive, options.gap, SEED)
    say(NAME, f"{len(live)} live questions alone, {times[-1]:.0f} s")
    alone = asyncio.run(users(system, live, times))

    system.enqueue([(text, Lane.BULK) for text in load[: options.bulk]])
    time.sleep(10)  # the first are answered together: not the steady state
    say(NAME, f"bulk alone, {options.alone:.0f} s")
    before, start_time = system.ended(Lane.BULK), time.perf_counter()
    time.sleep(options.alone)
    count, seconds = system.ended(Lane.BULK) - before, time.perf_counter() - start_time
    backfill = Phase(seconds, (), 0.0, count)

    waiting = system.store.waiting()[Lane.BULK]
    extra = load[options.bulk : 2 * options.bulk - waiting]
    system.enqueue([(text, Lane.BULK) for text in extra])
    say(NAME, f"the same live questions while {waiting + len(extra)} bulk questions wait")
    both = asyncio.run(users(system, live, times))
    if system.store.waiting()[Lane.BULK] == 0:
        print("the bulk lane ran empty: ask for more with --bulk")
    return {"alone": alone, "bulk alone": backfill, "with bulk": both}


async def users(system: System, questions: Sequence[str], times: Sequence[float]) -> Phase:
    """Each user asks at their time and waits for the answer."""
    headers = {"Authorization": f"Bearer {system.stack.credentials.api_key}"}
    limits = httpx.Limits(max_connections=len(questions))
    async with httpx.AsyncClient(
        base_url=system.stack.url, headers=headers, limits=limits, timeout=2 * POLL
    ) as api:
        before, start_time = system.ended(Lane.BULK), time.perf_counter()

        async def ask(question: str, due: float) -> tuple[float, dict[str, Any]]:
            await asyncio.sleep(start_time + due - time.perf_counter())
            sent = time.perf_counter()
            reply = await api.post("/v1/questions", json={"question": question})
            path = f"/v1/questions/{reply.raise_for_status().json()['id']}"
            while True:
                reply = await api.get(path, params={"wait": POLL})
                if outcome := reply.raise_for_status().json().get("outcome"):
                    return time.perf_counter() - sent, outcome.get("usage") or {}

        ended = await asyncio.gather(*map(ask, questions, times))
        seconds, count = time.perf_counter() - start_time, system.ended(Lane.BULK) - before
    prompt = sum(usage.get("prompt_tokens", 0) for _, usage in ended)
    cached = sum(usage.get("cached_tokens", 0) for _, usage in ended)
    latencies = tuple(latency for latency, _ in ended)
    return Phase(seconds, latencies, cached / max(1, prompt), count)


def figures_of(phases: dict[str, Phase]) -> list[Figure]:
    """Times of the live questions, and what bulk loses."""
    alone, backfill, both = phases["alone"], phases["bulk alone"], phases["with bulk"]
    figures = [
        Figure(
            f"interactive {name}, {when}",
            (percentile(phase.latencies, share),),
            "s",
            None,
            COMMAND,
            most=True,
        )
        for when, phase in (("alone", alone), ("with bulk", both))
        for name, share in (("p50", 0.5), ("p95", 0.95))
    ]
    bulk_ratio = both.rate / backfill.rate if backfill.rate else 0.0
    ratio = percentile(both.latencies, 0.95) / percentile(alone.latencies, 0.95)
    return [
        *figures,
        Figure("interactive p95 with bulk ÷ alone", (ratio,), "x", 1.5, COMMAND, most=True),
        Figure("bulk answers, alone", (backfill.rate,), "answers/s", None, COMMAND),
        Figure("bulk answers, with interactive", (both.rate,), "answers/s", None, COMMAND),
        Figure("bulk with interactive ÷ alone", (bulk_ratio,), "x", None, COMMAND),
    ]


if __name__ == "__main__":
    main()
