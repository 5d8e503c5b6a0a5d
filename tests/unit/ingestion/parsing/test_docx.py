from io import BytesIO
from zipfile import ZipFile

import docx
import pytest

from ingestion.parsing import parse
from ingestion.parsing.document import Prose, Table
from ingestion.parsing.errors import CorruptFileError, EncryptedError, WrongTypeError
from ingestion.parsing.sniffing import OLE


def word() -> bytes:
    """A Word document with a title, a heading, a bold line and a table."""
    file = docx.Document()
    file.add_heading("Convênios", level=1)
    file.add_paragraph("Tabela de 2026.")
    file.add_heading("Aceitos", level=2)
    table = file.add_table(rows=2, cols=2)
    for row, cells in zip(table.rows, [("Convênio", "Plano"), ("Ipê", "Ouro")], strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    file.add_paragraph().add_run("E os outros?").bold = True
    file.add_paragraph("Pague e peça reembolso.")
    target = BytesIO()
    file.save(target)
    return target.getvalue()


def archive() -> bytes:
    target = BytesIO()
    with ZipFile(target, "w") as file:
        file.writestr("a.txt", "a")
    return target.getvalue()


def test_headings_tables_and_bold_lines_are_structure() -> None:
    document = parse(word(), "convenios.docx")
    assert document.title == "Convênios"
    assert document.sections == (
        Prose("Tabela de 2026."),
        Table(("Convênio", "Plano"), (("Ipê", "Ouro"),), ("Aceitos",)),
        Prose("Pague e peça reembolso.", ("Aceitos", "E os outros?")),
    )


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (OLE + "EncryptedPackage".encode("utf-16-le"), EncryptedError),
        (OLE + b"WordDocument", WrongTypeError),
        (archive(), WrongTypeError),
        (word()[:2000], CorruptFileError),
        (b"text", WrongTypeError),
    ],
)
def test_each_cause_has_its_error(data: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse(data, "x.docx")
