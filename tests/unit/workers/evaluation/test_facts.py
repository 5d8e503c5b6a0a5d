import pytest

from workers.evaluation.facts import denies, says, unsupported
from workers.evaluation.wording import Number, wording_of


@pytest.mark.parametrize(
    ("text", "fact", "said"),
    [
        ("O jejum é de 8 horas.", ["8h", "oito horas"], True),
        ("O jejum é de oito horas.", ["8h", "oito horas"], True),
        ("O jejum é de oito horas.", ["8h"], False),
        ("O jejum é de 18 horas.", ["8h"], False),
        ("Abre às 8h30.", ["8h"], False),
        ("Custa R$ 1.240,00", ["1240"], True),
        ("Custa 1240 reais", ["R$ 1.240,00"], True),
        ("Custa R$ 60,50", ["R$ 60"], False),
        ("Chegue às 07:30", ["7h30"], True),
        ("Na Rua do Mirante, 88.", ["rua do mirante 88"], True),
        ("É GRATUITA", ["gratuita"], True),
        ("gratuitamente", ["gratuita"], False),
        ("horas de 8", ["8 horas"], False),
        ("", ["8h"], False),
        ("O jejum", [""], False),
    ],
)
def test_a_fact_is_whole_words_in_order(text: str, fact: list[str], *, said: bool) -> None:
    assert says(text, fact) is said


@pytest.mark.parametrize(
    ("text", "phrase", "said"),
    [
        ("Pode beber água.", "pode beber", True),
        ("Não pode beber água.", "pode beber", False),
        ("Nunca se pode beber.", "pode beber", False),
        ("Jamais pode beber", "pode beber", False),
        ("Nem pode beber", "pode beber", False),
        ("You cannot drink", "drink", False),
        ("You can't really drink", "really drink", False),
        ("Não. Pode beber.", "pode beber", True),
        ("Não, pode beber.", "pode beber", True),
        ("Não coma, mas pode beber.", "pode beber", True),
        ("Não pode comer e só depois pode beber", "pode beber", True),
        ("Não pode beber antes. Depois pode beber.", "pode beber", True),
        ("Aceita sem encaminhamento", "encaminhamento", False),
        ("Não são 8 horas", "8 horas", False),
        ("Não precisa 8 horas", "8 horas", False),
        ("Sem 8 horas", "8 horas", False),
        ("Não dirija 24 horas", "24 horas", True),
        ("Não dirija por 24 horas", "24 horas", True),
        ("Não pode beber", "não pode beber", True),
        ("Pode beber", "não pode beber", False),
        ("6 vezes sem juros", "6 vezes sem juros", True),
    ],
)
def test_what_a_negation_governs_is_not_said(text: str, phrase: str, *, said: bool) -> None:
    assert says(text, [phrase]) is said


@pytest.mark.parametrize(
    ("text", "phrase", "denied"),
    [
        ("Não pode beber.", "pode beber", True),
        ("Pode beber.", "pode beber", False),
        ("Pode beber.", "não pode beber", True),
        ("Sim, claro.", "não pode beber", True),
        ("Não pode beber.", "não pode beber", False),
        ("Pergunte ao médico.", "não pode beber", False),
        ("", "não pode beber", False),
    ],
)
def test_the_opposite_of_a_fact_is_noticed(text: str, phrase: str, *, denied: bool) -> None:
    assert denies(text, phrase) is denied


def test_a_number_is_unsupported_where_no_source_has_it_with_its_unit() -> None:
    sources = wording_of("Jejum de 8 horas, de 30 a 40 minutos, R$ 60,00").numbers
    assert unsupported("8h, 30 minutos, 60 reais", sources) == []
    text = "8 dias, 12 horas, R$ 40"
    assert unsupported(text, sources) == [
        Number("12", "h"),
        Number("40", "real"),
        Number("8", "dia"),
    ]
