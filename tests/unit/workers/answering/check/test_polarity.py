import pytest

from workers.answering.check.polarity import polarities, words_of

SAID, DENIED = frozenset({True}), frozenset({False})


@pytest.mark.parametrize(
    ("text", "key", "signs"),
    [
        ("Pode tomar café.", "cafe", SAID),
        ("Não tome café.", "cafe", DENIED),
        ("Café sem açúcar pode.", "pode", SAID),
        ("Café sem açúcar pode.", "acucar", DENIED),
        ("Não impede o exame.", "pode", SAID),
        ("Impede o exame.", "pode", DENIED),
        ("Hemograma dispensa jejum.", "jejum", DENIED),
        ("Não precisa de jejum e a bexiga deve estar vazia.", "bexiga", SAID),
        ("Evite café, vinho e chá.", "vinho", DENIED),
    ],
)
def test_a_word_is_said_or_denied(text: str, key: str, signs: frozenset[bool]) -> None:
    assert polarities(text)[key] == signs


def test_units_are_neither() -> None:
    assert "h" not in polarities("Espere 8 horas")


def test_denials_have_one_form() -> None:
    assert words_of("É necessário pedido") == ["precisa", "pedido"]
    assert words_of("Não é obrigatório pedido") == ["nao", "precisa", "pedido"]
