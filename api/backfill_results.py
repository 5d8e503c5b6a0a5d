"""Results of a backfill as they are downloaded: in pieces, however many there are."""

import json
from collections.abc import Iterator
from itertools import chain
from typing import Final

from api.backfill_schemas import ResultsQuery
from workers.contracts.backfill import BackfillRow, RowResult
from workers.contracts.backfills import BackfillStore
from workers.contracts.errors import RecordError
from workers.contracts.result_lines import ResultForm, head_of, line_of

MEDIA_TYPES: Final[dict[ResultForm, str]] = {
    "ndjson": "application/x-ndjson",
    "csv": "text/csv; charset=utf-8",
    "openai": "application/x-ndjson",
}
#: Results that are held at a time: as many as a block in Redis.
_PIECE: Final = 100


def stream(store: BackfillStore, backfill_id: str, query: ResultsQuery) -> Iterator[bytes]:
    """The lines, about a hundred at a time.

    The first piece is read before this returns, so that what is wrong then is told as an error.

    Raises:
        RecordError: a stored record cannot be read.
    """
    pieces = _pieces(store, backfill_id, query)
    first = next(pieces, b"")
    return chain([first], pieces)


def _pieces(store: BackfillStore, backfill_id: str, query: ResultsQuery) -> Iterator[bytes]:
    columns: tuple[str, ...] | None = None
    after, left = query.after, query.limit
    while left > 0 and (results := store.results(backfill_id, after, min(left, _PIECE))):
        rows = store.rows_of(backfill_id, (result.row for result in results))
        if columns is None:
            columns = tuple(rows[results[0].row].columns) if results[0].row in rows else ()
            yield head_of(query.format, columns)
        yield b"".join(
            _line(backfill_id, _row_of(rows, result), result, query.format, columns)
            for result in results
        )
        after, left = results[-1].number, left - len(results)
    if columns is None:
        yield head_of(query.format)


def _row_of(rows: dict[int, BackfillRow], result: RowResult) -> BackfillRow:
    """A result's row.

    Raises:
        RecordError: it is not there.
    """
    if result.row not in rows:
        raise RecordError(f"row {result.row} of a backfill", {})
    return rows[result.row]


def _line(
    backfill_id: str,
    row: BackfillRow,
    result: RowResult,
    form: ResultForm,
    columns: tuple[str, ...],
) -> bytes:
    if form != "ndjson":
        return line_of(form, backfill_id, row, result, columns)
    both = row.model_dump(mode="json") | result.model_dump(mode="json")
    return json.dumps(both, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
