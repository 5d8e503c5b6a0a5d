"""A live user beside bulk on a simulated GPU: how long they wait, and what bulk loses for it.

    python -m benchmarks.gpu_lanes [--live 0.2 2] [--models 7B]

No engine runs: a step takes 3 ms, what its new tokens cost or, where that is longer, the reading of
the weights, and the reading of the keys and values that it attends to; from H100 figures (400
TFLOP/s reached of 989, 2.4 of 3.35 TB/s). Prompts of 950 tokens, answers of 80, no prompt cached;
bulk without end. Compared are tokens of a step, and what bulk does while a live user is there: it
stays in all of its slots, beside others for live users; takes no new ones; or yields all but a few.
"""

import argparse
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from rich.console import Console
from rich.table import Table

from benchmarks.schedule import percentile

#: Slots of the engine.
SLOTS: Final = 256
#: Tokens of a block of the prefix cache: what yielded goes on from whole ones.
BLOCK: Final = 16
#: Seconds that are not counted: the start, as all slots are filled at once.
WARM_SECONDS: Final = 20.0

#: What bulk does while a live user is there.
Way = Literal["stays", "waits", "yields"]


@dataclass(frozen=True, slots=True)
class Model:
    """What a step costs.

    Attributes:
        name: for the table.
        parameters: that a token passes.
        weights: bytes read in each step.
        entry: bytes of one token's keys and values.
        speed: operations/s.
        bandwidth: bytes/s.
        overhead: seconds of a step beside that.
    """

    name: str
    parameters: float
    weights: float
    entry: float
    speed: float = 400e12
    bandwidth: float = 2.4e12
    overhead: float = 0.003

    def seconds(self, new: int, attended: int) -> float:
        """Of a step of so many new tokens, which attend to so many old ones."""
        work = max(2 * self.parameters * new / self.speed, self.weights / self.bandwidth)
        return self.overhead + work + attended * self.entry / self.bandwidth


#: The shapes of Qwen2.5 in bfloat16.
MODELS: Final[Mapping[str, Model]] = {
    "7B": Model("7B", 6.53e9, 15.2e9, 57_344),
    "0.5B": Model("0.5B", 0.36e9, 1.0e9, 12_288),
}


@dataclass(frozen=True, slots=True)
class Rules:
    """How the lanes share the engine.

    Attributes:
        way: see `Way`.
        beside: bulk questions that go on beside live users where bulk waits or yields.
        extra: engine slots beside `SLOTS` that bulk never takes.
        tokens: of a step.
    """

    way: Way
    beside: int = 0
    extra: int = 0
    tokens: int = 4096


@dataclass(eq=False, slots=True)
class Question:
    """One in the engine; `computed` counts prompt and answer tokens whose keys are there."""

    live: bool
    asked_at: float
    prompt: int
    answer: int
    written: int = 0
    computed: int = 0

    @property
    def left(self) -> int:
        """Tokens to compute before the next one can be written."""
        return self.prompt + self.written - self.computed


@dataclass(frozen=True, slots=True)
class Result:
    """Live users' seconds, and bulk answers/s."""

    seconds: tuple[float, ...]
    bulk: float


@dataclass(slots=True)
class Lanes:
    """The engine with its lanes; `simulate` runs it."""

    model: Model
    rules: Rules
    chance: random.Random
    running: list[Question] = field(default_factory=list)
    waiting: list[Question] = field(default_factory=list)
    yielded: list[Question] = field(default_factory=list)
    clock: float = 0.0

    def ask(self, *, live: bool, asked_at: float) -> Question:
        """A new question of a usual length."""
        prompt = max(100, round(self.chance.gauss(950, 200)))
        return Question(live, asked_at, prompt, max(5, round(self.chance.gauss(80, 25))))

    def admit(self, *, bulk: bool) -> None:
        """Fill the slots by the rules; bulk that has to yield leaves them first."""
        live = bool(self.waiting) or any(each.live for each in self.running)
        bound = live and self.rules.way != "stays"
        if bound and self.rules.way == "yields":
            lane = [each for each in self.running if not each.live]
            for each in lane[self.rules.beside :]:
                self.running.remove(each)
                each.computed -= each.computed % BLOCK
                self.yielded.append(each)
        total = SLOTS + self.rules.extra
        while self.waiting and len(self.running) < total:
            self.running.append(self.waiting.pop(0))
        most = self.rules.beside if bound else SLOTS
        count = sum(not each.live for each in self.running)
        while bulk and count < most and len(self.running) < total:
            new = self.yielded.pop(0) if self.yielded else self.ask(live=False, asked_at=self.clock)
            self.running.append(new)
            count += 1

    def step(self) -> list[Question]:
        """One step: answers first, then prompts, live users' before bulk's; who ended in it."""
        budget, attended = self.rules.tokens, 0
        plan: list[tuple[Question, int]] = []
        for each in sorted(self.running, key=lambda one: (one.left > 1, not one.live)):
            if budget:
                plan.append((each, min(each.left, budget)))
                budget -= plan[-1][1]
                attended += each.computed
        self.clock += self.model.seconds(self.rules.tokens - budget, attended)
        ended = []
        for each, count in plan:
            each.computed += count
            each.written += each.left == 0
            if each.written >= each.answer:
                ended.append(each)
        self.running = [each for each in self.running if each not in ended]
        return ended


def simulate(model: Model, rules: Rules, rate: float, *, seconds: float, bulk: bool) -> Result:
    """So many live users a second for so long, beside bulk or alone."""
    lanes = Lanes(model, rules, random.Random(1))  # noqa: S311 - a schedule, no secret
    times = list(_times(rate, seconds))
    latencies, answers = [], 0
    while lanes.clock < seconds:
        while times and times[0] <= lanes.clock:
            lanes.waiting.append(lanes.ask(live=True, asked_at=times.pop(0)))
        lanes.admit(bulk=bulk)
        if not lanes.running:
            lanes.clock = times[0] if times else seconds
            continue
        for each in lanes.step():
            if lanes.clock < WARM_SECONDS:
                continue
            if each.live:
                latencies.append(lanes.clock - each.asked_at)
            else:
                answers += 1
    return Result(tuple(latencies), answers / (seconds - WARM_SECONDS))


def _times(rate: float, seconds: float) -> Iterator[float]:
    chance, moment = random.Random(2), 0.0  # noqa: S311 - likewise
    while rate and (moment := moment + chance.expovariate(rate)) < seconds:
        yield moment


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--live", type=float, nargs="+", default=[0.2, 2.0], help="users a second")
    parser.add_argument("--seconds", type=float, default=200.0, help="of each run")
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    options = parser.parse_args()
    tokens = [Rules("stays", extra=64, tokens=count) for count in (1024, 2048, 4096, 8192)]
    ways = [Rules("waits", 12), *(Rules("yields", beside) for beside in (64, 32, 16, 12, 8, 0))]
    table = Table("model", "live/s", "bulk", "tokens", "p95 s", "÷ alone", "bulk/s", box=None)
    for name in options.models:
        show(table, MODELS[name], Rules("stays"), 0.0, WARM_SECONDS + 40.0)
        for rate in options.live:
            for rules in [*tokens, *ways]:
                show(table, MODELS[name], rules, rate, WARM_SECONDS + options.seconds)
    Console(width=110).print(table)


def show(table: Table, model: Model, rules: Rules, rate: float, seconds: float) -> None:
    """Add a row."""
    alone = simulate(model, rules, rate, seconds=seconds, bulk=False).seconds
    both = simulate(model, rules, rate, seconds=seconds, bulk=True)
    words = rules.way if rules.way == "stays" else f"{rules.way} all but {rules.beside}"
    table.add_row(
        *(model.name, f"{rate:g}", words, f"{rules.tokens:,}"),
        *(_p95(both.seconds), f"{ratio(both.seconds, alone):.2f}" if alone else ""),
        f"{both.bulk:.1f}",
    )


def ratio(both: Sequence[float], alone: Sequence[float]) -> float:
    """p95 beside bulk ÷ p95 alone."""
    return percentile(both, 0.95) / percentile(alone, 0.95)


def _p95(seconds: Sequence[float]) -> str:
    return f"{percentile(seconds, 0.95):.2f}" if seconds else ""


if __name__ == "__main__":
    main()
