"""Three rankings become one."""

import pytest

from ingestion.knowledge.search.rank import Hit, Weights, fuse, rank
from ingestion.knowledge.stores.query import DEPTH, Candidates


def test_a_candidate_that_one_ranking_singles_out_wins() -> None:
    cosines = {"a": 0.86, "b": 0.81, "c": 0.85, "d": 0.80}
    hits = rank(Candidates(cosines, {"c": 14.0}, {"c": 30.0, "a": 9.0}), 4)
    assert [hit.id for hit in hits] == ["c", "a", "b", "d"]


def test_the_cosine_decides_where_no_word_is_shared() -> None:
    hits = rank(Candidates({"a": 0.80, "b": 0.90}, {}, {}), 2)
    assert [hit.id for hit in hits] == ["b", "a"]
    assert [hit.similarity for hit in hits] == [0.90, 0.80]


def test_a_candidate_beyond_a_full_list_counts_as_its_last_one() -> None:
    full = {f"k{number:02d}": float(10 + number) for number in range(DEPTH)}
    cosines = dict.fromkeys(full, 0.8) | {"beyond": 0.8}
    hits = rank(Candidates(cosines, full, {}), DEPTH + 1, Weights(0, 1, 0))
    scores = {hit.id: hit.score for hit in hits}
    assert scores["beyond"] == scores["k00"] < scores["k01"]


def test_equal_candidates_keep_one_order() -> None:
    ranking = Candidates({"b": 0.9, "a": 0.9}, {}, {})
    assert [hit.id for hit in rank(ranking, 2)] == ["a", "b"]


def test_nothing_found_is_nothing_fused() -> None:
    assert rank(Candidates({}, {}, {}), 5) == []


def test_what_two_searches_find_goes_before_what_one_puts_first() -> None:
    bare = [Hit("price", 2.0, 0.9), Hit("fasting", 1.5, 0.88), Hit("other", -1.0, 0.8)]
    behind = [Hit("exam", 2.0, 0.9), Hit("fasting", 1.5, 0.88), Hit("third", -1.0, 0.8)]
    hits = fuse([bare, behind], (0.5, 0.5), 3)
    assert [hit.id for hit in hits] == ["fasting", "exam", "price"]
    assert hits[0] == Hit("fasting", 1.5, 0.88)
    assert hits[1].score == pytest.approx(0.5)  # half of the other search's lowest
    assert hits[1].similarity == pytest.approx(0.85)


def test_the_share_says_which_search_counts() -> None:
    up, down = [Hit("a", 1.0, 0.9), Hit("b", -1.0, 0.8)], [Hit("b", 1.0, 0.9), Hit("a", -1.0, 0.8)]
    best = [fuse([up, down], shares, 1)[0].id for shares in ((0.9, 0.1), (0.1, 0.9))]
    assert best == ["a", "b"]


def test_a_search_that_finds_nothing_changes_no_order() -> None:
    hits = [Hit("a", 1.0, 0.9), Hit("b", -1.0, 0.8)]
    assert [hit.id for hit in fuse([hits, []], (0.5, 0.5), 5)] == ["a", "b"]
