import pytest

from workers.evaluation.scratch import RankingFigures


def figures(*ranks: float) -> RankingFigures:
    mean = sum(ranks) / len(ranks)
    return RankingFigures(recall_1=0, recall_5=0, mrr_10=mean, reciprocal_ranks=ranks)


@pytest.mark.parametrize(
    ("before", "after", "clearly"),
    [
        ((0.5,) * 10, (1.0,) * 8 + (0.5,) * 2, True),
        ((0.5,) * 10, (0.5,) * 10, False),
        ((0.5,) * 10, (1.0,) * 5 + (0.1,) * 5, False),  # many gain, as many lose
        ((0.5,) * 10, (0.4,) * 10, False),
    ],
)
def test_new_weights_are_better_only_where_the_gain_is_more_than_chance(
    before: tuple[float, ...], after: tuple[float, ...], *, clearly: bool
) -> None:
    assert figures(*after).clearly_beats(figures(*before)) is clearly
