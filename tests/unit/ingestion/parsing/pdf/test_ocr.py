import pytest
from fpdf import FPDF
from PIL import Image
from pypdfium2 import PdfDocument

from ingestion.parsing import parse
from ingestion.parsing.document import Prose
from ingestion.parsing.errors import (
    NoTextLayerError,
)
from ingestion.parsing.limits import Limits
from ingestion.parsing.pdf.ocr import tesseract_data
from tests.unit.ingestion.parsing.pdf.pdf_files import pdf


def scan(pages: list[list[str]]) -> bytes:
    """A PDF of pages as a scanner makes them: pictures; one without lines is a blank page."""
    file = FPDF()
    printed = PdfDocument(pdf([[(line, 14) for line in lines] for lines in pages]))
    for lines, page in zip(pages, printed, strict=True):
        file.add_page()
        if lines:
            file.image(page.render(scale=2).to_pil(), x=0, y=0, w=210)
    return bytes(file.output())


JEJUM = ["Fique em jejum de oito horas.", "Traga o cartão do convênio e o pedido médico."]


@pytest.mark.skipif(not tesseract_data("por")[1], reason="tesseract-ocr-por is not installed")
def test_scanned_pages_are_read_in_portuguese() -> None:
    document = parse(scan([JEJUM, [], ["Não coma nada."]]), "x.pdf")
    assert document.sections == (Prose("\n".join(JEJUM), (), 1), Prose("Não coma nada.", (), 3))
    assert (document.pages, document.notes) == (3, ())


def test_pages_that_nobody_can_read_are_named_and_the_others_read() -> None:
    mixed = FPDF()
    mixed.set_font("Helvetica", size=11)
    for number in range(1, 6):
        mixed.add_page()
        if number in {2, 3, 5}:
            mixed.image(Image.new("L", (100, 100), 128), w=100)
        else:
            mixed.cell(text=f"Página {number}.")
    data = bytes(mixed.output())
    without = Limits(ocr_languages="xxx")
    document = parse(data, "x.pdf", without)
    assert [each.page for each in document.sections] == [1, 4]
    (note,) = document.notes
    assert note.startswith("Pages 2-3, 5 were not read")
    assert "install tesseract-ocr and tesseract-ocr-xxx" in note
    (note,) = parse(data, "x.pdf", Limits(ocr=False)).notes
    assert "ATENDE_OCR" in note
    (note,) = parse(data, "x.pdf", Limits(ocr_pages=0)).notes
    assert "ATENDE_OCR_PAGES" in note or "install" in note


def test_a_scan_without_ocr_fails_with_what_to_install() -> None:
    with pytest.raises(NoTextLayerError, match="install tesseract-ocr"):
        parse(scan([JEJUM]), "x.pdf", Limits(ocr_languages="xxx"))
