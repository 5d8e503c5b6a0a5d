import pytest

from tests.unit.workers.answering.quoting.sheets import found, selector, sheet
from workers.answering.quoting.candidates import candidates_of
from workers.answering.quoting.meant import Meant

PRICES = sheet(
    "Exame: Ultrassom de abdome total; Valor: R$ 230,00\n"
    "Exame: Ultrassom pélvico; Valor: R$ 190,00\n"
    "Exame: Mamografia; Valor: R$ 260,00",
    "Preços dos exames",
)
ULTRASOUND = sheet("Fique 6 horas sem comer.", "Preparo para ultrassom de abdome total", "Jejum")
ENDOSCOPY = sheet("Fique 8 horas sem comer.", "Preparo para endoscopia", "Jejum")
PAYMENT = sheet("Parcelamos em até 6 vezes.", "Formas de pagamento")
ALL = candidates_of([PRICES, ULTRASOUND, ENDOSCOPY, PAYMENT])


def about(question: str, before: str, *, asks: bool = True) -> list[str]:
    return [each.text for each in Meant.of(question, before, asks=asks).among(ALL)]


def test_a_question_is_read_behind_what_those_before_are_about() -> None:
    meant = Meant.of("e quanto custa?", "Vocês fazem ultrassom de abdome total?", asks=True)
    assert meant.text == "ultrassom abdome total: e quanto custa?"
    meant = Meant.of("e pra colesterol?", "Precisa de jejum pra glicemia?", asks=False)
    assert meant.text == "Precisa de jejum pra glicemia, pra colesterol?"


def test_another_exam_of_the_same_name_is_no_candidate() -> None:
    texts = about("e quanto custa?", "Vocês fazem ultrassom de abdome total?")
    assert texts == [
        "Exame: Ultrassom de abdome total; Valor: R$ 230,00",
        "Fique 6 horas sem comer.",
        "Parcelamos em até 6 vezes.",
    ]


def test_neither_is_the_sheet_of_another_exam() -> None:
    assert "Fique 8 horas sem comer." not in about("precisa de jejum?", "Fazem mamografia?")
    assert "Fique 6 horas sem comer." not in about("precisa de jejum?", "Fazem mamografia?")


def test_what_is_said_of_the_clinic_stays() -> None:
    assert "Parcelamos em até 6 vezes." in about("e parcela?", "Quanto custa a mamografia?")


def test_an_answer_to_a_fragment_names_it() -> None:
    texts = about("e a mamografia?", "Quanto custa o ultrassom pélvico?", asks=False)
    assert texts == ["Exame: Mamografia; Valor: R$ 260,00"]


def test_of_a_sheet_of_two_exams_the_other_one_s_section_is_no_candidate() -> None:
    title = "Preparo para mamografia e densitometria"
    own = sheet("Não é feita em grávidas.", title, "Densitometria: gravidez")
    other = sheet("Grávidas só fazem com indicação do médico.", title, "Mamografia: gravidez")
    both = sheet("Os dois são feitos no mesmo dia.", title, "Chegada")
    meant = Meant.of("e densitometria?", "Grávida pode fazer mamografia?", asks=False)
    texts = [
        [each.text for each in meant.among(candidates_of([one]))] for one in (own, other, both)
    ]
    assert texts == [[own.text], [], [both.text]]


@pytest.mark.parametrize("question", ["e a tomografia?", "e com o neurologista?"])
def test_what_no_document_names_has_no_candidate(question: str) -> None:
    assert about(question, "Quanto custa a mamografia?", asks=False) == []


def test_where_no_candidate_is_about_what_is_meant_a_person_answers() -> None:
    question, findings = "quantas horas fico sem comer?", found(ULTRASOUND, ENDOSCOPY)
    meant = Meant.of(question, "Fazem endoscopia?", asks=True)
    quote = selector(0.3).select(question, findings, meanings=[meant])
    assert quote is not None
    assert [each.text for each in quote.excerpts] == ["Fique 8 horas sem comer."]
    other = Meant.of(question, "Fazem mamografia?", asks=True)
    assert selector(0.0).select(question, findings, meanings=[other]) is None


def test_each_part_of_a_follow_up_needs_its_sentence() -> None:
    findings = found(PRICES, ULTRASOUND)
    before = "Fazem ultrassom de abdome total?"
    parts = [Meant.of(part, before, asks=True) for part in ("valor do exame", "horas sem comer")]
    quote = selector(0.1).select("valor do exame? horas sem comer?", findings, meanings=parts)
    assert quote is not None
    assert [each.text for each in quote.excerpts] == [
        "Exame: Ultrassom de abdome total; Valor: R$ 230,00",
        "Fique 6 horas sem comer.",
    ]


HOURS = sheet(
    "Unidade: Centro; Sábado: 7h às 12h; Domingo: fechada\n"
    "Unidade: Jardim; Sábado: 8h às 13h; Domingo: fechada",
    "Horários e unidades",
)
PLACES = candidates_of([HOURS, PRICES])


def test_the_row_of_a_place_is_said_of_the_clinic_unless_another_was_named() -> None:
    meant = Meant.of("e no domingo?", "Qual o horário de funcionamento no sábado?", asks=False)
    assert [each.text.partition(";")[0] for each in meant.among(PLACES)] == [
        "Unidade: Centro",
        "Unidade: Jardim",
    ]
    meant = Meant.of("e no domingo?", "Que horas o Jardim abre no sábado?", asks=False)
    assert [each.text.partition(";")[0] for each in meant.among(PLACES)] == ["Unidade: Jardim"]


@pytest.mark.parametrize(
    ("question", "texts"),
    [
        ("aceitam criptomoeda?", []),
        ("vocês têm mamografia?", ["Exame: Mamografia; Valor: R$ 260,00"]),
        ("precisa de jejum?", ["Parcelamos em até 6 vezes."]),
    ],
)
def test_what_the_clinic_is_asked_to_have_is_named_by_the_answer(
    question: str, texts: list[str]
) -> None:
    meant = Meant.of(question, "Fazem tomografia?", asks=True).naming(question)
    assert [each.text for each in meant.among(ALL)] == texts


def test_the_price_of_another_thing_is_not_said_of_the_clinic() -> None:
    meant = Meant.of("e quanto custa?", "Fazem densitometria?", asks=True)
    assert meant.among(PLACES) == candidates_of([HOURS])


def test_a_rewritten_message_that_only_named_something_needs_its_name() -> None:
    meaning = Meant.alone("Precisa de jejum pra colesterol?", "e pra colesterol?")
    assert meaning.own == meaning.subject == {"colest"}
    assert Meant.alone("Quanto custa a mamografia?", "").own == frozenset()
