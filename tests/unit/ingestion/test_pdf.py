import pytest
from fpdf import FPDF

from ingestion.parsing import parse
from ingestion.parsing.document import Prose
from ingestion.parsing.errors import (
    CorruptFileError,
    EncryptedError,
    NoTextLayerError,
    WrongTypeError,
)
from ingestion.parsing.pdf.line import Line, Page
from ingestion.parsing.pdf.outlining import joined, outlined, without_repeats


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
        (pdf([[]]), NoTextLayerError),
    ],
)
def test_each_cause_has_its_error(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse(data, "x.pdf")


def test_a_full_line_goes_on_in_the_next() -> None:
    lines = [
        "Quem toma remédio para o coração mantém o",
        "horário de costume.",
        "- Traga os exames anteriores de imagem, se",
        "tiver.",
        "- Venha com alguém.",
    ]
    assert joined(lines).split("\n") == [
        "Quem toma remédio para o coração mantém o horário de costume.",
        "- Traga os exames anteriores de imagem, se tiver.",
        "- Venha com alguém.",
    ]
    assert joined([]) == ""


def test_a_letterhead_goes_below_the_title() -> None:
    page = [Line("Clínica", 9), Line("Preparo", 18), Line("Venha em jejum de oito horas.", 11)]
    assert outlined([page]) == [Prose("Clínica\nVenha em jejum de oito horas.", ("Preparo",), 1)]


def test_running_heads_stay_once() -> None:
    pages = [
        [Line("Clínica", 9), Line(f"texto {n * 'x'}", 11), Line(f"{n} de 3", 9)] for n in range(3)
    ]
    texts = [[line.text for line in page] for page in without_repeats(pages)]
    assert texts == [["Clínica", "texto ", "0 de 3"], ["texto x"], ["texto xx"]]


def test_headings_that_nothing_follows_become_text() -> None:
    body = "Atendemos de segunda a sexta, das 8h às 18h, nas unidades Centro, Jardim e Mirante."
    pages = [[Line(body, 10), Line("Fechado aos domingos", 14)], [Line("Fim", 14)]]
    assert [section.text for section in outlined(pages)] == [body, "Fechado aos domingos", "Fim"]
