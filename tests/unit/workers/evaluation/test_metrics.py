from dataclasses import replace

import pytest

from ingestion.knowledge.passage import Passage
from workers.evaluation import metrics
from workers.evaluation.questions import KnownQuestion

PASSAGE = Passage("id-1", "exames/preparo.pdf", "Preparo", ("Jejum",), 2, "Jejum de 8 horas.", 1, 1)
OTHER = replace(PASSAGE, id="id-2", document="precos.csv", page=None, text="Custa R$ 90,00.")


def known(**fields: object) -> KnownQuestion:
    return KnownQuestion.model_validate({"line": 2, "id": "1", "question": "?", **fields})


@pytest.mark.parametrize(
    ("fields", "gains"),
    [
        ({"documents": ("precos.csv",)}, [(), (0,)]),
        ({"documents": ("preparo.pdf",)}, [(0,), ()]),
        ({"documents": ("EXAMES/Preparo.pdf",)}, [(0,), ()]),
        ({"documents": ("reparo.pdf",)}, [(), ()]),
        ({"documents": ("precos.csv", "preparo.pdf")}, [(1,), (0,)]),
        ({"documents": ("preparo.pdf",), "page": 3}, [(), ()]),
        ({"documents": ("preparo.pdf",), "page": 2, "heading": "jejum"}, [(0,), ()]),
        ({"documents": ("preparo.pdf",), "heading": "Retorno"}, [(), ()]),
        ({"passages": ("id-2",)}, [(), (0,)]),
        ({"passages": ("jejum  de 8 HORAS",)}, [(0,), ()]),
        ({"passages": ("Antes: jejum de 8 horas. Depois, nada.",)}, [(0,), ()]),
        ({"passages": ("jejum de 8 horas",), "documents": ("precos.csv",)}, [(), ()]),
        ({"passages": ("8 horas", "R$ 90,00")}, [(0,), (1,)]),
        ({"passages": ("R$ 90,00", "jejum", "8 horas")}, [(1, 2), (0,)]),
        ({"passages": ("0,00",)}, [(), ()]),
    ],
)
def test_a_hit_brings_a_target_by_document_place_or_passage(
    fields: dict[str, object], gains: list[tuple[int, ...]]
) -> None:
    assert metrics.gains(known(**fields), [PASSAGE, OTHER]) == gains


def test_a_second_passage_of_a_document_brings_nothing_more() -> None:
    assert metrics.gains(known(documents=("precos.csv",)), [OTHER, OTHER]) == [(0,), ()]


def test_documents_count_by_their_name_whatever_the_passage() -> None:
    asked = known(documents=("preparo.pdf", "precos.csv"), passages=("nada disso", "nem isso"))
    names = ["precos.csv", "precos.csv", "exames/preparo.pdf"]
    assert metrics.gains(asked, [PASSAGE, OTHER]) == [(), ()]
    assert metrics.document_gains(asked, names) == [(1,), (), (0,)]


@pytest.mark.parametrize(
    ("hits", "wanted", "recall_1", "recall_5", "reciprocal", "ndcg"),
    [
        ([(0,)], 1, 1, 1, 1, 1),
        ([(), (0,)], 1, 0, 1, 0.5, 0.6309),
        ([()] * 5 + [(0,)], 1, 0, 0, 1 / 6, 0.3562),
        ([], 1, 0, 0, 0, 0),
        ([(1,), (), (0,)], 2, 0.5, 1, 1, 0.9197),
        ([(1,)], 2, 0.5, 0.5, 1, 0.6131),
        ([(0, 1)], 2, 1, 1, 1, 1),
        ([(), (0, 2), (1,)], 3, 0, 1, 0.5, 0.6934),
    ],
)
def test_figures_by_hand(  # noqa: PLR0913, PLR0917 - a row of a table
    hits: list[tuple[int, ...]],
    wanted: int,
    recall_1: float,
    recall_5: float,
    reciprocal: float,
    ndcg: float,
) -> None:
    assert metrics.recall(hits, wanted, 1) == recall_1
    assert metrics.recall(hits, wanted, 5) == recall_5
    assert metrics.reciprocal_rank(hits) == pytest.approx(reciprocal)
    assert metrics.ndcg(hits, wanted) == pytest.approx(ndcg, abs=1e-4)


@pytest.mark.parametrize(
    ("answer", "gold", "f1", "exact"),
    [
        ("O jejum é de 8 horas.", ("jejum e de 8 horas",), 1.0, True),
        ("8 horas", ("jejum de 8 horas",), 2 / 3, False),
        ("não sei", ("jejum", "não"), 2 / 3, False),
        ("", ("jejum",), 0.0, False),
    ],
)
def test_answers_are_compared_word_by_word_with_the_nearest_right_one(
    answer: str, gold: tuple[str, ...], f1: float, exact: object
) -> None:
    assert metrics.f1(answer, gold) == pytest.approx(f1)
    assert metrics.exact(answer, gold) is exact


def test_an_ordinal_is_one_word_in_either_spelling() -> None:
    assert metrics.words("A 1ª via, no 2º andar: 5 m²") == [
        "1a",
        "via",
        "no",
        "2o",
        "andar",
        "5",
        "m2",
    ]
    assert metrics.exact("1ª via", ["a 1a via"])
    assert not metrics.exact("1ª via", ["2ª via"])
    assert metrics.f1("2º andar", ["2o andar"]) == 1.0


def test_an_ordinal_in_a_heading_or_passage_is_recognised() -> None:
    hit = replace(PASSAGE, heading=("1ª consulta",), text="Chegue à 1ª consulta com o pedido.")
    for fields in (
        {"documents": ("preparo.pdf",), "heading": "1A CONSULTA"},
        {"passages": ("1a consulta",)},
    ):
        assert metrics.gains(known(**fields), [hit]) == [(0,)]
