import pytest

from ingestion.knowledge.search.spell import dictionary


@pytest.mark.parametrize(
    ("word", "letters", "longer"),
    [
        ("ressonanc", 2, True),
        ("departament", 1, True),
        ("departament", 3, False),
        ("consulta", 50, False),
        ("xqzw", 1, False),
    ],
)
def test_a_word_that_breaks_off_is_the_beginning_of_a_common_one(
    word: str, letters: int, *, longer: bool
) -> None:
    assert dictionary("pt").has_longer(word, letters) is longer
