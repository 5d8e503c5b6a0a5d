from pathlib import Path
from typing import Final

import pytest

from ingestion.folding import fold
from workers.answering.letter import Letter, LetterQuestion, letter_of
from workers.evaluation.questions import read_questions

EXAMPLES: Final = Path(__file__).parents[4] / "examples"


def letter(text: str) -> Letter:
    taken_apart = letter_of(text)
    assert taken_apart is not None
    return taken_apart


def test_subject_salutation_and_introduction_stand_apart_from_the_question() -> None:
    assert letter(
        "Endoscopia\nPrezados,\n\nSou paciente da Dra. Helena Prado e vou fazer o exame na próxima "
        "quarta-feira, às 14h. Quantas horas antes devo parar de comer?\n\nDesde já agradeço."
    ) == Letter("Endoscopia", (LetterQuestion("Quantas horas antes devo parar de comer?"),))


def test_a_polite_sentence_is_the_question_that_it_holds() -> None:
    assert letter(
        "Vacina da gripe\nBoa tarde,\n\nGostaria de saber o preço da vacina e se é preciso agendar."
    ).questions == (LetterQuestion("o preço da vacina?"), LetterQuestion("é preciso agendar?"))


def test_what_may_change_the_answer_is_kept_aside() -> None:
    (question,) = letter(
        "Colonoscopia\nBoa tarde,\n\nTomo losartana por causa da pressão. Devo tomar o comprimido?"
    ).questions
    assert question.told == "Tomo losartana por causa da pressão."


@pytest.mark.parametrize(
    "told", ["Meu filho tem 14 anos.", "Estou grávida de três meses.", "Sou diabética há anos."]
)
def test_whom_rules_are_made_for_stays_before_the_question(told: str) -> None:
    (question,) = letter(f"Consulta\nBom dia,\n\n{told} Pode ir sem acompanhante?").questions
    assert question.needed == told


def test_what_the_question_points_at_stays_before_it() -> None:
    (question,) = letter(
        "Convênio\nBoa tarde,\n\nMeu plano é o Saúde Ipê Essencial. Vocês atendem esse plano?"
    ).questions
    assert question.needed == "Meu plano é o Saúde Ipê Essencial."


@pytest.mark.parametrize(
    "request_",
    [
        "Gostaria de remarcar a minha consulta para a semana seguinte.",
        "Também não sei se preciso de acompanhante.",
        "Agradeço se puderem informar o valor da consulta.",
        "Olá, qual o horário da coleta de sangue.",
        "Peço que enviem o meu laudo.",
    ],
)
def test_no_request_is_left_out_because_it_has_no_question_mark(request_: str) -> None:
    questions = letter(f"Exame\nPrezados,\n\n{request_} Quanto custa a mamografia?").questions
    assert any(fold(request_).strip(".") in fold(each.text) for each in questions)


def test_how_somebody_pays_changes_no_price_but_may_change_what_is_done() -> None:
    told = "Estou sem plano de saúde no momento."
    (price,) = letter(f"Holter\nOlá,\n\n{told} Quanto custa o exame?").questions
    (done,) = letter(f"Holter\nOlá,\n\n{told} Vocês fazem o exame?").questions
    assert (price.told, done.told) == ("", told)


def test_where_somebody_goes_changes_what_is_asked_of_the_place() -> None:
    told = "Tenho exame marcado na unidade Jardim."
    (fasting,) = letter(f"Ultrassom\nOlá,\n\n{told} Preciso de jejum?").questions
    (hours,) = letter(f"Ultrassom\nOlá,\n\n{told} Qual é o horário?").questions
    assert (fasting.told, hours.told) == ("", told)


@pytest.mark.parametrize(
    "text",
    ["oi, bom dia\nquanto custa a mamografia?", "mamografia\nquanto custa?", "", "Prezados,\n"],
)
def test_a_short_message_is_no_letter(text: str) -> None:
    assert letter_of(text) is None


@pytest.mark.parametrize("file", ["perguntas.csv", "mensagens.jsonl"])
def test_no_chat_message_of_the_sample_clinic_is_taken_for_a_letter(file: str) -> None:
    known, _ = read_questions(EXAMPLES / "clinica" / file)
    assert [each.id for each in known if letter_of(each.question)] == []
