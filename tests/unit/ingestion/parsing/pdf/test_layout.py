import re

from fpdf import FPDF

from ingestion.parsing import parse
from ingestion.parsing.document import Prose, Table
from tests.unit.ingestion.parsing.pdf.pdf_files import ROWS


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


def test_a_table_without_rules_is_known_by_its_columns() -> None:
    file = FPDF()
    file.add_page()
    file.set_font("Helvetica", size=10)
    for number, row in enumerate(ROWS):
        for column, cell in enumerate(row):
            file.text(20 + 50 * column, 30 + 6 * number, cell)
    (table,) = parse(bytes(file.output()), "x.pdf").sections
    assert table == Table(ROWS[0], (ROWS[1], ROWS[2]), (), 1)
