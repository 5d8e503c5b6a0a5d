"""Names of uploaded documents."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.contracts.document_names import (
    MOST_BYTES,
    MOST_PART_BYTES,
    checked_name,
    document_id,
)
from workers.contracts.errors import DocumentNameError


@pytest.mark.parametrize(
    "name",
    ["a.pdf", "exames/jejum.pdf", "preços 2026.csv", "colonoscopia (versão 2).docx", "数.md"],
)
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert checked_name(name) == name


def test_a_name_is_the_same_however_its_accents_are_written() -> None:
    assert checked_name(unicodedata.normalize("NFD", "pressão.pdf")) == "pressão.pdf"


@pytest.mark.parametrize(
    "name",
    [
        "",
        "..",
        "../etc/passwd",
        "exames/../../x.pdf",
        "/etc/passwd",
        "a//b.pdf",
        "a/",
        "./a.pdf",
        ".htaccess",
        "exames/.git/config",
        "~$aberto.docx",
        "C:\\docs\\a.pdf",
        "..\\a.pdf",
        "a\0.pdf",
        "a\n.pdf",
        "a\x7f.pdf",
        "fdp\u202etxt.exe",
        "a\u200b.pdf",
        " a.pdf",
        "a.pdf ",
        "a/ /b.pdf",
        "\ud800.pdf",
        "a" * (MOST_PART_BYTES + 1),
        "á" * (MOST_PART_BYTES // 2 + 1),
        "/".join(["a" * 100] * 6),
    ],
)
def test_a_name_that_leads_elsewhere_or_hides_something_is_refused(name: str) -> None:
    with pytest.raises(DocumentNameError) as caught:
        checked_name(name)
    assert name == "" or name not in str(caught.value)


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(DocumentNameError, match="came before"):
        checked_name("a.pdf", taken={"a.pdf"})


@given(st.text())
def test_a_name_that_is_taken_stays_in_its_folder(name: str) -> None:
    try:
        checked = checked_name(name)
    except DocumentNameError:
        return
    assert checked_name(checked) == checked
    assert len(checked.encode()) <= MOST_BYTES
    assert not checked.startswith("/")
    assert not {"", ".", ".."} & set(checked.split("/"))
    assert checked.isprintable()


def test_ids_differ_by_tenant_and_name_and_never_change() -> None:
    assert document_id("clinica", "a.pdf") == document_id("clinica", "a.pdf")
    assert len({document_id(t, n) for t in ("a", "b") for n in ("x.pdf", "y.pdf")}) == 4
    assert document_id("clinica", "a.pdf") == "f40e260ddfe1628c358ff4032d7d3810"
