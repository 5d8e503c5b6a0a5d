"""Fits the selector's ranking and surety to what searches found in clinics of their own. Pure.

Both are linear, with a Gaussian prior around 0. The ranking is a softmax over a question's
candidates (Cao et al. 2007, "Learning to Rank: From Pairwise Approach to Listwise Approach"); the
surety is a logistic regression on what is known of the best candidate.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from workers.answering.quoting.selector import Linear

#: Strength of the priors.
RANKING_PRIOR = 2.0
SURETY_PRIOR = 1.0
#: A score that no candidate reaches: it takes one out of the choice.
_OUT = -50.0
_LEAST = 1e-9

Numbers = NDArray[np.float64]
Flags = NDArray[np.bool_]
_Loss = Callable[[Numbers], tuple[float, Numbers]]


@dataclass(frozen=True, slots=True)
class Choice:
    """A question's candidates.

    Attributes:
        features: (candidates, features).
        right: those that answer.
        also: those that answer in part, which are neither right nor wrong.
    """

    features: Numbers
    right: Flags
    also: Flags


def fit_ranking(choices: Sequence[Choice]) -> Linear:
    """Weights that put what answers first; of questions of which something found answers."""
    means, deviations = _scale(np.concatenate([choice.features for choice in choices]))
    scaled = [(choice.features - means) / deviations for choice in choices]

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        total, gradient = 0.0, np.zeros_like(weights)
        for choice, features in zip(choices, scaled, strict=True):
            shares = _softmax(np.where(choice.also & ~choice.right, _OUT, features @ weights))
            right = max(float(shares[choice.right].sum()), _LEAST)
            total -= float(np.log(right))
            gradient -= features.T @ (shares * choice.right / right - shares)
        return total, gradient

    return _linear(_minimum(loss, len(means), RANKING_PRIOR), means, deviations)


def fit_surety(doubts: Numbers, right: Flags) -> Linear:
    """Weights of the log-odds that the best candidate answers."""
    means, deviations = _scale(doubts)
    scaled = np.column_stack([(doubts - means) / deviations, np.ones(len(doubts))])

    def loss(weights: Numbers) -> tuple[float, Numbers]:
        shares = 1 / (1 + np.exp(-np.clip(scaled @ weights, _OUT, -_OUT)))
        likelihoods = np.where(right, shares, 1 - shares)
        return -float(np.log(likelihoods + _LEAST).sum()), scaled.T @ (shares - right)

    return _linear(_minimum(loss, len(means) + 1, SURETY_PRIOR), means, deviations)


def _minimum(loss: _Loss, size: int, prior: float) -> Numbers:
    def penalised(weights: Numbers) -> tuple[float, Numbers]:
        total, gradient = loss(weights)
        return total + prior * float(weights @ weights), gradient + 2 * prior * weights

    weights: Numbers = minimize(penalised, np.zeros(size), jac=True, method="L-BFGS-B").x
    return weights


def _scale(values: Numbers) -> tuple[Numbers, Numbers]:
    return values.mean(axis=0), values.std(axis=0) + _LEAST


def _softmax(scores: Numbers) -> Numbers:
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum())


def _linear(weights: Numbers, means: Numbers, deviations: Numbers) -> Linear:
    size = len(means)
    return Linear(
        means=_rounded(means),
        deviations=_rounded(deviations),
        weights=_rounded(weights[:size]),
        bias=round(float(weights[size]), 6) if len(weights) > size else 0.0,
    )


def _rounded(values: Numbers) -> tuple[float, ...]:
    return tuple(round(float(value), 9) for value in values)
