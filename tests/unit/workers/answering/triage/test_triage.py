"""The word lists on `messages.csv`, which they were developed on and, in parts, first seen by."""

import csv
from pathlib import Path

import pytest

from workers.answering.templates import LANGUAGES
from workers.answering.triage.reasons import Reason
from workers.answering.triage.triage import FixedReply, load_triage
from workers.contracts.question import Status
from workers.evaluation.questions import read_questions

MESSAGES = Path(__file__).with_name("messages.csv")
CLINIC = Path(__file__).parents[5] / "examples" / "clinica" / "perguntas.csv"


def rows(*kinds: str) -> list[tuple[str, str]]:
    with MESSAGES.open(encoding="utf-8", newline="") as file:
        return [
            (row["message"], row["kind"]) for row in csv.DictReader(file) if row["kind"] in kinds
        ]


def triaged(message: str) -> FixedReply | None:
    return load_triage().of(message, "pt")


def reason(message: str) -> str:
    fixed = triaged(message)
    return fixed.reason if fixed else ""


def test_emergencies_are_recognised() -> None:
    phrases = rows("emergency")
    missed = [message for message, _ in phrases if reason(message) != "emergency"]
    assert len(phrases) >= 500
    assert len(missed) <= 0.01 * len(phrases), missed


def test_what_only_sounds_like_an_emergency_is_none() -> None:
    phrases = rows("look_alike")
    taken = [message for message, _ in phrases if reason(message) == "emergency"]
    assert len(phrases) >= 500
    assert len(taken) <= 0.01 * len(phrases), taken


def test_no_question_that_the_sample_clinic_answers_gets_a_fixed_text() -> None:
    questions, _ = read_questions(CLINIC)
    answerable = [each.question for each in questions if each.answerable]
    assert len(answerable) >= 60
    assert [question for question in answerable if reason(question)] == []


@pytest.mark.parametrize(
    ("message", "kind"),
    rows(
        "person_asked", "personal_health", "greeting", "thanks", "acknowledged",
        "question",
    ),
)  # fmt: skip
def test_wishes_and_courtesies_are_told_from_questions(message: str, kind: str) -> None:
    assert reason(message) == ("" if kind == "question" else kind)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("quero morrer, não aguento mais", "emergency_suicide"),
        ("QUERO MORRERRR", "emergency_suicide"),
        ("meu filho bebeu água sanitária", "emergency_poisoning"),
        ("minha filha bebeu \uff41gua sani\u200btaria", "emergency_poisoning"),
        ("meu marido me bateu", "emergency_violence"),
        ("estou com dor no peito", "emergency"),
        ("já tive infarto mas agora estou com dor no peito", "emergency"),
        ("bom dia, qual o preço do hemograma? minha mãe desmaiou e não acorda", "emergency"),
    ],
)
def test_a_kind_of_emergency_has_the_text_that_fits(message: str, text: str) -> None:
    fixed = triaged(message)
    assert fixed is not None
    assert (fixed.message, fixed.status) == (text, Status.NEEDS_HUMAN)


@pytest.mark.parametrize(
    ("message", "language"),
    [
        ("she is not breathing", "en"),
        ("ela não está respirando", "pt"),
        ("thank you!", "en"),
        ("obrigada!", "pt"),
        ("can I talk to a person?", "en"),
    ],
)
def test_the_answer_is_in_the_language_of_the_words_that_were_recognised(
    message: str, language: str
) -> None:
    fixed = triaged(message)
    assert fixed is not None
    assert fixed.language == language


def test_a_courtesy_of_no_language_gets_the_default() -> None:
    for default in LANGUAGES:
        fixed = load_triage().of("👍", default)
        assert fixed is not None
        assert fixed.language == default
        assert fixed.status == Status.ANSWERED


@pytest.mark.parametrize("message", ["", " ", "?", "...", "😡", "a", "."])
def test_what_says_nothing_is_left_to_the_search(message: str) -> None:
    assert triaged(message) is None


@pytest.mark.parametrize(
    "message", ["estou com dor\nno peito e suando frio", "dor... no peito", "dor\u2026 no peito"]
)
def test_a_broken_line_and_a_pause_hide_no_emergency(message: str) -> None:
    fixed = triaged(message)
    assert fixed is not None
    assert fixed.reason == "emergency"


def test_what_is_over_in_another_line_hides_no_emergency() -> None:
    fixed = triaged("ano passado fiz exame\nestou com dor no peito agora")
    assert fixed is not None
    assert fixed.reason == "emergency"


@pytest.mark.parametrize(
    "letter",
    [
        (
            "Colonoscopia\nBoa tarde,\n\nMeu nome é Regina e fiz o exame ontem com vocês. Correu "
            "tudo "
            "bem na hora. Mas desde hoje cedo estou com sangramento muito forte e quase desmaiei "
            "no "
            "banheiro. O que devo fazer?"
        ),
        (
            "Dúvida\nPrezados,\n\nSou filha do seu Antônio, paciente do Dr. Marcelo há anos. Ele "
            "tinha "
            "consulta marcada para amanhã. Agora de manhã ele acordou com a boca torta e não "
            "consegue "
            "levantar o braço direito. Devo levar ele aí?"
        ),
        (
            "Consulta\nBom dia,\n\nGostaria de remarcar a consulta do dia 12. Estou com uma dor "
            "muito "
            "forte no peito desde ontem, que vai para o braço esquerdo. Por isso não poderei ir."
        ),
        (
            "Bom dia, tudo bem? Me chamo Joana e não tenho convênio. Meu marido desmaiou agora "
            "há pouco "
            "e não acorda."
        ),
        "Prezados, chamei a recepção ontem. Hoje minha avó desmaiou, chamo e ela não responde.",
    ],
)
def test_an_emergency_is_recognised_wherever_it_stands_in_a_letter(letter: str) -> None:
    fixed = load_triage().of(letter, "pt")
    assert fixed is not None
    assert fixed.reason == Reason.EMERGENCY


@pytest.mark.parametrize(
    "letter",
    [
        (
            "Preparo\nBoa tarde,\n\nMinha mãe teve um AVC ano passado e desde então toma "
            "anticoagulante. Ela vai fazer colonoscopia no dia 14. Qual o preparo que ela deve "
            "fazer?"
        ),
        "Prezados,\n\nMe chamo Renato e no momento não possuo convênio. Qual o valor da consulta?",
        "Boa tarde,\n\nJá chamei a recepção e não obtive resposta. Qual o telefone da unidade?",
        (
            "Bom dia,\n\nMeu pai sofreu um infarto em 2019 e o cardiologista pediu um Holter. "
            "Quanto "
            "custa o exame?"
        ),
        (
            "Prezados,\n\nHá dois anos tive uma parada cardíaca e coloquei marca-passo. Posso "
            "fazer "
            "ressonância magnética?"
        ),
    ],
)
def test_what_a_letter_tells_of_the_past_or_of_its_writer_is_no_emergency(letter: str) -> None:
    assert load_triage().of(letter, "pt") is None


@pytest.mark.parametrize(
    "letter",
    [
        "Prezados, paguei a consulta e vi que fui cobrado duas vezes. Quando devolvem o dinheiro?",
        "Já liguei três vezes e ninguém resolve. Qual o prazo?",
        "Venho registrar a minha insatisfação com o atendimento. Aguardo um posicionamento.",
    ],
)
def test_who_tells_of_a_wrong_reaches_a_person(letter: str) -> None:
    fixed = load_triage().of(letter, "pt")
    assert fixed is not None
    assert fixed.reason == Reason.PERSON_ASKED


def test_how_to_complain_is_a_question() -> None:
    assert load_triage().of("Em quantas vezes a consulta é cobrada no cartão?", "pt") is None
