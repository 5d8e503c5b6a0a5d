from datetime import date

import pytest

from ingestion.parsing import parse
from ingestion.parsing.document import Prose
from ingestion.parsing.front_matter import read_front_matter
from ingestion.reader.messages import pack, unpack
from ingestion.validity import UNSAID, Validity

BLOCK = "---\ntítulo: Preços\nválido_de: 1/2/2026\nválido_até: 31/12/2026\nsubstitui: p.md\n---\n"
SAID = Validity(date(2026, 2, 1), date(2026, 12, 31), "p.md")


@pytest.mark.parametrize("name", ["precos.md", "precos.txt"])
def test_front_matter_says_when_a_text_holds(name: str) -> None:
    document = parse(f"{BLOCK}\nMAPA: R$ 80.\n".encode(), name)
    assert (document.validity, document.notes) == (SAID, ())
    assert [section.text for section in document.sections if isinstance(section, Prose)] == [
        "MAPA: R$ 80."
    ]
    assert unpack(pack(document)) == document


def test_english_keys_and_iso_dates_are_read_as_well() -> None:
    text = "---\nvalid_from: 2026-02-01\nvalid_until: 2026-12-31\nreplaces: 'p.md'\n...\nx"
    assert read_front_matter(text).validity == SAID


@pytest.mark.parametrize(
    "text",
    [
        "---\nCLÍNICA VIDA\n---\nAberta das 8h às 18h.",
        "---\nEndereço: Rua A, 10\nTelefone: 5555-0149\n---\nAberta.",
        "---\n- a\n- b\n---\n",
        "---\n{ [\n---\nAberta.",
        "Aberta.\n---\nvalid_from: 2026-02-01\n---\n",
        "---\nvalid_from: 2026-02-01\n",
        "---\n---\n",
    ],
)
def test_what_says_nothing_of_validity_stays_text(text: str) -> None:
    assert read_front_matter(text).length == 0
    document = parse(f"{text}\nx".encode(), "a.txt")
    assert document.validity == UNSAID
    assert document.notes == ()


def test_a_date_that_is_none_is_said_and_the_rest_counts() -> None:
    document = parse(b"---\nvalid_from: 31/02/2026\nreplaces: p.md\n---\nx", "a.md")
    assert document.validity == Validity(replaces="p.md")
    (note,) = document.notes
    assert "valid_from '31/02/2026' is no date" in note
