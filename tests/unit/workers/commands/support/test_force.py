import pytest

from workers.commands.support.force import force_words, period_words
from workers.contracts.documents import Document, DocumentState, Force


def document(**fields: object) -> Document:
    known = {"id": "1", "tenant": "a", "name": "a.md", "state": DocumentState.READY}
    return Document.model_validate(known | {"updated_at": 1.0, "indexed_at": 1.0} | fields)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "in force"),
        ({"indexed_at": None}, ""),
        ({"valid_until": "2026-12-31"}, "in force until 2026-12-31"),
        ({"force": Force.RETIRED}, "retired"),
        ({"force": Force.NOT_YET, "force_day": "2027-01-01"}, "from 2027-01-01"),
        ({"force": Force.ENDED, "force_day": "2025-12-31"}, "until 2025-12-31"),
        ({"force": Force.REPLACED, "replaced_by": "b.md"}, "replaced by b.md"),
    ],
)
def test_a_document_is_in_force_or_says_why_not(fields: dict[str, object], words: str) -> None:
    assert force_words(document(**fields)) == words


@pytest.mark.parametrize(
    ("period", "words"),
    [
        ("2026-01-01/..", "from 2026-01-01"),
        ("../2026-12-31", "until 2026-12-31"),
        ("2026-01-01/2026-12-31", "from 2026-01-01 until 2026-12-31"),
    ],
)
def test_a_row_s_period_in_words(period: str, words: str) -> None:
    assert period_words(period) == words
