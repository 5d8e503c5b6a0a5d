"""Words and letter groups as sparse vectors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.knowledge.words import (
    Sparse,
    letter_document,
    letter_query,
    word_document,
    word_query,
)


def shared(question: Sparse, passage: Sparse) -> float:
    """The share of a question's indices that a passage has."""
    return len(set(question.indices) & set(passage.indices)) / max(1, len(question.indices))


def test_inflections_of_portuguese_and_english_meet() -> None:
    assert shared(word_query("exame"), word_document("os exames")) == 1
    assert shared(word_query("vaccination"), word_document("vaccinations")) >= 0.5


@pytest.mark.parametrize(
    ("singular", "plural"),
    [
        ("vacinação", "vacinações"),
        ("hospital", "hospitais"),
        ("rim", "rins"),
        ("ultrassom", "ultrassons"),
        ("vacinacao", "vacinacoes"),
        ("pulmão", "pulmões"),
        ("imagem", "imagens"),
        ("papel", "papéis"),
        ("útil", "úteis"),
        ("infantil", "infantis"),
        ("mãe", "mães"),
        ("lençol", "lençóis"),
    ],
)
def test_plurals_with_another_stem_meet(singular: str, plural: str) -> None:
    # Half of the indices are English stems.
    assert shared(word_query(singular), word_document(f"os {plural}")) >= 0.5
    assert shared(word_query(plural), word_document(f"um {singular}")) >= 0.5


def test_accents_do_not_part_words() -> None:
    assert word_query("convenio") == word_query("convênio")
    assert letter_query("CONVENIO") == letter_query("convênio")


def test_a_mistyped_word_keeps_most_of_its_letter_groups() -> None:
    passage = letter_document("limitações dos exames")
    assert shared(letter_query("limitacões"), passage) == 1
    assert shared(letter_query("limtações"), passage) >= 0.5
    assert shared(word_query("limtações"), word_document("limitações dos exames")) == 0


def test_a_repeated_group_says_less_each_time() -> None:
    once, often = letter_document("jejum"), letter_document("jejum " * 50)
    assert once.indices == often.indices
    assert max(often.values) < 2.2 * max(once.values)


@given(st.text(max_size=200))
def test_any_text_gives_ascending_distinct_indices(text: str) -> None:
    for vector in (word_document(text), word_query(text), letter_document(text)):
        assert vector.indices == sorted(set(vector.indices))
        assert len(vector.indices) == len(vector.values)
