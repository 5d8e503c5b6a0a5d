"""What speaks for and against the best candidate being an answer at all, in numbers. Pure."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingestion.knowledge.search.evidence import Evidence
from workers.answering.quoting.features import FEATURES, ODDS

#: Names of the values of `doubts_of`.
DOUBTS: Final = (
    "score", "margin", "likelihood", "nearness", "words", "own_words", "known", "best",
    "elsewhere", "rise", "fits", "first", "row", "said", "second",
    "odds", "second_odds", "choice", "none", "chance", "ahead",
)  # fmt: skip
#: What stands for evidence that there is too little to say.
_UNKNOWN: Final = 0.5

Numbers = NDArray[np.float64]


def doubts_of(
    scores: Numbers, features: Numbers, evidence: Evidence, level: float, temperature: float
) -> Numbers:
    """The values for the candidate with the highest score.

    Args:
        scores: of the ranking: (candidates,).
        features: (candidates, features), as `with_odds` gives them.
        evidence: of the search.
        level: see `Fit`.
        temperature: see `Fit`.
    """
    order = np.argsort(-scores)
    best, second = order[0], order[min(1, len(order) - 1)]
    column = dict(zip((*FEATURES, *ODDS), features[best], strict=True))
    odds = features[:, len(FEATURES)]
    others = np.delete(odds, best)
    nearness = (features[[best, second], 0] - level) / temperature
    return np.array([
        scores[best],
        scores[best] - scores[second],
        -np.log(np.exp(scores - scores[best]).sum()),
        nearness[0],
        column["words"],
        column["own_words"],
        _or(evidence.known, _UNKNOWN),
        evidence.best,
        evidence.elsewhere,
        _or(evidence.rise, 0.0),
        column["fits"],
        column["first"],
        column["row"],
        _or(evidence.said, _UNKNOWN),
        nearness[1],
        odds[best],
        odds[second],
        column["choice"],
        -np.logaddexp(0, np.logaddexp.reduce(odds)),
        column["chance"],
        odds[best] - others.max() if len(others) else 0.0,
    ])  # fmt: skip


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value
