"""The selector's fits find what parts right from wrong, and nothing where nothing does."""

import numpy as np

from benchmarks.selector_fitting import Choice, fit_ranking, fit_surety

CHANCE = np.random.default_rng(0)
NONE = np.zeros(5, bool)


def choices(count: int) -> list[Choice]:
    """Five candidates each; the first feature is highest where it is right, the second is noise."""
    made = []
    for _ in range(count):
        right = np.arange(5) == CHANCE.integers(5)
        features = np.column_stack([right + CHANCE.normal(0, 0.3, 5), CHANCE.normal(0, 1, 5)])
        made.append(Choice(features, right, NONE))
    return made


def test_the_ranking_puts_first_what_answers() -> None:
    ranking = fit_ranking(choices(60))
    unseen = choices(40)
    first = [bool(each.right[ranking.of(each.features).argmax()]) for each in unseen]
    assert sum(first) >= 36
    assert ranking.weights[0] > 5 * abs(ranking.weights[1])


def test_what_answers_in_part_is_no_wrong_example() -> None:
    partly = [
        Choice(np.array([[1.0], [1.0], [0.0]]), np.array([True, False, False]), also)
        for also in [np.array([False, True, False])] * 20
    ]
    strict = [Choice(each.features, each.right, np.zeros(3, bool)) for each in partly]
    assert fit_ranking(partly).weights[0] > fit_ranking(strict).weights[0]


def test_the_surety_is_higher_where_the_best_candidate_answers() -> None:
    right = CHANCE.random(200) < 0.5
    doubts = np.column_stack([right + CHANCE.normal(0, 0.4, 200)])
    surety = fit_surety(doubts, right)
    odds = surety.of(np.array([[1.0], [0.0]]))
    assert odds[0] > 1 > -1 > odds[1]
