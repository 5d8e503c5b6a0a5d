import math

import pytest

from ingestion.knowledge.search.calibration import Calibration, Feature
from ingestion.knowledge.search.evidence import ENOUGH, FEATURES, Evidence, between, weigh
from ingestion.knowledge.words import SharedWords, shared_words

#: A question of stop words alone.
NOTHING = SharedWords(0, 0, 0)


def test_the_best_candidates_stand_against_the_others() -> None:
    cosines = {str(rank): 0.9 - 0.01 * rank for rank in range(12)}
    evidence = weigh(cosines, {"0": 8.0, "3": 6.0}, elsewhere=0.8, shared=SharedWords(4, 2, 3))
    assert evidence is not None
    assert evidence.best == pytest.approx(0.9)
    assert evidence.lead == pytest.approx(0.01)
    assert evidence.rise == pytest.approx(0.09)
    assert evidence.word_lead == pytest.approx(0.25)
    assert evidence.agreement == 1.0
    assert (evidence.elsewhere, evidence.coverage, evidence.known) == (0.8, 0.5, 0.75)
    assert evidence.said == pytest.approx(math.log(4))


def test_few_candidates_say_nothing_of_lead_and_rise() -> None:
    assert weigh({}, {}, 0.8, NOTHING) is None
    alone = weigh({"a": 0.9}, {"a": 3.0}, 0.8, NOTHING)
    assert alone == Evidence(best=0.9, elsewhere=0.8, said=0.0)


def test_more_than_enough_words_of_the_documents_tell_no_more() -> None:
    few, many = (weigh({"a": 0.9}, {}, 0.8, SharedWords(n, n, n)) for n in (ENOUGH, 3 * ENOUGH))
    assert few is not None
    assert few == many


def test_another_passage_first_by_words_is_no_agreement() -> None:
    evidence = weigh({"a": 0.9, "b": 0.8}, {"b": 3.0}, 0.8, NOTHING)
    assert evidence is not None
    assert evidence.agreement == 0.0


@pytest.mark.parametrize(
    ("question", "share"),
    [
        ("Qual o preparo da colonoscopia?", 1.0),
        ("Qual o preparo da endoscopia?", 0.5),
        ("quanto custa o estacionamento", 0.0),
        ("e o da", None),
    ],
)
def test_words_are_compared_by_their_stems_without_stop_words(
    question: str, share: float | None
) -> None:
    shared = shared_words(question, ["Preparos para as colonoscopias: jejum de 8 horas"])
    assert shared is not None
    assert (shared.first / shared.total if shared.total else None) == share


def test_words_tell_nothing_of_passages_in_another_language() -> None:
    passage = "The fast before this exam is of eight hours, and you may drink water."
    assert shared_words("qual é o jejum para o exame?", [passage]) is None
    assert shared_words("how long is the fast before the exam?", [passage]) is not None
    evidence = weigh({"a": 0.9}, {}, 0.8, None)
    assert evidence is not None
    assert (evidence.coverage, evidence.known, evidence.said) == (None, None, None)


def test_words_of_any_passage_are_known() -> None:
    passages = ["Preparo da colonoscopia", "Estacionamento grátis"]
    assert shared_words("preparo e estacionamento, kkk", passages) == SharedWords(3, 1, 2)
    assert shared_words("preparo", []) == SharedWords(1, 0, 0)


def test_a_missing_value_counts_as_the_usual_one() -> None:
    features = {name: Feature(mean=0.5, scale=0.1, weight=1.0) for name in FEATURES}
    calibration = Calibration(embedding="m", threshold=0.0, features=features, bias=0.25)
    usual = Evidence(best=0.5, elsewhere=0.5, lead=0.5)
    assert calibration.score(usual) == pytest.approx(0.25)
    assert calibration.score(Evidence(best=0.6, elsewhere=0.5)) == pytest.approx(1.25)


def test_the_evidence_of_two_searches_lies_between_theirs() -> None:
    bare = Evidence(best=0.8, elsewhere=0.9, lead=0.1)
    behind = Evidence(best=0.9, elsewhere=0.7, said=1.0)
    evidence = between([bare, behind], (0.25, 0.75))
    assert evidence is not None
    assert evidence.best == pytest.approx(0.875)
    assert evidence.elsewhere == pytest.approx(0.75)
    assert (evidence.lead, evidence.said, evidence.rise) == (0.1, 1.0, None)


def test_one_search_alone_keeps_its_evidence() -> None:
    evidence = Evidence(best=0.8, elsewhere=0.9)
    assert between([evidence], (1.0,)) is evidence
    assert between([evidence, None], (0.5, 0.5)) is None
