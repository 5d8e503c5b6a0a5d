"""How long a live user waits while a backfill runs.

    python -m benchmarks.backfill_lanes [--interactive 40] [--gap 3] [--rows 2000] [--paced]

As `benchmarks.lanes`, with a backfill in the place of questions that wait in the bulk lane: its
rows come by the callbacks worker, so many ahead. The same live questions on the same schedule,
alone and beside it, in one start of `atende up`. With `--paced` an engine that takes half a second
and no processor, in 8 slots, stands in the place of the model: for machines that do other work.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks import corpora
from benchmarks.drill_engine import PassageEngine
from benchmarks.figure import Figure, keep, keep_details, show
from benchmarks.lanes import SEED, Phase, users
from benchmarks.peers.work import SETTINGS, say
from benchmarks.running import System, running
from benchmarks.schedule import arrivals, percentile
from benchmarks.sets import DATA
from workers.contracts.backfill import Backfill, BackfillPlan, BackfillRow
from workers.contracts.backfills import BackfillStore
from workers.contracts.connection import connect
from workers.contracts.question import Lane
from workers.engine.protocol import Generation, Prompt
from workers.settings import WorkerSettings

COMMAND: Final = "python -m benchmarks.backfill_lanes"
NAME: Final = "backfill lanes"
#: Seconds that a backfill runs before live users come: the first rows are answered together.
_RUN_IN_SECONDS: Final = 10.0
#: Seconds and tokens of an answer of the paced engine.
_PACE_SECONDS: Final = 0.5
_TOKENS: Final = 10


class PacedEngine(PassageEngine):
    """Answers with the first passage, after a while that takes no processor, as a GPU's does."""

    def __init__(self) -> None:
        self._aborts: dict[str, asyncio.Event] = {}

    async def generate(
        self, request_id: str, prompt: Prompt, *, priority: int, resume: Sequence[int] = ()
    ) -> Generation:
        """The passage; what it has of it where it is aborted on the way."""
        begun, left = time.monotonic(), _PACE_SECONDS * (1 - len(resume) / _TOKENS)
        abort = self._aborts[request_id] = asyncio.Event()
        try:
            await asyncio.wait_for(abort.wait(), left)
        except TimeoutError:
            return await super().generate(request_id, prompt, priority=priority, resume=resume)
        finally:
            del self._aborts[request_id]
        share = (time.monotonic() - begun) / _PACE_SECONDS
        tokens = tuple(range(min(_TOKENS - 1, len(resume) + int(_TOKENS * share))))
        return Generation("", "abort", len(prompt.token_ids), len(tokens), 0, tokens)

    async def abort(self, request_id: str) -> None:
        """End a generation early."""
        if request_id in self._aborts:
            self._aborts[request_id].set()


def engine(_settings: WorkerSettings) -> PacedEngine:
    """For `ATENDE_ENGINE=benchmarks.backfill_lanes:engine`."""
    return PacedEngine()


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with retrieval/")
    parser.add_argument("--interactive", type=int, default=40, help="live questions")
    parser.add_argument("--gap", type=float, default=3.0, help="mean seconds between two")
    parser.add_argument("--rows", type=int, default=2000, help="of the backfill")
    parser.add_argument("--paced", action="store_true", help="no model: half a second an answer")
    options = parser.parse_args()
    paced = {"ATENDE_ENGINE": "benchmarks.backfill_lanes:engine"} if options.paced else {}
    live = corpora.questions("faquad", options.data)[: options.interactive]
    load = corpora.questions("faquad", options.data) + corpora.questions("squad_pt", options.data)
    live_texts = set(live)
    rows = [text for text in corpora.shuffled(load) if text not in live_texts][: options.rows]
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        corpora.make_data_folder("faquad", options.data, data)
        with running(data, NAME, SETTINGS | paced) as system:
            phases = measure(system, live, rows, options.gap)
    figures = figures_of(phases)
    show(figures, Console(width=120))
    keep(figures)
    keep_details("backfill_lanes", {name: asdict(phase) for name, phase in phases.items()})


def measure(
    system: System, live: Sequence[str], rows: Sequence[str], gap: float
) -> dict[str, Phase]:
    """The live questions alone, then beside the backfill."""
    system.enqueue([(text, Lane.BULK) for text in live])
    system.await_ended(len(live))
    times = arrivals(len(live), gap, SEED)
    say(NAME, f"{len(live)} live questions alone, {times[-1]:.0f} s")
    alone = asyncio.run(users(system, live, times))
    settings = system.stack.settings.model_copy(update={"redis_url": system.stack.redis_url})
    store = BackfillStore(connect(settings), settings)
    backfill = hand_over(store, system.stack.settings.tenant, rows)
    time.sleep(_RUN_IN_SECONDS)
    say(NAME, "the same live questions while a backfill runs")
    beside = asyncio.run(users(system, live, times))
    now = store.get(backfill.tenant, backfill.id)
    if now is None or not now.left:
        print("the backfill was at its end: ask for more with --rows")
    return {"alone": alone, "beside a backfill": beside}


def hand_over(store: BackfillStore, tenant: str, texts: Sequence[str]) -> Backfill:
    """A backfill that runs."""
    backfill, _ = store.create(tenant, NAME, NAME, BackfillPlan())
    rows = [BackfillRow(key=str(number), question=text) for number, text in enumerate(texts)]
    for first in range(0, len(rows), 1000):
        store.add_rows(tenant, backfill.id, rows[first : first + 1000])
    return store.seal(tenant, backfill.id)


def figures_of(phases: dict[str, Phase]) -> list[Figure]:
    """Times of the live questions, and what the backfill did beside them."""
    alone, beside = phases["alone"], phases["beside a backfill"]
    ratio = percentile(beside.latencies, 0.95) / percentile(alone.latencies, 0.95)
    return [
        *(
            Figure(
                f"live {name}, {when}", (percentile(phase.latencies, share),), "s", None, COMMAND
            )
            for when, phase in phases.items()
            for name, share in (("p50", 0.5), ("p95", 0.95))
        ),
        Figure("live p95 beside a backfill ÷ alone", (ratio,), "x", 1.5, COMMAND, most=True),
        Figure("rows of a backfill beside live users", (beside.rate,), "rows/s", None, COMMAND),
    ]


if __name__ == "__main__":
    main()
