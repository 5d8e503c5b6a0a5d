import pytest

from workers.answering.wording.words import Number, numbers_of, wording_of


def words(text: str) -> str:
    return " ".join(word.text for word in wording_of(text).words)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Não à 1ª VACINAÇÃO, já!", "nao a 1a vacinacao ja"),
        ("Custa R$ 1.240,00.", "custa 1240"),
        ("1.240 reais", "1240"),
        ("1240", "1240"),
        ("R$ 37,50", "37.5"),
        ("8h", "8 h"),
        ("8 h", "8 h"),
        ("08:00", "8 h"),
        ("8 horas", "8 h"),
        ("8hs", "8 h"),
        ("07:30", "7:30"),
        ("7h30", "7:30"),
        ("7h30min", "7:30"),
        ("7 horas e 30 minutos", "7:30"),
        ("das 8h às 13h", "das 8 h as 13 h"),
        ("às 8h 12 pessoas", "as 8 h 12 pessoas"),
        ("24/12/2026", "24 de dezembro de 2026"),
        ("3/1", "3 de janeiro"),
        ("38 °C", "38 grau"),
        ("38 graus", "38 grau"),
        ("5 por cento", "5 %"),
        ("6x", "6 x"),
        ("6 vezes", "6 x"),
        ("às vezes", "as vezes"),
        ("um valor real", "um valor real"),
        ("(20) 5555-0149", "20 5555 149"),
        ("B12, 125mg", "b12 125 mg"),
        ("You can't drink", "you ca not drink"),
        ("1. Jejum\n2) Água [1]", "jejum agua"),
        ("oito horas", "8 h"),
        ("cento e vinte reais", "120"),
        ("vinte e um dias", "21 dia"),
        ("trinta, noventa e cem", "30 90 e 100"),
        ("entre dez e catorze dias", "entre 10 e 14 dia"),
        ("oito a doze horas", "8 a 12 h"),
        ("uma hora e meia", "1 h e meia"),
        ("um pedido de uma médica, um dia sim", "um pedido de uma medica um dia sim"),
        ("uma vez por dia, uma vez feito", "1 x por dia uma vez feito"),
        ("às 7 da manhã", "as 7 h"),
        ("cinco da tarde", "17 h"),
        ("uma da tarde", "13 h"),
        ("8h30 da noite", "20:30"),
        ("1/2 comprimido", "0.5 comprimido"),
        ("1/4 de comprimido", "0.25 comprimido"),
        ("meio comprimido", "0.5 comprimido"),
        ("em 1/2 às 8h", "em 1 de fevereiro as 8 h"),
    ],
)
def test_one_thing_is_written_in_one_way(text: str, written: str) -> None:
    assert words(text) == written


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("R$ 60,00 e 60 reais", {Number("60", "real")}),
        ("de 30 a 40 minutos", {Number("30", "min"), Number("40", "min")}),
        ("entre 10 e 14 dias", {Number("10", "dia"), Number("14", "dia")}),
        ("das 8 às 13h30", {Number("8", "h"), Number("13:30", "h")}),
        ("sala 2 e 3", {Number("2"), Number("3")}),
        ("2 a 1", {Number("2"), Number("1")}),
        ("às 7h30", {Number("7:30", "h")}),
        ("2 litros, 2 doses", {Number("2", "l"), Number("2", "dose")}),
        ("a 2ª dose", {Number("2a", "ordinal")}),
        ("vitamina B12", set()),
        ("quatro horas", {Number("4", "h")}),
        ("os dois exames, um pedido", set()),
        ("1/2 comprimido", {Number("0.5", "comprimido")}),
    ],
)
def test_a_number_has_the_unit_that_follows_it(text: str, numbers: set[Number]) -> None:
    assert wording_of(text).numbers == numbers


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Number("60", "real"), "R$ 60"),
        (Number("7:30", "h"), "7h30"),
        (Number("8", "h"), "8 h"),
        (Number("2a", "ordinal"), "2a"),
        (Number("88"), "88"),
    ],
)
def test_a_number_is_shown_as_people_write_it(number: Number, text: str) -> None:
    assert str(number) == text


def test_numbers_differ_by_unit_only_where_both_have_one() -> None:
    assert Number("4", "h").agrees(Number("4"))
    assert not Number("4", "h").agrees(Number("4", "dia"))
    assert not Number("4", "h").agrees(Number("5", "h"))


@pytest.mark.parametrize(
    "text",
    [
        "Jejum de 8 h.",
        "Tome meio comprimido.",
        "Duas vezes por dia",
        "Um exame.",
        "Cem por cento",
        "Não.",
    ],
)
def test_numbers_alone_are_those_of_the_wording(text: str) -> None:
    assert numbers_of(text) == wording_of(text).numbers
