"""From questions whose answer is known to the weights of the three rankings. Pure.

Each question is a choice among its candidates, of which some hold the answer: a conditional logit
(McFadden 1974) over the candidates' standardised scores. Few questions must not move far what many
public ones gave, so a Gaussian prior keeps the weights near those to start from.
"""

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ingestion.knowledge.search.rank import Weights

#: Parts of a cross-validation.
FOLDS: Final = 10

#: How many questions the prior is worth: a squared step of one weight costs as much as so many.
PRIOR: Final = 20.0

#: Digits of a weight: more would promise what so few questions cannot say.
_DIGITS: Final = 2

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Choice:
    """One question's candidates.

    Attributes:
        signals: standardised scores of shape (candidates, fields of `Weights`).
        right: which candidates hold the answer, bool of shape (candidates,); one at least.
        group: the same for choices of one question, which are never on both sides of a validation.
    """

    signals: _Array
    right: NDArray[np.bool_]
    group: int


def fit_ranking(
    choices: Sequence[Choice], prior: Weights | None = None, strength: float = PRIOR
) -> Weights:
    """The weights, with the cosine's as it was: only their ratio orders anything.

    Args:
        choices: what to learn from; with none, the prior is returned.
        prior: the weights to stay near; default: the default ones.
        strength: how many questions the prior is worth.
    """
    start = np.array(astuple(prior or Weights()))
    if not choices:
        return prior or Weights()
    scale = _scale(choices, start)

    def loss(weights: _Array) -> tuple[float, _Array]:
        total, gradient = _surprise(choices, weights)
        step = weights - scale * start
        return total + strength / 2 * float(step @ step), gradient + strength * step

    bounds = [(1e-3, None), *[(0.0, None)] * (len(start) - 1)]
    best = minimize(loss, scale * start, jac=True, method="L-BFGS-B", bounds=bounds).x
    return Weights(*(round(float(each), _DIGITS) for each in best * start[0] / best[0]))


def held_out(choices: Sequence[Choice], folds: int = FOLDS) -> Iterator[tuple[int, Weights]]:
    """For each part of a cross-validation, its number and weights that saw none of its questions.

    A question of group g is in part g % folds.
    """
    for fold in range(folds):
        yield fold, fit_ranking([each for each in choices if each.group % folds != fold])


def _scale(choices: Sequence[Choice], start: _Array) -> float:
    """How steeply the starting weights choose: it says what a step of a weight means."""

    def loss(scale: _Array) -> tuple[float, _Array]:
        total, gradient = _surprise(choices, scale[0] * start)
        return total, np.array([gradient @ start])

    return float(minimize(loss, [1.0], jac=True, method="L-BFGS-B", bounds=[(0.05, 20)]).x[0])


def _surprise(choices: Sequence[Choice], weights: _Array) -> tuple[float, _Array]:
    """Minus the logarithm of the right choices' probability, and its gradient."""
    total, gradient = 0.0, np.zeros(len(weights))
    for choice in choices:
        score = choice.signals @ weights
        everything = np.exp(score - score.max())
        rightly = np.where(choice.right, everything, 0.0)
        total += float(np.log(everything.sum()) - np.log(rightly.sum()))
        share = everything / everything.sum() - rightly / rightly.sum()
        gradient += share @ choice.signals
    return total, gradient
