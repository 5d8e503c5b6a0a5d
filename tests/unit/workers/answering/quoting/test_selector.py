import math
from collections.abc import Sequence

import numpy as np
import pytest

from ingestion.knowledge.search.evidence import Findings
from tests.unit.workers.answering.quoting.sheets import WordEncoder, fit, found, selector, sheet
from workers.answering.quoting.doubts import DOUBTS
from workers.answering.quoting.features import FEATURES, ODDS
from workers.answering.quoting.meant import Meant
from workers.answering.quoting.part import Part
from workers.answering.quoting.quote import Quote
from workers.answering.quoting.selector import FIT, READ, Fit, Linear, Selector, likeliest

PREPARATION = sheet("Retire brincos, correntes e relógio.", "Ressonância", "Preparo")
RESULT = sheet("O laudo fica pronto em 5 dias úteis.", "Laudos")
PRICES = sheet("Exame: Raio X; Preço: R$ 90,00\nExame: Tomografia; Preço: R$ 400,00", "Preços")
FINDINGS = found(PREPARATION, RESULT, PRICES)


def quoted(question: str, findings: Findings = FINDINGS, threshold: float = 0.5) -> list[str]:
    quote = selector(threshold).select(question, findings)
    return [excerpt.text for excerpt in quote.excerpts] if quote else []


def test_the_sentence_that_answers_is_quoted_with_what_it_is_about_and_how_surely() -> None:
    quote = selector().select("tem que tirar brincos?", FINDINGS)
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


class Reader(WordEncoder):
    """Says of what it reads that the result's sentence answers. It keeps what it read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def odds(self, question: str, sentences: Sequence[str]) -> list[float]:  # noqa: ARG002
        self.read += sentences
        return [9.0 if "laudo fica pronto" in text else -9.0 for text in sentences]


def test_the_likeliest_candidates_are_read_together_with_the_question() -> None:
    reader, shipped = Reader(), fit()
    ranking = replace_weight(shipped.ranking, "odds", 1.0)
    judged = shipped.model_copy(update={"ranking": ranking})
    quote = Selector(WordEncoder(), reader, judged).select("Preço Tomografia", FINDINGS)
    assert reader.read
    assert quote is None  # the sentence that is read as the answer is not near at all
    assert Selector(WordEncoder(), WordEncoder(), shipped).select("Preço Tomografia", FINDINGS)


def replace_weight(linear: Linear, name: str, value: float) -> Linear:
    """The same function with another weight of one column."""
    names = (*FEATURES, *ODDS)
    weights = tuple(
        value if each == name else weight
        for each, weight in zip(names, linear.weights, strict=True)
    )
    return linear.model_copy(update={"weights": weights})


def test_no_more_candidates_are_read_than_are_worth_it() -> None:
    features = np.zeros((READ + 5, len(FEATURES)))
    features[:, FEATURES.index("cosine")] = np.arange(READ + 5)
    assert likeliest(fit().first, features) == list(range(READ + 4, 4, -1))


def test_a_linear_function_standardises_before_it_weighs() -> None:
    linear = Linear(means=(1.0, 2.0), deviations=(2.0, 4.0), weights=(3.0, -1.0), bias=0.5)
    assert linear.of(np.array([[3.0, 6.0], [1.0, 2.0]])).tolist() == [2.5, 0.5]


def test_the_shipped_fit_has_a_weight_for_each_feature_and_doubt() -> None:
    shipped = Fit.model_validate_json(FIT.read_bytes())
    for linear, names in (
        (shipped.first, FEATURES),
        (shipped.ranking, (*FEATURES, *ODDS)),
        (shipped.surety, DOUBTS),
    ):
        for values in (linear.means, linear.deviations, linear.weights):
            assert len(values) == len(names)
        assert all(deviation > 0 for deviation in linear.deviations)
    assert 0 < shipped.threshold < 1
    assert shipped.temperature > 0


LAUDO, BRINCOS = "quando fica pronto o laudo?", "tem que tirar brincos?"


def of_parts(*parts: Part) -> list[str]:
    quote = selector().select("", FINDINGS, None, (), parts)
    return [excerpt.text for excerpt in quote.excerpts] if quote else []


def test_each_of_several_questions_is_answered_from_what_was_found_for_it_alone() -> None:
    parts = (Part(BRINCOS, found(PREPARATION)), Part(LAUDO, found(RESULT)))
    assert of_parts(*parts) == [
        "Retire brincos, correntes e relógio.",
        "O laudo fica pronto em 5 dias úteis.",
    ]
    assert of_parts(Part(BRINCOS, found(RESULT)), Part(LAUDO, found(RESULT))) == []


def test_one_of_several_that_goes_on_from_another_is_read_by_what_it_means() -> None:
    meant = Meant.of("e o preço?", "Fazem tomografia?", asks=True)
    assert of_parts(Part(BRINCOS, FINDINGS), Part("e o preço?", FINDINGS, meant)) == [
        "Retire brincos, correntes e relógio.",
        "Exame: Tomografia; Preço: R$ 400,00",
    ]


def test_what_a_letter_tells_besides_must_not_change_what_is_quoted() -> None:
    question = "tem que tirar brincos?"

    def quote(told: str) -> Quote | None:
        return selector().select(question, FINDINGS, parts=[Part(question, FINDINGS, told=told)])

    assert quote("Gosto muito de vocês.")
    assert quote("O laudo fica pronto em 5 dias úteis, e o laudo fica pronto.") is None


def test_what_holds_for_another_age_is_no_answer() -> None:
    findings = found(sheet("Adolescentes de 16 e 17 anos podem vir sozinhos.", "Menores"))
    assert quoted("adolescentes de 16 anos podem vir sozinhos?", findings)
    assert quoted("adolescentes de 14 anos podem vir sozinhos?", findings) == []
