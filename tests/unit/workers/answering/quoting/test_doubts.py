from dataclasses import replace

import numpy as np
import pytest

from ingestion.knowledge.search.evidence import Evidence
from tests.unit.workers.answering.quoting.sheets import EVIDENCE
from workers.answering.quoting.doubts import DOUBTS, doubts_of
from workers.answering.quoting.features import FEATURES, with_odds

LEVEL, TEMPERATURE = 0.5, 0.1


def doubts(
    scores: list[float],
    cosines: list[float],
    evidence: Evidence = EVIDENCE,
    odds: list[float] | None = None,
) -> dict[str, float]:
    features = np.zeros((len(scores), len(FEATURES)))
    features[:, FEATURES.index("cosine")] = cosines
    features[:, FEATURES.index("row")] = range(len(scores))
    read = with_odds(features, range(len(scores)), odds or [0.0] * len(scores))
    values = doubts_of(np.array(scores), read, evidence, LEVEL, TEMPERATURE)
    assert values.shape == (len(DOUBTS),)
    return dict(zip(DOUBTS, map(float, values), strict=True))


def test_they_are_those_of_the_best_candidate_and_of_the_second() -> None:
    values = doubts([1.0, 4.0, 3.0], [0.2, 0.8, 0.6])
    assert values["score"] == 4
    assert values["margin"] == 1
    assert values["row"] == 1  # the second row of features
    assert values["nearness"] == pytest.approx(3)
    assert values["second"] == pytest.approx(1)


def test_the_more_candidates_come_near_the_less_likely_is_the_best() -> None:
    clear = doubts([4.0, -4.0, -4.0], [0.8, 0.1, 0.1])["likelihood"]
    unclear = doubts([4.0, 3.9, 3.8], [0.8, 0.1, 0.1])["likelihood"]
    assert unclear < clear <= 0
    assert np.exp(unclear) == pytest.approx(1 / (1 + np.exp(-0.1) + np.exp(-0.2)))


def test_a_candidate_alone_has_no_margin() -> None:
    values = doubts([2.0], [0.7])
    assert values["margin"] == 0
    assert values["likelihood"] == 0
    assert values["second"] == values["nearness"]


def test_evidence_that_there_is_too_little_to_say_stands_in_the_middle() -> None:
    unknown = replace(EVIDENCE, known=None, said=None, rise=None)
    values = doubts([1.0, 0.0], [0.5, 0.5], unknown)
    assert (values["known"], values["said"], values["rise"]) == (0.5, 0.5, 0.0)
    values = doubts([1.0, 0.0], [0.5, 0.5], replace(EVIDENCE, known=0.0, rise=0.02))
    assert (values["known"], values["said"], values["rise"]) == (0.0, 1.0, 0.02)
    assert (values["best"], values["elsewhere"]) == (0.9, 0.8)


def test_scores_far_apart_stay_finite() -> None:
    assert all(np.isfinite(list(doubts([900.0, -900.0], [1.0, -1.0]).values())))


def test_what_the_cross_encoder_says_of_the_best_is_compared_with_all_others_and_none() -> None:
    values = doubts([4.0, 3.0, 2.0], [0.8, 0.7, 0.6], odds=[2.0, -1.0, 3.0])
    assert (values["odds"], values["second_odds"], values["ahead"]) == (2.0, -1.0, -1.0)
    total = np.log(1 + np.exp(2.0) + np.exp(-1.0) + np.exp(3.0))
    assert values["choice"] == pytest.approx(2.0 - total)
    assert values["none"] == pytest.approx(-total)
    assert values["chance"] == pytest.approx(1 / (1 + np.exp(-2.0)))
