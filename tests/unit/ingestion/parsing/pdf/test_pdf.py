import re

import pytest
from fpdf import FPDF
from PIL import Image
from pypdfium2 import PdfDocument

from ingestion.parsing import parse
from ingestion.parsing.document import Prose, Table
from ingestion.parsing.errors import (
    CorruptFileError,
    EmptyDocumentError,
    EncryptedError,
    NoTextLayerError,
    TooManyPagesError,
    WrongTypeError,
)
from ingestion.parsing.limits import Limits
from ingestion.parsing.pdf.ocr import tesseract_data
from ingestion.parsing.pdf.page import Line, Page
from ingestion.parsing.pdf.sections import paragraphs, sections_of, without_running_heads


def pdf(pages: list[list[tuple[str, int]]], password: str = "") -> bytes:
    """A PDF of pages of (line, type size)."""
    file = FPDF()
    if password:
        file.set_encryption(owner_password=password, user_password=password)
    for lines in pages:
        file.add_page()
        for text, size in lines:
            file.set_font("Helvetica", size=size)
            file.cell(text=text, new_x="LMARGIN", new_y="NEXT")
    return bytes(file.output())


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


def test_a_full_line_goes_on_in_the_next() -> None:
    texts = [
        "Quem toma remédio para o coração mantém o",
        "horário de costume.",
        "- Traga os exames anteriores de imagem, se",
        "tiver.",
        "- Venha com alguém.",
    ]
    lines = [Line(text, 11) for text in texts]
    assert paragraphs(lines).split("\n") == [
        "Quem toma remédio para o coração mantém o horário de costume.",
        "- Traga os exames anteriores de imagem, se tiver.",
        "- Venha com alguém.",
    ]
    assert paragraphs([]) == ""


def test_a_letterhead_goes_below_the_title() -> None:
    page: Page = [
        Line("Clínica", 9),
        Line("Preparo", 18),
        Line("Venha em jejum de oito horas.", 11),
    ]
    assert sections_of([page]) == (
        Prose("Clínica\nVenha em jejum de oito horas.", ("Preparo",), 1),
    )


def test_running_heads_stay_once() -> None:
    pages: list[Page] = [
        [Line("Clínica", 9), Line(f"texto {n * 'x'}", 11), Line(f"{n} de 3", 9)] for n in range(3)
    ]
    texts = [
        [line.text for line in page if isinstance(line, Line)]
        for page in without_running_heads(pages)
    ]
    assert texts == [["Clínica", "texto ", "0 de 3"], ["texto x"], ["texto xx"]]


def test_headings_that_nothing_follows_become_text() -> None:
    body = "Atendemos de segunda a sexta, das 8h às 18h, nas unidades Centro, Jardim e Mirante."
    pages: list[Page] = [[Line(body, 10), Line("Fechado aos domingos", 14)], [Line("Fim", 14)]]
    texts = [each.text for each in sections_of(pages) if isinstance(each, Prose)]
    assert texts == [body, "Fechado aos domingos", "Fim"]


def columns() -> bytes:
    """Two columns under a title, written line by line across both, as layout programs do."""
    file = FPDF()
    file.add_page()
    file.set_font("Helvetica", size=18)
    file.text(20, 20, "Preparo para endoscopia e colonoscopia")
    file.set_font("Helvetica", size=10)
    for n in range(12):
        file.text(20, 35 + 5 * n, f"esquerda {n} fique em jejum por oito horas")
        file.text(110, 35 + 5 * n, f"direita {n} venha com um acompanhante")
    file.text(
        20, 100, "Esta linha vai da margem esquerda do papel até a margem direita, no fim dele."
    )
    return bytes(file.output())


def test_columns_are_read_one_after_the_other() -> None:
    (section,) = parse(columns(), "x.pdf").sections
    assert isinstance(section, Prose)
    words = re.findall(r"(esquerda|direita) (\d+)", section.text)
    left = [("esquerda", str(n)) for n in range(12)]
    assert words == left + [("direita", str(n)) for n in range(12)]
    assert section.text.endswith("no fim dele.")


ROWS = [("Exame", "Particular", "Convênio"), ("Holter", "R$ 200", "R$ 90"), ("MAPA", "R$ 180", "-")]


def test_a_ruled_table_keeps_its_header_and_merged_cells() -> None:
    file = FPDF()
    file.add_page()
    file.set_font("Helvetica", size=10)
    file.cell(text="Valores de 2026.", new_x="LMARGIN", new_y="NEXT")
    with file.table(first_row_as_headings=False) as table:
        head = table.row()
        head.cell("Exame", rowspan=2)
        head.cell("Preço", colspan=2)
        for row in [("Particular", "Convênio"), *ROWS[1:]]:
            table.row(row)
    sections = parse(bytes(file.output()), "x.pdf").sections
    assert sections == (
        Prose("Valores de 2026.", (), 1),
        Table(("Exame", "Preço Particular", "Preço Convênio"), (ROWS[1], ROWS[2]), (), 1),
    )


def test_a_table_without_rules_is_known_by_its_columns() -> None:
    file = FPDF()
    file.add_page()
    file.set_font("Helvetica", size=10)
    for at, row in enumerate(ROWS):
        for column, cell in enumerate(row):
            file.text(20 + 50 * column, 30 + 6 * at, cell)
    (table,) = parse(bytes(file.output()), "x.pdf").sections
    assert table == Table(ROWS[0], (ROWS[1], ROWS[2]), (), 1)


def test_a_table_goes_on_over_the_page_under_its_header() -> None:
    names = [f"Exame {chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(60)]
    file = FPDF()
    file.add_page()
    file.set_font("Helvetica", size=11)
    with file.table(repeat_headings=0, first_row_as_headings=False) as table:
        for row in [("Exame", "Jejum"), *((name, "sim") for name in names)]:
            table.row(row)
    sections = parse(bytes(file.output()), "x.pdf").sections
    assert {each.page for each in sections} == {1, 2}
    assert all(isinstance(each, Table) and each.header == ("Exame", "Jejum") for each in sections)
    rows = [row for each in sections if isinstance(each, Table) for row in each.rows]
    assert rows == [(name, "sim") for name in names]


def test_bold_lines_head_what_follows() -> None:
    file = FPDF()
    file.add_page()
    for style, text in [
        ("B", "Jejum"),
        ("", "Fique oito horas sem comer antes do exame de sangue."),
        ("B", "Acompanhante"),
        ("", "Venha com um adulto, que fica na clínica até o fim do exame."),
    ]:
        file.set_font("Helvetica", style, size=11)
        file.cell(text=text, new_x="LMARGIN", new_y="NEXT")
    headings = [each.heading for each in parse(bytes(file.output()), "x.pdf").sections]
    assert headings == [("Jejum",), ("Acompanhante",)]


@pytest.mark.parametrize("title", ["Microsoft Word - preparo v3.doc", "Documento1", "sem título"])
def test_a_title_that_a_program_gave_is_none(title: str) -> None:
    file = FPDF()
    file.set_title(title)
    file.add_page()
    file.set_font("Helvetica", size=11)
    file.cell(text="Jejum de oito horas.")
    assert parse(bytes(file.output()), "preparo-holter.pdf").title == "Preparo holter"


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


def test_more_pages_than_allowed_are_refused() -> None:
    with pytest.raises(TooManyPagesError, match="3 pages, more than the 2"):
        parse(pdf([[("a", 11)]] * 3), "x.pdf", Limits(pages=2))
