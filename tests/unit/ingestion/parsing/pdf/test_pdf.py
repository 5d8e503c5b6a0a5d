import pytest
from fpdf import FPDF

from ingestion.parsing import parse
from ingestion.parsing.document import Prose
from ingestion.parsing.errors import (
    CorruptFileError,
    EmptyDocumentError,
    EncryptedError,
    TooManyPagesError,
    WrongTypeError,
)
from ingestion.parsing.limits import Limits
from tests.unit.ingestion.parsing.pdf.pdf_files import pdf


def test_pages_and_taller_lines_are_structure() -> None:
    data = pdf(
        [
            [("Preparo para colonoscopia", 20), ("Leia com atenção.", 11), ("Jejum", 14)],
            [("Oito horas sem comer.", 11), ("No dia", 14), ("Venha com alguém.", 11)],
        ]
    )
    document = parse(data, "preparo.pdf")
    assert document.pages == 2
    assert document.sections == (
        Prose("Leia com atenção.", ("Preparo para colonoscopia",), 1),
        Prose("Oito horas sem comer.", ("Preparo para colonoscopia", "Jejum"), 2),
        Prose("Venha com alguém.", ("Preparo para colonoscopia", "No dia"), 2),
    )


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"PK\x03\x04 no pdf", WrongTypeError),
        (b"%PDF-1.7\ncut off", CorruptFileError),
        (pdf([[("segredo", 11)]], password="x"), EncryptedError),
        (pdf([[]]), EmptyDocumentError),
    ],
)
def test_each_cause_has_its_error(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse(data, "x.pdf")


@pytest.mark.parametrize("title", ["Microsoft Word - preparo v3.doc", "Documento1", "sem título"])
def test_a_title_that_a_program_gave_is_none(title: str) -> None:
    file = FPDF()
    file.set_title(title)
    file.add_page()
    file.set_font("Helvetica", size=11)
    file.cell(text="Jejum de oito horas.")
    assert parse(bytes(file.output()), "preparo-holter.pdf").title == "Preparo holter"


def test_more_pages_than_allowed_are_refused() -> None:
    with pytest.raises(TooManyPagesError, match="3 pages, more than the 2"):
        parse(pdf([[("a", 11)]] * 3), "x.pdf", Limits(pages=2))
