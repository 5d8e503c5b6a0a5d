"""Three rankings become one."""

from ingestion.knowledge.search.rank import Weights, rank
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
