import pytest

from workers.answering.wording.words import Number, wording_of
from workers.evaluation.facts import denies, mentions, permissions, says, unsupported


@pytest.mark.parametrize(
    ("text", "fact", "said"),
    [
        ("O jejum é de 8 horas.", ["8h", "oito horas"], True),
        ("O jejum é de oito horas.", ["8h", "oito horas"], True),
        ("O jejum é de oito horas.", ["8h"], True),
        ("O jejum é de 8 horas.", ["oito horas"], True),
        ("Abrimos às 7 da manhã", ["7h"], True),
        ("Abrimos às sete da noite", ["7h"], False),
        ("120 é o código; custa R$ 300.", ["R$ 120"], False),
        ("Custa 120 minutos", ["R$ 120"], False),
        ("Custa 120.", ["R$ 120"], True),
        ("Preço: 120", ["R$ 120"], True),
        ("Cento e vinte reais", ["R$ 120"], True),
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
        ("Não precisa fazer jejum de 8 horas.", "8 horas", False),
        ("Ninguém precisa de jejum de 8 horas.", "8 horas", False),
        ("Não é necessário fazer 8 horas.", "8 horas", False),
        ("O jejum de 8 horas não é necessário.", "8 horas", False),
        ("12 horas; 8 horas só para endoscopia.", "8 horas", False),
        ("Pode tomar água? Não, jejum absoluto.", "pode tomar água", False),
        ("Pode tomar água, doutora? Não.", "pode tomar água", False),
        ("Pode tomar água? Depende do exame.", "pode tomar água", False),
        ("Pode tomar água? Sim.", "pode tomar água", True),
        ("Não pode tomar água? Pode.", "não pode tomar", False),
        ("Não pode tomar água? Não.", "não pode tomar", True),
        ("Não é verdade que pode beber água.", "pode beber água", False),
        ("Não trabalhamos com a Unimed.", "Unimed", False),
        ("Infelizmente a Unimed não é aceita.", "Unimed", False),
        ("A Unimed infelizmente ainda não é aceita.", "Unimed", False),
        ("Não é mais permitido dirigir", "permitido dirigir", False),
        ("É proibido beber água", "beber água", False),
        ("Evite beber água", "beber água", False),
        ("Ninguém pode beber água", "pode beber água", False),
        ("Nenhum paciente aqui pode beber água", "pode beber água", False),
        ("Suspenda a losartana; não precisa suspender outro.", "não precisa suspender", False),
        ("Não precisa suspender a losartana.", "não precisa suspender", True),
        ("Não pode tomar água hoje. Tome só amanhã.", "não pode tomar", True),
        ("Você não deve dirigir.", "não pode dirigir", True),
        ("Não pode dirigir.", "não deve dirigir", True),
        ("Você deve dirigir.", "pode dirigir", False),
        ("Sim, sem problema: pode beber água.", "pode beber água", True),
        ("Não se preocupe, pode dirigir.", "pode dirigir", True),
        ("Não há problema em beber água.", "beber água", True),
        ("Não se esqueça de trazer o pedido médico.", "pedido médico", True),
        ("Não precisa de jejum.", "não precisa", True),
        ("Jejum de 8 horas, não pode comer nada.", "8 horas", True),
        ("Não coma nada nas 8 horas antes.", "8 horas", True),
        ("Por 24 horas não é permitido dirigir.", "24 horas", True),
        ("Não pode comer mas pode beber água.", "pode beber água", True),
        ("Atendemos sem hora marcada na Vila Nova.", "Vila Nova", True),
        ("You never need to fast for 8 hours", "8 hours", False),
        ("There is no need to fast for 8 hours", "8 hours", False),
        ("No dia do exame pode beber água", "pode beber água", True),
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
        ("Pode tomar água? Não.", "pode tomar água", True),
        ("Não precisa de jejum de 8 horas.", "8 horas", True),
        ("Você deve beber água.", "não deve beber", True),
    ],
)
def test_the_opposite_of_a_fact_is_noticed(text: str, phrase: str, *, denied: bool) -> None:
    assert denies(text, phrase) is denied


@pytest.mark.parametrize(
    ("text", "phrase", "mentioned"),
    [
        ("São 12 horas.", "12 horas", True),
        ("Nunca mais faça jejum por 12 horas.", "12 horas", True),
        ("Pode beber? Depende.", "pode beber", True),
        ("Pode beber? Não.", "pode beber", False),
        ("Não são 12 horas.", "12 horas", False),
        ("Não pode beber.", "não pode beber", True),
    ],
)
def test_only_a_negation_close_by_takes_back_what_must_not_be_said(
    text: str, phrase: str, *, mentioned: bool
) -> None:
    assert mentions(text, phrase) is mentioned


@pytest.mark.parametrize(
    ("text", "phrases"),
    [
        ("Não há problema em dirigir.", ["não há problema"]),
        ("Você está liberado para dirigir.", ["liberado"]),
        ("Fique à vontade!", ["fique à vontade"]),
        ("Fique à vontade para perguntar.", []),
        ("Você não está liberado para dirigir.", []),
        ("Ninguém pode dirigir.", []),
    ],
)
def test_a_permission_is_known_by_its_idiom_too(text: str, phrases: list[str]) -> None:
    assert permissions(text, "Posso dirigir?") == phrases


def test_a_number_is_unsupported_where_no_source_has_it_with_its_unit() -> None:
    sources = wording_of("Jejum de 8 horas, de 30 a 40 minutos, R$ 60,00").numbers
    assert unsupported("8h, 30 minutos, 60 reais", sources) == []
    assert unsupported("quatro horas", sources) == [Number("4", "h")]
    text = "8 dias, 12 horas, R$ 40"
    assert unsupported(text, sources) == [
        Number("12", "h"),
        Number("40", "real"),
        Number("8", "dia"),
    ]
