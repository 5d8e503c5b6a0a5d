"""How well the gate's score tells questions with an answer from those without. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: float64, one value for each question.
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GateFigures:
    """The gate at one threshold. A value is None where nothing can be said.

    Attributes:
        precision: share of the questions let through that have an answer.
        recall: share of the questions with an answer that are let through.
        stopped: share of the questions without one that are stopped.
    """

    precision: float | None
    recall: float | None
    stopped: float | None


def area(answerable: Sequence[float], others: Sequence[float]) -> float | None:
    """Area under the ROC curve: how often an answerable question scores higher, ties count half.

    It equals the Mann-Whitney statistic (Hanley and McNeil 1982). None where a side is empty.
    """
    if not len(answerable) or not len(others):
        return None
    low = np.sort(np.asarray(others, dtype=float))
    below = np.searchsorted(low, answerable, "left")
    upto = np.searchsorted(low, answerable, "right")
    return float((below + upto).mean() / (2 * len(low)))


def gate_figures(
    answerable: Sequence[float], others: Sequence[float], threshold: float
) -> GateFigures:
    """The gate's figures; a question whose score reaches the threshold is let through."""
    right = sum(score >= threshold for score in answerable)
    wrong = sum(score >= threshold for score in others)
    return GateFigures(
        precision=right / (right + wrong) if right + wrong else None,
        recall=right / len(answerable) if len(answerable) else None,
        stopped=1 - wrong / len(others) if len(others) else None,
    )


def threshold_for(answerable: Sequence[float], recall: float) -> float:
    """The highest threshold that still lets this share of the questions through.

    Args:
        answerable: scores of questions with an answer, at least one.
        recall: share to let through, above 0 and at most 1.
    """
    ranked = sorted(answerable, reverse=True)
    return ranked[max(0, int(np.ceil(recall * len(ranked) - 1e-9)) - 1)]


def roc(answerable: Sequence[float], others: Sequence[float]) -> list[tuple[float, float]]:
    """Points (share of others let through, share of answerable let through), rising."""
    points = [(0.0, 0.0)]
    for threshold in sorted({*answerable, *others}, reverse=True):
        figures = gate_figures(answerable, others, threshold)
        points.append((1 - (figures.stopped or 0.0), figures.recall or 0.0))
    return points
