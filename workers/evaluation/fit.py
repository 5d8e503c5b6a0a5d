"""From questions with and without an answer to a calibration of the gate. Pure.

Logistic regression with a Gaussian prior (maximum a posteriori, Bishop 2006, 4.5) around the
shipped weights: a clinic with eighty questions moves them a little, one with thousands as far as
its questions say. Every quoted figure is of questions that the weights were not fitted to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from ingestion.knowledge.search.calibration import Calibration, Feature
from ingestion.knowledge.search.evidence import FEATURES, Evidence
from workers.evaluation.gate_figures import Scores

#: Parts of a cross-validation.
FOLDS = 10

#: How many questions the prior is worth: a squared step of one weight costs as much as so many.
PRIOR = 20.0

#: Least standard deviation of a feature: a constant one has none.
_LEAST_SCALE = 1e-4

_Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """One search to learn from.

    Attributes:
        evidence: of what was found.
        answerable: whether there was an answer to find.
        share: how much it counts.
        group: the same for examples of one question, which are never on both sides of a validation.
    """

    evidence: Evidence
    answerable: bool
    share: float
    group: int


def fit(
    examples: Sequence[Example],
    embedding: str,
    prior: Calibration | None,
    strength: float = PRIOR,
) -> Calibration:
    """Weights that tell the answerable apart; the threshold is 0 until it is chosen.

    Args:
        examples: of both kinds.
        embedding: the model that made the cosines.
        prior: the weights to stay near; None: near 0.
        strength: how many questions the prior is worth.
    """
    means, scales, base = _starting_values(examples, prior)
    matrix = _standardised([each.evidence for each in examples], means, scales)
    sign = np.array([1.0 if each.answerable else -1.0 for each in examples])
    share = np.array([each.share for each in examples])
    offset = matrix @ base

    def loss(step: Scores) -> tuple[float, Scores]:
        margin = sign * (offset + matrix @ step[:-1] + step[-1])
        pull = -sign * share / (1 + np.exp(np.clip(margin, -500, 500)))
        gradient = np.append(pull @ matrix + strength * step[:-1], pull.sum())
        total = float(share @ np.logaddexp(0, -margin) + strength / 2 * step[:-1] @ step[:-1])
        return total, gradient

    steps = minimize(loss, np.zeros(len(FEATURES) + 1), jac=True, method="L-BFGS-B").x
    features = {
        name: Feature(mean=float(mean), scale=float(scale), weight=float(weight))
        for name, mean, scale, weight in zip(
            FEATURES, means, scales, base + steps[:-1], strict=True
        )
    }
    return Calibration(embedding=embedding, features=features, bias=float(steps[-1]), threshold=0.0)


def held_out(
    examples: Sequence[Example], embedding: str, prior: Calibration | None, folds: int = FOLDS
) -> list[float]:
    """Each example's score by a fit that saw nothing of its question."""
    scores = [0.0] * len(examples)
    for fold in range(folds):
        seen = [each for each in examples if each.group % folds != fold]
        if len({each.answerable for each in seen}) < 2:  # noqa: PLR2004 - both kinds
            continue
        calibration = fit(seen, embedding, prior)
        for index, example in enumerate(examples):
            if example.group % folds == fold:
                scores[index] = calibration.score(example.evidence)
    return scores


def _starting_values(
    examples: Sequence[Example], prior: Calibration | None
) -> tuple[Scores, Scores, Scores]:
    """Mean, scale and first weight of each feature: the prior's, else the examples' own and 0."""
    raw = _matrix([each.evidence for each in examples])
    known = ~np.isnan(raw)
    count = np.maximum(known.sum(axis=0), 1)
    means = np.where(known, raw, 0).sum(axis=0) / count
    scales = np.sqrt((np.where(known, raw - means, 0) ** 2).sum(axis=0) / count)
    weights = np.zeros(len(FEATURES))
    for index, name in enumerate(FEATURES):
        if prior is not None and name in prior.features:
            feature = prior.features[name]
            means[index], scales[index], weights[index] = (
                feature.mean,
                feature.scale,
                feature.weight,
            )
    return means, np.maximum(scales, _LEAST_SCALE), weights


def _standardised(evidence: Sequence[Evidence], means: Scores, scales: Scores) -> _Matrix:
    raw = _matrix(evidence)
    return np.where(np.isnan(raw), 0.0, (raw - means) / scales)


def _matrix(evidence: Sequence[Evidence]) -> _Matrix:
    rows = [[np.nan if x is None else x for x in each.features] for each in evidence]
    return np.array(rows, dtype=float).reshape(len(rows), len(FEATURES))
