from dataclasses import astuple

import numpy as np
import pytest

from ingestion.knowledge.search.rank import Weights
from workers.evaluation.ranking_fit import Choice, _surprise, fit_ranking, held_out


def choices(rng: np.random.Generator, count: int, pull: tuple[float, float, float]) -> list[Choice]:
    """Questions whose right candidate is ahead by `pull` in each of the three signals."""
    made = []
    for group in range(count):
        signals = rng.normal(size=(30, 3))
        signals[0] += pull
        made.append(Choice(signals, np.arange(30) == 0, group))
    return made


def test_signals_that_tell_more_weigh_more() -> None:
    rng = np.random.default_rng(1)
    weights = fit_ranking(choices(rng, 400, (2.0, 2.0, 0.0)))
    assert weights.dense == 1.0
    assert weights.words > 0.7
    assert weights.letters < 0.1


def test_few_questions_leave_the_weights_near_the_prior() -> None:
    rng = np.random.default_rng(2)
    prior = Weights(1.0, 0.2, 0.3)
    few, many = (fit_ranking(choices(rng, count, (1.5, 3.0, 0.0)), prior) for count in (5, 500))
    distance = [abs(np.array(astuple(each)) - astuple(prior)).sum() for each in (few, many)]
    assert distance[0] < 0.6 < distance[1]
    assert fit_ranking([], prior) == prior


def test_a_signal_that_misleads_gets_no_weight_and_none_is_negative() -> None:
    rng = np.random.default_rng(3)
    weights = fit_ranking(choices(rng, 300, (2.0, 0.5, -3.0)))
    assert weights.letters == 0.0
    assert min(astuple(weights)) >= 0


def test_weights_of_a_part_have_seen_none_of_its_questions() -> None:
    rng = np.random.default_rng(4)
    sample = choices(rng, 40, (2.0, 1.0, 0.0))
    by_part = dict(held_out(sample, folds=4))
    assert set(by_part) == {0, 1, 2, 3}
    others = [each for each in sample if each.group % 4 != 2]
    assert by_part[2] == fit_ranking(others)


def test_the_gradient_is_that_of_the_loss() -> None:
    rng = np.random.default_rng(5)
    sample = choices(rng, 10, (1.0, 0.5, 0.2))
    weights = np.array([0.7, 0.3, 0.1])
    _, gradient = _surprise(sample, weights)
    for place in range(3):
        step = np.zeros(3)
        step[place] = 1e-6
        rise = _surprise(sample, weights + step)[0] - _surprise(sample, weights - step)[0]
        assert gradient[place] == pytest.approx(rise / 2e-6, rel=1e-4)
