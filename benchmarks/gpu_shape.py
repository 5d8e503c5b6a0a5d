"""How near the product comes to what a GPU allows, without one: by a stand-in engine.

    python -m benchmarks.gpu_shape [--retrieval instant] [--shape 0.5b] [--set NAME=VALUE]

The product is real: Valkey, the search over FaQuAD's documents, prompts, drain, checks, settles.
The engine is a stand-in whose steps take the time that `benchmarks/gpu/card.py` computes for an
H100; its steps are made in a process of their own, and what vLLM does with each token in the
drain's process is done there by vLLM's own code (`--outputs none` leaves it out). Each phase has
the engine alone beside it: the same prompts, all at once, in the same steps, and no time passes.

Answers are sentences of the passages; `--unsupported` is the share of those that are not, whose
check fails and for which the product looks for a quote. A live question's time runs from its
enqueue to its settle. Speeds beyond the card's own are the same card, faster in everything. `--set`
changes any setting of the product; such runs are shown, and not kept.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks import corpora
from benchmarks.figure import DETAILS, Figure, keep, keep_details, show
from benchmarks.gpu.card import SHAPES
from benchmarks.gpu.engine import Setup
from benchmarks.gpu.product import Phase, Product, Work, product
from benchmarks.peers.work import say
from benchmarks.schedule import arrivals, percentile
from benchmarks.sets import DATA, read

COMMAND: Final = "python -m benchmarks.gpu_shape"
NAME: Final = "gpu_shape"
CORPUS: Final = "faquad"
SEED: Final = 7
#: Answers/s of the engine alone, beside the card's own.
SPEEDS: Final = (50.0, 100.0, 200.0, 300.0)
#: Those that have a target.
TARGETS: Final = (100.0, 300.0)
#: Tokens a step beside the plan's own.
STEPS: Final = (2048, 8192, 16384)
#: What can be measured, in this order.
PARTS: Final = ("live", "speeds", "steps", "reserve")
WARM: Final = 8


def size(rate: float) -> int:
    """Bulk questions of a phase: some 15 s of a slow engine, and fewer seconds of a fast one."""
    return min(1600, round(350 + 4 * rate))


class Bench:
    """The phases of one command, in drains with settings of their own."""

    def __init__(self, options: argparse.Namespace, data: Path, scratch: Path) -> None:
        self._options = options
        self._data = data
        self._scratch = scratch
        texts = corpora.questions(CORPUS, options.data) + corpora.questions(
            "squad_pt", options.data
        )
        # SQuAD's questions are not answered by these documents: to the engine they are the same.
        self._texts = cycle(corpora.shuffled(texts))
        self._live = [*islice(self._texts, options.live)]
        self._dues = arrivals(options.live, options.gap, SEED) if options.live else []
        self._own_rate = 0.0

    def run(self) -> list[Phase]:
        """All parts that were asked for."""
        parts, phases = self._options.parts, []
        with self._drain() as drain:
            if "live" in parts:
                phases.append(self._phase(drain, self._work("live alone", 0, live=True)))
            first = self._phase(drain, self._work("the card's own speed", 25.0, live=True))
            self._own_rate = first.alone
            phases.append(first)
            if "speeds" in parts:
                phases += [self._speed(drain, rate) for rate in self._options.speeds]
            if "steps" in parts:
                for tokens in self._options.steps:
                    if tokens != first.limits.step_tokens:
                        name = f"{tokens:,} tokens a step"
                        work = self._work(name, 25.0, live=True, speed=1.0, step_tokens=tokens)
                        phases.append(self._phase(drain, work))
        if "reserve" in parts:
            with self._drain(ATENDE_INTERACTIVE_RESERVE="0") as drain:
                phases.append(self._phase(drain, self._work("no reserve", 25.0, live=True)))
        return phases

    def _speed(self, drain: Product, rate: float) -> Phase:
        work = self._work(f"{rate:.0f} answers/s", rate, speed=rate / self._own_rate)
        return self._phase(drain, work)

    def _work(self, name: str, rate: float, *, live: bool = False, **limits: float) -> Work:
        bulk = [*islice(self._texts, size(rate) if rate else 0)]
        if not live:
            return Work(name, bulk, limits=limits)
        return Work(name, bulk, self._live, self._dues, limits)

    def _phase(self, drain: Product, work: Work) -> Phase:
        phase = drain.phase(work)
        say(NAME, f"{phase.name}: {phase.rate:.1f} of {phase.alone:.1f} answers/s")
        return phase

    @contextmanager
    def _drain(self, **settings: str) -> Iterator[Product]:
        options = self._options
        folder = Path(tempfile.mkdtemp(dir=self._scratch)) / "run"
        setup = Setup(str(folder), options.shape, options.outputs, options.unsupported)
        environment = {"ATENDE_DATA_DIR": str(self._data)} | settings | dict(options.set)
        instant = self._passages() if options.retrieval == "instant" else None
        with product(folder, setup, environment, instant) as drain:
            drain.warm([*islice(self._texts, WARM)])
            yield drain

    def _passages(self) -> Path:
        path = self._scratch / "passages.json"
        rows = read(self._options.data / "retrieval" / CORPUS / "passages.jsonl")
        path.write_text(json.dumps([row["text"] for row in rows]), "utf-8")
        return path


def table(phases: Sequence[Phase]) -> Table:
    """One row for each phase."""
    shown = Table(
        "phase",
        "engine alone, answers/s",
        "product",
        "÷",
        "live p50, p95, s",
        "loop's lag p99, max, ms",
        "fullest threads: cores, ms an answer",
        "engine late",
        box=None,
        title_justify="left",
    )
    for phase in phases:
        busy = sorted(phase.cores.items(), key=lambda item: -item[1])[:4]
        each = phase.milliseconds
        names = (
            f"{name.removeprefix('drain/')} {used:.2f} {each[name]:.1f}" for name, used in busy
        )
        live = f"{phase.late_answer(0.5):.2f} {phase.late_answer():.2f}" if phase.latencies else ""
        lags = (1000 * percentile(phase.lags, share) for share in (0.99, 1.0))
        shown.add_row(
            phase.name,
            f"{phase.alone:.1f}",
            f"{phase.rate:.1f}",
            f"{phase.ratio:.2f}",
            live,
            " ".join(f"{lag:.0f}" for lag in lags),
            ", ".join(names),
            f"{phase.late:.0%}",
        )
    return shown


def figures_of(phases: Sequence[Phase], label: str, command: str = COMMAND) -> list[Figure]:
    """The figures; `label` says which engine and which search."""
    by_name = {phase.name: phase for phase in phases}
    alone = by_name.get("live alone")
    figures = []
    for name, phase in by_name.items():
        if phase is alone:
            continue
        bound = 0.95 if name in {"the card's own speed", *map(_speed_name, TARGETS)} else None
        figures.append(
            Figure(f"{label}, {name}: product ÷ engine alone", (phase.ratio,), "", bound, command)
        )
        if alone and phase.latencies:
            ratio = phase.late_answer() / alone.late_answer()
            title = f"{label}, {name}: live p95 under bulk ÷ alone"
            figures.append(Figure(title, (ratio,), "", 1.5, command, most=True))
    if alone:
        title = f"{label}: live p95 alone"
        figures.append(Figure(title, (alone.late_answer(),), "s", None, command, most=True))
    return figures


def _speed_name(rate: float) -> str:
    return f"{rate:.0f} answers/s"


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.startswith("ATENDE_"):
        raise argparse.ArgumentTypeError(f"{text} is not ATENDE_NAME=VALUE")
    return name, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with retrieval/")
    parser.add_argument("--retrieval", choices=("real", "instant"), default="real")
    parser.add_argument("--outputs", choices=("vllm", "none"), default="vllm")
    parser.add_argument("--shape", choices=sorted(SHAPES), default="7b")
    parser.add_argument("--unsupported", type=float, default=0.1, help="share of the answers")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--speeds", nargs="+", type=float, default=SPEEDS, help="answers/s alone")
    parser.add_argument("--steps", nargs="+", type=int, default=STEPS, help="tokens a step")
    parser.add_argument("--live", type=int, default=24, help="live questions of a phase")
    parser.add_argument("--gap", type=float, default=0.5, help="mean seconds between two")
    parser.add_argument("--set", nargs="+", type=_setting, default=(), metavar="NAME=VALUE")
    parser.add_argument("--json", type=Path, help="write everything there too")
    return parser


def main() -> None:
    """Run from the command line."""
    options = _parser().parse_args()
    start_time = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        corpora.make_data_folder(CORPUS, options.data, data)
        phases = Bench(options, data, Path(scratch)).run()
    label = f"stand-in GPU, {options.shape}"
    if options.retrieval == "instant":
        label += ", instant search"
    figures = figures_of(phases, label)
    console = Console(width=150)
    console.print(table(phases))
    show(figures, console)
    print(f"{time.monotonic() - start_time:.0f} s in all")
    details = {label: [phase.details() for phase in phases]}
    if options.json:
        options.json.write_text(json.dumps(details, indent=1, ensure_ascii=False), "utf-8")
    if not options.set and options.outputs == "vllm":
        keep(figures)
        keep_details(NAME, _kept() | details)


def _kept() -> dict[str, Any]:
    """What runs with another engine or search have kept."""
    path = DETAILS / f"{NAME}.json"
    return dict(json.loads(path.read_text("utf-8"))) if path.exists() else {}


if __name__ == "__main__":
    main()
