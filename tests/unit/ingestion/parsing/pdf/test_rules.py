from fpdf import FPDF

from ingestion.parsing import parse
from ingestion.parsing.document import Prose, Table
from tests.unit.ingestion.parsing.pdf.pdf_files import ROWS


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
