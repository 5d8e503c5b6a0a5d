"""Messages as patients type them become the questions that are searched."""

import time
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.search.phrase import SEARCHED, expand, parts, phrase, without_greetings
from ingestion.knowledge.search.spell import TERMS as TERMS_OF_ONE
from ingestion.knowledge.search.spell import terms_of, uncommon_words

TERMS = uncommon_words(
    ["Colonoscopia, mamografia e densitometria pela Unimed; hemograma; convênios"]
)


def texts(message: str) -> list[str]:
    """What is searched for a message."""
    return [part.text for part in phrase(message, TERMS)]


@pytest.mark.parametrize(
    ("message", "question"),
    [
        ("Oi, bom dia! Tudo bem? Qual o preparo? Obrigada!", "Qual o preparo?"),
        ("Olá! Gostaria de saber se aceitam Unimed. Desde já agradeço", "aceitam Unimed"),
        ("boa tarde, por favor, qual o endereço", "qual o endereço"),
        ("Hi, good morning, do you accept Unimed? Thanks", "do you accept Unimed?"),
    ],
)
def test_greetings_around_a_question_are_not_searched(message: str, question: str) -> None:
    assert without_greetings(message) == question


@pytest.mark.parametrize(
    "message", ["boa noite, tudo bem com vcs?", "bom dia", "Oi!", "obrigada", "???", "", "👍"]
)
def test_a_greeting_alone_stays_what_it_is(message: str) -> None:
    assert without_greetings(message) == message


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("vcs aceitam unimed p/ exame?", "vocês aceitam unimed para exame?"),
        ("qto custa e qdo sai?", "quanto custa e quando sai?"),
        ("preciso levar p/consulta?", "preciso levar para consulta?"),
        ("é hepatite C ou vitamina D?", "é hepatite C ou vitamina D?"),
        ("dia 12/10 as 9h", "dia 12/10 as 9h"),
    ],
)
def test_abbreviations_are_written_out(typed: str, meant: str) -> None:
    assert expand(typed) == meant


def test_two_questions_of_a_message_are_searched_each() -> None:
    message = "oi, qto custa a colonoscopia p/ vcs? e precisa de jejum antes? obg"
    assert texts(message) == [
        "quanto custa a colonoscopia para vocês?",
        "e precisa de jejum antes?",
    ]


@pytest.mark.parametrize(
    "message",
    [
        "Sou diabético. Qual o preparo? Sério?",
        "meu irmão pode pegar meu exame aí? eu estou viajando",
        "minha mãe tem pressão alta\nela pode tomar o remédio?",
    ],
)
def test_a_remark_stays_with_its_question(message: str) -> None:
    assert parts(message) == [" ".join(message.split())]


def test_a_message_of_many_questions_is_searched_whole() -> None:
    message = "Qual o preço disso? " * 4
    assert parts(message) == [message]


def test_accents_come_back_where_the_writer_uses_none() -> None:
    assert texts("qual horario vcs nao abrem aos sabados") == [
        "qual horário vocês não abrem aos sábados"
    ]


def test_typing_errors_are_corrected_to_the_documents_words() -> None:
    assert texts("qual o prepro para colonscopia") == ["qual o preparo para colonoscopia"]
    assert texts("quais convenios") == ["quais convênios"]
    assert texts("a mamogafia demora") == ["a mamografia demora"]
    assert texts("what is the prepartion for it?") == ["what is the preparation for it?"]


@pytest.mark.parametrize(
    "question",
    [
        "Vocês fazem densitometria pela Unimed?",
        "A Covax é segura?",
        "O exame é às 7h30 em 12/10?",
    ],
)
def test_what_is_right_or_a_name_stays(question: str) -> None:
    assert texts(question) == [question]


def test_letters_are_searched_as_they_were_typed() -> None:
    assert [part.typed for part in phrase("qto custa a colonscopia", TERMS)] == [
        "quanto custa a colonscopia"
    ]


@pytest.mark.parametrize(
    "question",
    [
        "Onde aguardo?",
        "Quanto tempo aguardo?",
        "Vocês fazem tratamento de beleza?",
        "Meu exame deu tudo certo?",
        "O jejum é obrigado?",
        "Como vai ser meu exame?",
    ],
)
def test_a_polite_word_that_says_something_stays(question: str) -> None:
    assert without_greetings(question) == question


def test_a_name_of_one_letter_is_no_shortened_word() -> None:
    assert expand("O n° da sala da hepatite C/B, q é p/ vitamina C/ zinco?") == (
        "O n° da sala da hepatite C/B, que é para vitamina C/ zinco?"
    )
    assert expand("C/ jejum? P/ amanhã") == "com jejum? para amanhã"


@pytest.mark.parametrize("repeated", ["obg ", "oi, ", " ", ".", "muito obrigada! ", "?\n"])
def test_a_message_made_to_be_slow_is_not(repeated: str) -> None:
    message = f"jejum {repeated * 4000}"[:3999] + "x"
    begun = time.process_time()
    without_greetings(message)
    assert time.process_time() - begun < 0.5


def test_of_too_many_words_those_are_kept_that_the_document_says_most() -> None:
    often = "zzyvonitex"
    rare = [f"ab{''.join(letters)}qk" for letters in product("bcdfghjklmnpqr", repeat=3)]
    terms = terms_of([Chunk(f"{' '.join(rare)} {often} {often}", "")])
    assert len(terms) == TERMS_OF_ONE < len(rare)
    assert often in terms


@given(st.text(max_size=300))
def test_any_message_gives_at_least_one_question(message: str) -> None:
    assert phrase(message, TERMS)


def test_wide_letters_and_capitals_are_read_as_others() -> None:
    (wide,) = phrase("\uff30\uff32\uff25\uff30\uff21\uff32\uff2f DA ENDO", {})
    assert wide.text == "preparo da endo"
    (mixed,) = phrase("o que é MAPA?", {})
    assert mixed.text == "o que é MAPA?"


def test_characters_that_stand_for_many_make_no_text_longer() -> None:
    (hostile,) = phrase("\ufdfa" * 400, {})
    assert len(hostile.text) <= 400


def test_of_a_very_long_message_beginning_and_end_are_searched() -> None:
    message = f"Qual o preparo da colonoscopia {'muito longo ' * 330}e precisa de jejum"
    (one,) = phrase(message, {})
    assert one.typed.startswith("Qual o preparo da colonoscopia")
    assert one.typed.endswith("e precisa de jejum")
    assert len(one.typed) <= SEARCHED + 1
    (whole,) = phrase(message[:SEARCHED], {})
    assert whole.typed == message[:SEARCHED].strip()
