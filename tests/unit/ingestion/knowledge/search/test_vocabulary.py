"""Patients' names for things become the documents' terms."""

import pytest

from ingestion.folding import fold
from ingestion.knowledge.search.vocabulary import vocabulary, with_terms, words_of_terms


def documents(*texts: str) -> dict[str, str]:
    """The words of some documents, by their folded form."""
    return {fold(word): word for text in texts for word in text.split()}


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("preparo tc de torax", "tomografia computadorizada"),
        ("eeg preparo", "eletroencefalograma"),
        ("preventivo preparo", "papanicolau"),
        ("bhcg precisa de jejum?", "gonadotrofina coriônica"),
        ("preparo colono", "colonoscopia"),
        ("quanto é o médico do coração?", "cardiologia"),
        ("sou surda, e agora?", "Libras"),
    ],
)
def test_the_documents_term_stands_behind_the_patients(question: str, term: str) -> None:
    asked = with_terms(question, documents(term))
    assert f"({term})" in asked
    assert asked.replace(f" ({term})", "") == question


def test_a_name_with_two_meanings_has_that_of_the_clinic() -> None:
    assert with_terms("a endo dói?", documents("endodontia")) == "a endo (endodontia) dói?"
    assert with_terms("a endo dói?", documents("endoscopia")) == "a endo (endoscopia) dói?"


def test_a_term_that_no_document_uses_is_not_added() -> None:
    assert with_terms("preparo colono", documents("endoscopia")) == "preparo colono"
    assert with_terms("preparo colono", {}) == "preparo colono"


def test_a_term_that_the_question_has_is_not_added_again() -> None:
    text = "eco é ecocardiograma?"
    assert with_terms(text, documents("ecocardiograma")) == text


def test_names_are_whole_words_and_the_longest_counts() -> None:
    assert with_terms("ecologia", documents("ecocardiograma")) == "ecologia"
    words = documents("ultrassonografia transvaginal")
    asked = with_terms("usg tv tem preparo?", words)
    assert asked == "usg tv (ultrassonografia transvaginal) tem preparo?"


@pytest.mark.parametrize(
    "question",
    [
        "tomo anticoagulante, posso fazer?",
        "muda o horário no feriado?",
        "quais os sinais de infecção?",
        "tomo beta bloqueador, preciso parar?",
        "qual o plano alimentar antes?",
        "posso beber água do tubo?",
        "custa 99 reais?",
        "o exame mostra o sexo do bebê?",
        "tenho ponte de safena",
        "tenho um parafuso no joelho e um pino no tornozelo",
        "fator reumatoide e fator V de Leiden",
        "mandei um áudio no whatsapp",
        "faço terapia hormonal",
        "where do I go to pick up my results?",
        "can you give us the address? is tap water alright?",
    ],
)
def test_everyday_words_are_no_names(question: str) -> None:
    everything = {word: word for word in words_of_terms()}
    assert with_terms(question, everything) == question


def test_short_terms_are_told_too_and_of_a_long_one_every_word() -> None:
    assert "(AAS)" in with_terms("tomo aspirina", documents("Suspenda AAS"))
    assert with_terms("beta hcg", documents("betabloqueador beta")) == "beta hcg"


def test_each_name_stands_on_one_line_of_the_file() -> None:
    names = [fold(name) for names, _ in vocabulary() for name in names]
    assert len(names) == len(set(names))
    assert all(names and terms and all(terms) for names, terms in vocabulary())
