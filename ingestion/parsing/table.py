"""CSV to sections: pairs of question and answer, or rows that keep their header."""

import csv
import io

from ingestion.parsing.decoding import decode
from ingestion.parsing.document import Document, Table, readable
from ingestion.parsing.errors import CorruptFileError
from ingestion.parsing.limits import DEFAULT, Limits
from ingestion.parsing.pairs import pairs

#: Delimiters that spreadsheets write; a Brazilian Excel writes semicolons.
DELIMITERS = (";", ",", "\t")


def parse_csv(data: bytes, name: str, _limits: Limits = DEFAULT) -> Document:
    """A CSV file as a document.

    Raises:
        UnknownEncodingError: the bytes are no text.
        CorruptFileError: a quote never ends, or a cell is too long.
    """
    rows = read_rows(decode(data))
    title = readable(name)
    if not rows:
        return Document(title, ())
    if found := tuple(pairs(rows)):
        return Document(title, found)
    header, *body = rows
    names = tuple(cell.replace("_", " ") for cell in header)
    return Document(title, (Table(names, tuple(body)),) if body else ())


def read_rows(text: str) -> list[tuple[str, ...]]:
    """All rows that are not empty, each as long as the longest, cells trimmed.

    Raises:
        CorruptFileError: a cell is too long, as where a quote never ends.
    """
    delimiter = max(DELIMITERS, key=text.split("\n", 1)[0].count)
    try:
        rows = [
            [cell.strip() for cell in row]
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        ]
    except csv.Error as error:
        raise CorruptFileError.because(str(error)) from error
    width = max(map(len, rows), default=0)
    return [tuple(row + [""] * (width - len(row))) for row in rows if any(row)]
