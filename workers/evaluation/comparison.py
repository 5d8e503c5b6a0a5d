"""Two evaluations of the same questions, question by question. Pure.

Whether a difference is chance is judged by a paired permutation test and a bootstrap interval
(Smucker, Allan and Carterette 2007, "A comparison of statistical significance tests for information
retrieval evaluation").
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.stats import permutation_test

from workers.evaluation.run import Result, Run

#: Resamples of a test, and the seed that makes a repeat equal.
RESAMPLES = 9999
SEED = 1
#: Below it a difference is called more than chance.
LEVEL = 0.05

Value = Callable[[Result], float | None]

#: What is compared, by its name in `Figures`.
MEASURES: Final[Mapping[str, Value]] = {
    "recall_1": lambda each: each.recall(1) if each.asked.answerable else None,
    "recall_5": lambda each: each.recall(5) if each.asked.answerable else None,
    "mrr_10": lambda each: each.reciprocal_rank if each.asked.answerable else None,
    "ndcg_10": lambda each: each.ndcg if each.asked.answerable else None,
    "gate_right": lambda each: float(each.searched.passes == each.asked.answerable),
    "answer_f1": lambda each: each.reply.f1 if each.reply else None,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure in both runs, over the questions that both have.

    Attributes:
        name: of the measure.
        before: its mean in the first run.
        after: its mean in the second.
        low: lower end of the 95 % interval of the difference.
        high: its upper end.
        chance: how likely a difference as large is by chance alone, 0 to 1.
        questions: how many were compared.
    """

    name: str
    before: float
    after: float
    low: float
    high: float
    chance: float
    questions: int

    @property
    def change(self) -> float:
        """How much more the second has."""
        return self.after - self.before

    @property
    def sure(self) -> bool:
        """Whether it is more than chance."""
        return self.chance < LEVEL


@dataclass(frozen=True, slots=True)
class Changed:
    """A question whose result is not the same."""

    before: Result
    after: Result

    @property
    def gain(self) -> float:
        """How much better it is: by reciprocal rank, then the gate, then the answer."""
        mine = [_gain(value(self.before), value(self.after)) for value in MEASURES.values()]
        return sum(mine)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side.

    Attributes:
        differences: in the order of `MEASURES`, where both runs have the measure.
        changed: questions with another result, the worst loss first.
        only_before: questions that the second run does not have.
        only_after: questions that the first run does not have.
    """

    differences: tuple[Difference, ...]
    changed: tuple[Changed, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]


def compare(before: Run, after: Run) -> Comparison:
    """Put two runs side by side; questions belong together by their text."""
    first = {each.asked.question: each for each in before.results}
    second = {each.asked.question: each for each in after.results}
    pairs = [(first[text], second[text]) for text in first if text in second]
    differences = (_difference(name, value, pairs) for name, value in MEASURES.items())
    changed = [Changed(*pair) for pair in pairs if _differ(*pair)]
    return Comparison(
        differences=tuple(each for each in differences if each),
        changed=tuple(sorted(changed, key=lambda each: each.gain)),
        only_before=tuple(text for text in first if text not in second),
        only_after=tuple(text for text in second if text not in first),
    )


def _difference(
    name: str, value: Value, pairs: Sequence[tuple[Result, Result]]
) -> Difference | None:
    both = [(value(a), value(b)) for a, b in pairs]
    there = np.array([(a, b) for a, b in both if a is not None and b is not None], dtype=float)
    if not len(there):
        return None
    steps = there[:, 1] - there[:, 0]
    low, high, chance = 0.0, 0.0, 1.0
    if steps.any() and len(steps) > 1:
        rng = np.random.default_rng(SEED)
        means = rng.choice(steps, (RESAMPLES, len(steps))).mean(axis=1)
        low, high = (float(end) for end in np.quantile(means, [0.025, 0.975]))
        tested = permutation_test(
            (there[:, 1], there[:, 0]),
            lambda x, y: np.mean(x - y),
            permutation_type="samples",
            n_resamples=RESAMPLES,
            rng=rng,
        )
        chance = float(tested.pvalue)
    before, after = there.mean(axis=0)
    return Difference(name, float(before), float(after), low, high, chance, len(steps))


def _differ(before: Result, after: Result) -> bool:
    return any(_gain(value(before), value(after)) for value in MEASURES.values())


def _gain(before: float | None, after: float | None) -> float:
    return after - before if before is not None and after is not None else 0.0
