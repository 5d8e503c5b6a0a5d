"""CSV to sections: pairs of question and answer, or rows that keep their header."""

import csv
import io

from ingestion.parsing.decoding import decode
from ingestion.parsing.document import Document, Table, title_of
from ingestion.parsing.errors import CorruptFileError
from ingestion.parsing.limits import DEFAULT, Limits
from ingestion.parsing.pairs import pairs

#: Delimiters that spreadsheets write; a Brazilian Excel writes semicolons.
DELIMITERS = (";", ",", "\t")

#: A character that no text has: decoding removes it.
_END = "\0"


def parse_csv(data: bytes, name: str, _limits: Limits = DEFAULT) -> Document:
    """A CSV file as a document.

    Raises:
        UnknownEncodingError: the bytes are no text.
        CorruptFileError: a quote never ends, or a cell is too long.
    """
    rows = read_rows(decode(data))
    title = title_of(name)
    if len(rows) > 1 and sum(map(bool, rows[0])) == 1 < sum(map(bool, rows[1])):
        title = "".join(rows[0])  # a line above the header says what the table is
        rows = rows[1:]
    if not rows:
        return Document(title, ())
    if answers := tuple(pairs(rows)):
        return Document(title, answers)
    header, *body = rows
    names = tuple(cell.replace("_", " ") for cell in header)
    return Document(title, (Table(names, tuple(body)),) if body else ())


def read_rows(text: str) -> list[tuple[str, ...]]:
    """All rows that are not empty, each as long as the longest, cells trimmed.

    Raises:
        CorruptFileError: a cell is too long, or a quote never ends: it would hold all other rows.
    """
    delimiter = _delimiter(text)
    # A last row of our own: a quote that is still open at the end swallows it.
    last_row = "\n" + delimiter + _END
    reader = csv.reader(io.StringIO(text + last_row, newline=""), delimiter=delimiter)
    rows: list[list[str]] = []
    first_line = 1
    try:
        for row in reader:
            rows.append([cell.strip() for cell in row])
            if rows[-1] != ["", _END] and any(_END in cell for cell in row):
                raise CorruptFileError.because(
                    f"the quote that begins in line {first_line} never ends"
                )
            first_line = reader.line_num + 1
    except csv.Error as error:
        raise CorruptFileError.because(str(error)) from error
    rows.pop()
    width = max(map(len, rows), default=0)
    return [tuple(row + [""] * (width - len(row))) for row in rows if any(row)]


def _delimiter(text: str) -> str:
    """The first line's delimiter, unless no other line has it: then it was a title with a comma."""
    first, _, rest = text.partition("\n")
    of_first = max(DELIMITERS, key=first.count)
    of_rest = max(DELIMITERS, key=rest.count)
    return of_rest if of_rest in rest and of_first not in rest else of_first
