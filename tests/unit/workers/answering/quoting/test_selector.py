import math

import numpy as np
import pytest

from ingestion.knowledge.search.evidence import Findings
from tests.unit.workers.answering.quoting.sheets import WordEncoder, fit, found, sheet
from workers.answering.quoting.doubts import DOUBTS
from workers.answering.quoting.features import FEATURES
from workers.answering.quoting.selector import FIT, Fit, Linear, Selector

PREPARATION = sheet("Retire brincos, correntes e relógio.", "Ressonância", "Preparo")
RESULT = sheet("O laudo fica pronto em 5 dias úteis.", "Laudos")
PRICES = sheet("Exame: Raio X; Preço: R$ 90,00\nExame: Tomografia; Preço: R$ 400,00", "Preços")
FINDINGS = found(PREPARATION, RESULT, PRICES)


def quoted(question: str, findings: Findings = FINDINGS, threshold: float = 0.5) -> list[str]:
    quote = Selector(WordEncoder(), fit(threshold)).select(question, findings)
    return [excerpt.text for excerpt in quote.excerpts] if quote else []


def test_the_sentence_that_answers_is_quoted_with_what_it_is_about_and_how_surely() -> None:
    quote = Selector(WordEncoder(), fit()).select("tem que tirar brincos?", FINDINGS)
    assert quote is not None
    (excerpt,) = quote.excerpts
    assert excerpt.text == "Retire brincos, correntes e relógio."
    assert excerpt.heading == "Ressonância \u2013 Preparo"
    assert excerpt.passage == PREPARATION
    assert quote.probability == pytest.approx(1 / (1 + math.exp(0)))  # one of its two words


def test_a_row_is_quoted_by_itself() -> None:
    assert quoted("Preço Tomografia") == ["Exame: Tomografia; Preço: R$ 400,00"]


def test_what_answers_less_surely_than_the_threshold_is_not_quoted() -> None:
    question = "quando fica pronto o laudo do exame?"
    assert quoted(question, threshold=0.5)
    assert not quoted(question, threshold=0.999)


def test_where_nothing_is_near_nothing_is_quoted() -> None:
    assert quoted("vocês vendem pizza?") == []


def test_without_passages_or_evidence_there_is_no_quote() -> None:
    assert quoted("tem que tirar brincos?", Findings((), None)) == []
    assert quoted("tem que tirar brincos?", Findings((PREPARATION,), None)) == []
    assert quoted("tem que tirar brincos?", found(sheet("# Preparo", "Preparo"))) == []


def test_each_question_of_a_message_gets_its_own_excerpt() -> None:
    assert quoted("oi, retire brincos e relógio? quando fica pronto o laudo?") == [
        "Retire brincos, correntes e relógio.",
        "O laudo fica pronto em 5 dias úteis.",
    ]


def test_a_message_is_not_half_answered() -> None:
    assert quoted("quando fica pronto o laudo? vocês vendem pizza com queijo?") == []


def test_what_answers_both_questions_is_said_once() -> None:
    assert quoted("retire brincos e relógio? brincos, correntes e relógio retire?") == [
        "Retire brincos, correntes e relógio."
    ]


def test_a_linear_function_standardises_before_it_weighs() -> None:
    linear = Linear(means=(1.0, 2.0), deviations=(2.0, 4.0), weights=(3.0, -1.0), bias=0.5)
    assert linear.of(np.array([[3.0, 6.0], [1.0, 2.0]])).tolist() == [2.5, 0.5]


def test_the_shipped_fit_has_a_weight_for_each_feature_and_doubt() -> None:
    shipped = Fit.model_validate_json(FIT.read_bytes())
    for linear, names in ((shipped.ranking, FEATURES), (shipped.surety, DOUBTS)):
        for values in (linear.means, linear.deviations, linear.weights):
            assert len(values) == len(names)
        assert all(deviation > 0 for deviation in linear.deviations)
    assert 0 < shipped.threshold < 1
    assert shipped.temperature > 0
