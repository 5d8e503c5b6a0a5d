"""The file of pairs: written for a spreadsheet, read again after a person's review."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from ingestion.folding import fold
from ingestion.parsing.decoding import decode
from ingestion.parsing.errors import UnknownEncodingError
from workers.channels.backfill.report.errors import PairsError
from workers.channels.backfill.report.pairs import Column, Pair
from workers.contracts.result_lines import MARK, csv_line, guarded

#: What approves a pair, folded, and what doesn't.
YES: Final = frozenset({"sim", "s", "x", "ok", "yes", "y", "1", "true", "verdadeiro", "aprovado"})
NO: Final = frozenset({"", "nao", "n", "no", "0", "false", "falso", "-"})
#: Columns without which nothing can be approved.
_NEEDED: Final = (Column.QUESTION, Column.ANSWER, Column.APPROVED)
_NOT_COMPARED: Final = "sem resposta"


class ReviewedPair(NamedTuple):
    """A row of a reviewed file.

    Attributes:
        line: where it stands, from 1.
        approved: None: the word in its column says neither yes nor no.
    """

    line: int
    question: str
    answer: str
    approved: bool | None
    attention: str
    agreement: str
    document: str


def written(pairs: Iterable[Pair], zone: ZoneInfo) -> bytes:
    """Pairs as CSV that Brazilian spreadsheets open, and that runs nothing in them."""
    lines = [MARK, csv_line(list(Column))]
    for pair in pairs:
        cells = _cells(pair, zone)
        lines.append(csv_line([guarded(cells[column].strip()) for column in Column]))
    return b"".join(lines)


def reviewed(data: bytes) -> list[ReviewedPair]:
    """The rows of a file that a person has reviewed, in whatever form a spreadsheet saved it.

    Raises:
        PairsError: it is no such file.
    """
    try:
        text = decode(data)
    except UnknownEncodingError as error:
        raise PairsError(
            "The file is not text. Nothing was written. Save it as CSV (UTF-8) and try again."
        ) from error
    first = text.partition("\n")[0]
    delimiter = max(";,\t", key=first.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = [fold(cell).strip() for cell in next(rows, [])]
        missing = [column for column in _NEEDED if column not in header]
        if missing:
            names = " and no ".join(f"`{name}`" for name in missing)
            raise PairsError(
                f"The file has no column {names}. Nothing was written. Download the pairs again, "
                "and write `sim` in the column `aprovado`."
            )
        return [
            _row(rows.line_num, dict(zip(header, cells, strict=False)))
            for cells in rows
            if any(map(str.strip, cells))
        ]
    except csv.Error as error:
        raise PairsError(
            f"Line {rows.line_num} is no line of CSV ({error}). Nothing was written. Save the file "
            "again as CSV."
        ) from error


def _cells(pair: Pair, zone: ZoneInfo) -> Mapping[Column, str]:
    asked = datetime.fromtimestamp(pair.asked_at, zone) if pair.asked_at is not None else None
    return {
        Column.QUESTION: pair.question,
        Column.ANSWER: pair.answer,
        Column.APPROVED: "",
        Column.ATTENTION: ", ".join(pair.attention),
        Column.COMPARED: str(pair.agreement or _NOT_COMPARED),
        Column.OURS: pair.ours,
        Column.DOCUMENT: pair.document,
        Column.ASKED_AT: f"{asked:%d/%m/%Y %H:%M}" if asked else "",
        Column.PLACE: pair.place,
        Column.NUMBER: str(pair.row + 1),
    }


def _row(line: int, cells: Mapping[str, str]) -> ReviewedPair:
    word = fold(cells.get(Column.APPROVED, "")).strip(" .!")
    return ReviewedPair(
        line=line,
        question=_bare(cells.get(Column.QUESTION, "")),
        answer=_bare(cells.get(Column.ANSWER, "")),
        approved=True if word in YES else False if word in NO else None,
        attention=cells.get(Column.ATTENTION, "").strip(),
        agreement=cells.get(Column.COMPARED, "").strip(),
        document=_bare(cells.get(Column.DOCUMENT, "")),
    )


def _bare(cell: str) -> str:
    """A cell without the apostrophe that kept it from running."""
    text = cell.strip()
    return text[1:].strip() if text.startswith("'") and guarded(text[1:]) == text else text
