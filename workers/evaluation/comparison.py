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
from workers.evaluation.verdicts import BAD, GOOD

#: Resamples of a test, and the seed that makes a repeat equal.
RESAMPLES = 9999
SEED = 1
#: A difference whose chance is below it is called more than chance.
LEVEL = 0.05

Value = Callable[[Result], float | None]

#: What is compared, by its name in `Figures`.
MEASURES: Final[Mapping[str, Value]] = {
    "recall_1": lambda result: result.recall(1) if result.asked.answerable else None,
    "recall_5": lambda result: result.recall(5) if result.asked.answerable else None,
    "mrr_10": lambda result: result.reciprocal_rank if result.asked.answerable else None,
    "ndcg_10": lambda result: result.ndcg if result.asked.answerable else None,
    "gate_right": lambda result: float(result.searched.passes == result.asked.answerable),
    "ended_well": lambda result: float(result.verdict in GOOD) if result.verdict else None,
    "no_harm": lambda result: float(result.verdict not in BAD) if result.verdict else None,
    "answer_f1": lambda result: result.reply.f1 if result.reply else None,
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
        """By how much the second is higher."""
        return self.after - self.before

    @property
    def sure(self) -> bool:
        """Whether it is more than chance."""
        return self.chance < LEVEL


@dataclass(frozen=True, slots=True)
class ChangedResult:
    """A question whose result is not the same."""

    before: Result
    after: Result

    @property
    def gain(self) -> float:
        """How much better it is: by all measures together."""
        return sum(_gain(value(self.before), value(self.after)) for value in MEASURES.values())


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side.

    Attributes:
        differences: in the order of `MEASURES`, where both runs have the measure.
        changed: questions with another result, the worst loss first.
        verdicts: those of them with another verdict.
        only_before: questions that the second run does not have.
        only_after: questions that the first run does not have.
    """

    differences: tuple[Difference, ...]
    changed: tuple[ChangedResult, ...]
    verdicts: tuple[ChangedResult, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]


def compare(before: Run, after: Run) -> Comparison:
    """Put two runs side by side; questions belong together by their text."""
    first = {result.asked.question: result for result in before.results}
    second = {result.asked.question: result for result in after.results}
    pairs = [(first[text], second[text]) for text in first if text in second]
    differences = (_difference(name, value, pairs) for name, value in MEASURES.items())
    changed = sorted(
        (ChangedResult(*pair) for pair in pairs if _differ(*pair)),
        key=lambda question: question.gain,
    )
    return Comparison(
        differences=tuple(difference for difference in differences if difference),
        changed=tuple(changed),
        verdicts=tuple(each for each in changed if _differ_in_verdict(each.before, each.after)),
        only_before=tuple(text for text in first if text not in second),
        only_after=tuple(text for text in second if text not in first),
    )


def _difference(
    name: str, value: Value, pairs: Sequence[tuple[Result, Result]]
) -> Difference | None:
    both = [(value(a), value(b)) for a, b in pairs]
    values = np.array([(a, b) for a, b in both if a is not None and b is not None], dtype=float)
    if not len(values):
        return None
    steps = values[:, 1] - values[:, 0]
    low, high, chance = 0.0, 0.0, 1.0
    if steps.any() and len(steps) > 1:
        rng = np.random.default_rng(SEED)
        means = rng.choice(steps, (RESAMPLES, len(steps))).mean(axis=1)
        low, high = (float(end) for end in np.quantile(means, [0.025, 0.975]))
        test = permutation_test(
            (values[:, 1], values[:, 0]),
            lambda x, y: np.mean(x - y),
            permutation_type="samples",
            n_resamples=RESAMPLES,
            rng=rng,
        )
        chance = float(test.pvalue)
    before, after = values.mean(axis=0)
    return Difference(name, float(before), float(after), low, high, chance, len(steps))


def _differ(before: Result, after: Result) -> bool:
    measures = (_gain(value(before), value(after)) for value in MEASURES.values())
    return any(measures) or _differ_in_verdict(before, after)


def _differ_in_verdict(before: Result, after: Result) -> bool:
    """Whether both have a verdict, and not the same."""
    verdicts = {before.verdict, after.verdict}
    return None not in verdicts and len(verdicts) > 1


def _gain(before: float | None, after: float | None) -> float:
    return after - before if before is not None and after is not None else 0.0
