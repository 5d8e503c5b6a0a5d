import pytest

from tests.unit.workers.answering.quoting.sheets import found, sheet
from workers.answering.message_parts import MessagePart, message_parts
from workers.answering.quoting.candidates import candidates_of
from workers.contracts.conversation import Turn


def texts(message: str) -> list[str]:
    return [part.text for part in message_parts(message)]


@pytest.mark.parametrize(
    ("message", "questions"),
    [
        (
            "Qual o endereço da clínica? E qual é o horário no sábado?",
            ["Qual o endereço da clínica?", "qual é o horário no sábado?"],
        ),
        (
            "oi, quanto custa a colonoscopia? e a endoscopia? obrigada",
            ["quanto custa a colonoscopia?", "e a endoscopia?"],
        ),
        (
            "posso tomar água antes da endoscopia?\ne o valor",
            ["posso tomar água antes da endoscopia?", "e o valor?"],
        ),
    ],
)
def test_each_question_of_a_message_is_a_part(message: str, questions: list[str]) -> None:
    assert texts(message) == questions


@pytest.mark.parametrize(
    "message",
    [
        "Quanto custa a mamografia?",
        "boa tarde, uma dúvida\nposso tomar água antes da endoscopia?",
        "vou fazer uma colonoscopia\nposso tomar café?",
        "preciso fazer uma mamografia\nquanto custa?",
        "minha mãe faz colono semana que vem e tem pressão alta, ela toma o remédio?",
        "quanto custa a ressonância? me passa os valores",
        "posso ir sozinha na endoscopia? moro longe",
        "qual o valor da consulta e do retorno?",
        "quanto custa a mamografia? e o raio x? e a endoscopia? e a colonoscopia?",
    ],
)
def test_one_question_with_what_stands_around_it_is_none_of_several(message: str) -> None:
    assert texts(message) == []


def test_what_says_not_what_it_is_about_goes_on_from_the_question_before() -> None:
    first, second = message_parts("Quanto custa o Holter e pode tomar banho com ele?")
    assert first.inquiry("clinic").before == ""
    assert second.inquiry("clinic").before == "Quanto custa o Holter?"


def test_what_comes_first_may_go_on_from_what_names_it_behind() -> None:
    first, _ = message_parts("precisa de jejum e quanto custa a mamografia?")
    assert first.inquiry("clinic").before == "quanto custa a mamografia?"


def test_the_first_question_may_go_on_from_the_conversation() -> None:
    turns = [Turn(question="Vocês fazem mamografia?", answer="Sim.", at=0.0)]
    first, second = message_parts("quanto custa? e qual o endereço da clínica?", turns, 60.0)
    assert first.inquiry("clinic").before == "Vocês fazem mamografia?"
    assert second.inquiry("clinic").before == ""


def test_another_exam_answers_no_question_beside_the_one_that_names_its_own() -> None:
    findings = found(
        sheet("O remédio da pressão pode ser tomado.", "Preparo para colonoscopia"),
        sheet("O remédio da pressão é de manhã.", "Preparo para ressonância"),
    )
    message = "Quanto custa a ressonância? Posso tomar o remédio da pressão antes?"
    _, second = (part.with_findings(findings) for part in message_parts(message))
    assert second.meant is not None
    assert second.meant.text == "Posso tomar o remédio da pressão antes?"


def test_beside_a_question_of_no_exam_what_stands_alone_is_answered_of_anything() -> None:
    message = "aceitam cartão em quantas vezes? e quanto tempo demora o resultado da biópsia?"
    _, second = message_parts(message)
    assert second.with_findings(found()).meanings == ()


def test_what_goes_on_from_a_question_without_a_subject_is_answered_of_the_clinic_alone() -> None:
    findings = found(sheet("Traga um acompanhante.", "Preparo para colonoscopia", "Acompanhante"))
    _, second = message_parts("Precisa de jejum? E precisa de acompanhante?")
    (meant,) = second.with_findings(findings).meanings
    assert meant.among(candidates_of(findings.passages)) == []


def test_a_question_that_names_its_exam_stands_alone() -> None:
    part = message_parts("Quanto custa a mamografia? E a endoscopia precisa de jejum?")[1]
    assert part == MessagePart("E a endoscopia precisa de jejum?")
    assert part.with_findings(found()).meanings == ()


def test_the_questions_of_a_letter_go_on_from_its_subject() -> None:
    first, second = message_parts(
        "Colonoscopia dia 22\nPrezados,\n\nTenho medo do exame. Preciso de acompanhante? E quanto "
        "custa a endoscopia?"
    )
    assert first.inquiry("clinic").before == "Colonoscopia dia 22"
    assert first.told == "Tenho medo do exame."
    assert second.inquiry("clinic").before == ""


def test_a_letter_with_more_questions_than_are_answered_has_no_parts() -> None:
    questions = "Precisa de jejum? Quanto custa? Posso dirigir? Preciso de acompanhante?"
    assert message_parts(f"Endoscopia\nPrezados,\n\n{questions}") == ()


def test_a_whole_question_goes_on_from_no_subject_but_its_answer_must_stand_with_it() -> None:
    letter = "Consulta infantil\nBom dia,\n\nQuanto custa a consulta com o cardiologista?"
    (part,) = message_parts(letter)
    assert (part.text, part.before) == ("Quanto custa a consulta com o cardiologista?", "")
    assert part.told == "Consulta infantil."
