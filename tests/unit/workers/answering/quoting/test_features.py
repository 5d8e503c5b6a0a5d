from dataclasses import replace

import numpy as np
import pytest

from tests.unit.workers.answering.quoting.sheets import sheet
from workers.answering.quoting.candidates import candidates_of
from workers.answering.quoting.features import (
    FEATURES,
    ODDS,
    content,
    features_of,
    with_odds,
)

QUESTION = "quanto custa a ressonância?"
PRICES = sheet(
    "Exame: Ressonância; Preço: R$ 900,00\nO exame dura 40 minutos. Venha em jejum.", "Preços"
)
OTHER = replace(sheet("Fazemos ressonância de joelho.", "Exames"), score=0.25, similarity=0.7)
CANDIDATES = candidates_of([PRICES, OTHER])
COSINES = [0.8, 0.3, 0.2, 0.5]


def column(name: str) -> list[float]:
    values = features_of(QUESTION, CANDIDATES, COSINES)
    assert values.shape == (len(CANDIDATES), len(FEATURES))
    return [float(value) for value in values[:, FEATURES.index(name)]]


def test_each_candidate_has_its_nearness_and_how_far_it_is_behind_the_nearest() -> None:
    assert column("cosine") == COSINES
    assert column("behind") == pytest.approx([0.0, -0.5, -0.6, -0.3])


def test_what_the_search_said_of_its_passage_comes_along() -> None:
    assert column("rank") == [0, 0, 0, 1]
    assert column("first") == [1, 1, 1, 0]
    assert column("score") == pytest.approx([0, 0, 0, -0.75])
    assert column("similarity") == pytest.approx([0.9, 0.9, 0.9, 0.7])


def test_words_of_the_question_count_and_rare_ones_more() -> None:
    row, minutes, fasting, knee = column("own_words")
    assert row > minutes == fasting == 0
    assert knee > 0
    assert max(column("share")) <= 1


def test_words_of_the_heading_count_as_known_but_not_as_own() -> None:
    price = candidates_of([sheet("Aceitamos cartão.", "Ressonância")])
    values = features_of(QUESTION, price, [0.1])
    assert values[0, FEATURES.index("words")] > 0
    assert values[0, FEATURES.index("own_words")] == 0


def test_a_price_fits_a_question_for_one_and_a_question_for_nothing_says_nothing() -> None:
    fits = column("fits")
    assert fits[0] == 1
    assert fits[1] < 1
    unclear = features_of("ressonância", CANDIDATES, COSINES)
    assert set(unclear[:, FEATURES.index("fits")]) == {0.5}


def test_rows_are_told_from_sentences() -> None:
    assert column("row") == [1, 0, 0, 0]
    assert column("place") == pytest.approx([0, 1 / 3, 2 / 3, 0])


def test_a_pair_that_is_asked_as_it_stands_there_says_so() -> None:
    pair = candidates_of([sheet("Quanto custa a ressonância?\nR$ 900,00.", "P", is_pair=True)])
    asked_as = FEATURES.index("asked_as")
    assert features_of(QUESTION, pair, [0.4])[0, asked_as] == 1
    assert features_of("tem estacionamento?", pair, [0.4])[0, asked_as] == 0
    assert column("asked_as") == [0] * len(CANDIDATES)


@pytest.mark.parametrize("question", ["", "??", "e aí", "👍"])
def test_a_question_without_words_has_finite_features(question: str) -> None:
    assert np.isfinite(features_of(question, CANDIDATES, COSINES)).all()


def test_words_that_say_nothing_are_left_out_and_numbers_stay() -> None:
    assert content("Você pode ir com 8 horas de jejum?") == {"8", "hora", "jejum"}


def test_a_candidate_that_was_not_read_has_the_least_odds() -> None:
    features = features_of(QUESTION, CANDIDATES, COSINES)
    values = with_odds(features, [2, 0], [1.5, -40.0])
    assert values.shape == (len(CANDIDATES), len(FEATURES) + len(ODDS))
    assert (values[:, : len(FEATURES)] == features).all()
    odds = values[:, len(FEATURES)].tolist()
    assert odds == [-12.0, -12.0, 1.5, -12.0]
    assert values[2, -1] == pytest.approx(1 / (1 + np.exp(-1.5)))
