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

#: Stands in no text: decoding takes it away.
_END = "\0"


def parse_csv(data: bytes, name: str, _limits: Limits = DEFAULT) -> Document:
    """A CSV file as a document.

    Raises:
        UnknownEncodingError: the bytes are no text.
        CorruptFileError: a quote never ends, or a cell is too long.
    """
    rows = read_rows(decode(data))
    title = readable(name)
    if len(rows) > 1 and sum(map(bool, rows[0])) == 1 < sum(map(bool, rows[1])):
        title = "".join(rows[0])  # a line above the header says what the table is
        rows = rows[1:]
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
        CorruptFileError: a cell is too long, or a quote never ends: it would hold all other rows.
    """
    delimiter = _delimiter(text)
    # A last cell of the reader's own: where a quote is still open at the end, it is inside it.
    ended = "\n" + delimiter + _END
    reader = csv.reader(io.StringIO(text + ended, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    started = 1
    try:
        for row in reader:
            rows.append([cell.strip() for cell in row])
            if rows[-1] != ["", _END] and any(_END in cell for cell in row):
                raise CorruptFileError.because(
                    f"the quote that begins in line {started} never ends"
                )
            started = reader.line_num + 1
    except csv.Error as error:
        raise CorruptFileError.because(str(error)) from error
    rows.pop()
    width = max(map(len, rows), default=0)
    return [tuple(row + [""] * (width - len(row))) for row in rows if any(row)]


def _delimiter(text: str) -> str:
    """The first line's, unless no other line has it: then it was a title with a comma."""
    first, _, rest = text.partition("\n")
    found = max(DELIMITERS, key=first.count)
    other = max(DELIMITERS, key=rest.count)
    return other if other in rest and found not in rest else found
