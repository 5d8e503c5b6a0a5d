import pytest

from workers.answering.wording.rewriting import has_numbers


@pytest.mark.parametrize(
    ("folded", "has"),
    [
        ("as 8 horas", True),
        ("duas vezes", True),
        ("meio comprimido", True),
        ("um exame", False),
        ("1. traga o pedido", False),
        ("sem jejum", False),
    ],
)
def test_a_text_has_numbers_in_digits_or_words(folded: str, *, has: bool) -> None:
    assert has_numbers(folded) is has
