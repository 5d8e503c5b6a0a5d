import pytest

from workers.answering.quoting.leaning import leans, row_leans


@pytest.mark.parametrize(
    "sentence", ["Depois disso, pode dirigir.", "Nesse caso, remarque.", "Caso contrário, venha."]
)
def test_a_sentence_that_points_to_the_one_before_leans_on_it(sentence: str) -> None:
    assert leans(sentence)


@pytest.mark.parametrize(
    "sentence", ["Se não houver febre, pode vir.", "Essa sala tem ar.", "Depois do exame, coma."]
)
def test_a_sentence_that_says_all_itself_leans_on_none(sentence: str) -> None:
    assert not leans(sentence)


@pytest.mark.parametrize(
    "cell", ["o do Essencial e canal", "os mesmos da prata", "idem", "mesmo valor", "como o do 200"]
)
def test_a_row_whose_cell_points_to_another_row_leans_on_it(cell: str) -> None:
    assert row_leans(f"Plano: Ideal; Cobre: {cell}; Obs: guia")
    assert row_leans(f"Plano: Ideal; Cobre: {cell}")


@pytest.mark.parametrize(
    "cell",
    [
        "a consulta e o canal",
        "consulta, o do siso à parte",
        "a partir de 3 anos",
        "à vista",
        "mesmo dia",
    ],
)
def test_a_row_that_says_all_itself_leans_on_none(cell: str) -> None:
    assert not row_leans(f"Plano: Ideal; Cobre: {cell}; Obs: guia")
