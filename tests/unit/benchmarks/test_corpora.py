import pytest

from benchmarks.corpora import cut, shuffled


def test_sets_share_no_question() -> None:
    warm, *sets = cut(shuffled(str(number) for number in range(30)), 4, 2, 10)
    everything = [*warm, *sets[0], *sets[1]]
    assert (len(warm), len(sets[0]), len(sets[1])) == (4, 10, 10)
    assert len(set(everything)) == 24


def test_too_few_questions_are_said_before_anything_starts() -> None:
    with pytest.raises(ValueError, match="30 distinct questions are too few for 3 sets of 10"):
        cut(shuffled(str(number) for number in range(30)), 4, 3, 10)
