import pytest

from workers.answering.quoting.ages import is_of_other_age


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Ele tem 14 anos, pode ir sozinho?", "Adolescentes de 16 e 17 anos podem vir sozinhos."),
        ("Tenho 45 anos, há desconto?", "Pessoas com 60 anos ou mais têm 10% de desconto."),
        ("Minha filha de 20 anos pode ir sozinha?", "Menores de 16 anos vêm com os pais."),
        ("bebê de 8 meses, quanto tempo sem comer?", "Crianças de 1 a 5 anos ficam 4 horas."),
        ("tenho 40 anos, posso tomar?", "Herpes-zóster; Para quem: a partir de 50 anos"),
        ("ela tem 3 anos, quanto tempo?", "Bebês de até 1 ano ficam 3 horas sem mamar."),
    ],
)
def test_what_holds_for_other_ages_is_told(question: str, answer: str) -> None:
    assert is_of_other_age(question, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Ele tem 14 anos, pode ir sozinho?", "Menores de 16 anos vêm com os pais."),
        ("Meu pai tem 71 anos, há desconto?", "Pessoas com 60 anos ou mais têm desconto."),
        ("bebê de 8 meses, quanto custa?", "Gripe; Para quem: a partir de 6 meses"),
        ("Operei há 2 anos, posso fazer?", "Crianças de 1 a 5 anos ficam 4 horas."),
        ("Tenho 71 anos. Quanto custa?", "Cardiologia; Valor: R$ 380,00"),
        ("Minha filha de 10 anos pode ser acompanhante?", "Acompanhante maior de 18 anos."),
    ],
)
def test_what_holds_for_the_age_or_for_all_is_an_answer(question: str, answer: str) -> None:
    assert not is_of_other_age(question, answer)
