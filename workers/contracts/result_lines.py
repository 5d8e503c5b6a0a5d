"""A row with its result as a line: of a CSV file for spreadsheets, of JSON lines, of OpenAI's.

No cell of the CSV runs in a spreadsheet: patients write what stands there, and `=HYPERLINK(…)` in a
question must stay a text. A cell that could begin a formula begins with an apostrophe instead
(https://owasp.org/www-community/attacks/CSV_Injection).
"""

import csv
import io
import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from workers.contracts.backfill import BackfillRow, RowResult, RowStatus
from workers.contracts.question import Citation

ResultForm = Literal["csv", "ndjson", "openai"]

#: What a CSV file begins with, so that Excel reads it as UTF-8.
MARK: Final = b"\xef\xbb\xbf"
#: A Brazilian Excel's delimiter.
DELIMITER: Final = ";"
#: Characters of the longest cell: Excel breaks a row at 32,767.
LONGEST_CELL: Final = 32_000
#: What a spreadsheet might run a text for, in all its widths.
_SIGNS: Final = "=\uff1d\ufe66@\uff20\ufe6b"
_DASHES: Final = r"+\-\uff0b\ufe62\uff0d\ufe63\u2212"
#: Such a sign at a text's beginning, behind spaces, quotes and what nobody sees.
_ACTIVE: Final = re.compile(
    rf"""^[\s"'`\u00b4\u00ad\u200b-\u200f\u2018-\u201f\ufeff]*[{_SIGNS}{_DASHES}]"""
)
#: Where a program that takes commas or tabs for delimiters sees a cell begin, since it sees no
#: quotes then: LibreOffice ran what stood after a line's end so. A dash that begins an item of a
#: list does not call anything.
_HIDDEN: Final = re.compile(
    rf"""([,;\t\n][\s"']*)([{_SIGNS}]|[{_DASHES}](?=[^,;\t\n]*(?:\||!\S|\w\()))"""
)
#: Neither a spreadsheet nor a person needs these.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: Ends of lines to some readers, which JSON allows inside of a string.
_LINE_ENDS: Final = str.maketrans({"\u2028": "\\u2028", "\u2029": "\\u2029", "\x85": "\\u0085"})
#: What an identity is read from, in a line of OpenAI's.
BATCH_ID: Final = "batch_req_"

_ZONE: Final = ZoneInfo("America/Sao_Paulo")
_STATUS: Final = {
    RowStatus.ANSWERED: "respondida",
    RowStatus.NEEDS_HUMAN: "para uma pessoa",
    RowStatus.FAILED: "falhou",
}
#: Columns before the source's own, and after them.
BEFORE: Final = (
    *("numero", "id", "lugar", "pergunta"),
    *("situacao", "resposta", "fontes", "motivo"),
)
AFTER: Final = (
    *("outras_colunas", "resposta_da_clinica", "perguntada_em", "terminada_em"),
    *("modo", "modelo", "documentos", "prompt", "lote", "resultado"),
)
_OWN: Final = frozenset((*BEFORE, *AFTER))


def head_of(form: ResultForm, columns: Sequence[str] = ()) -> bytes:
    """What such a file begins with; `columns` are the source's, echoed in CSV."""
    if form != "csv":
        return b""
    return MARK + csv_line([*BEFORE, *map(_title, columns), *AFTER])


def line_of(
    form: ResultForm,
    backfill: str,
    row: BackfillRow,
    result: RowResult,
    columns: Sequence[str] = (),
) -> bytes:
    """One row with its result, with its line end.

    Args:
        form: of the file.
        backfill: its id.
        row: what was asked.
        result: what came of it.
        columns: those that the file's head has, by the source's names or by the head's; a row's
            others stand in one column at the end.
    """
    match form:
        case "csv":
            return csv_line(_cells(backfill, row, result, columns))
        case "ndjson":
            return _json_line(_fields(backfill, row, result))
        case "openai":
            return _json_line(_batch_line(backfill, row, result))


def guarded(text: str) -> str:
    """A cell's text that no spreadsheet runs.

    >>> print(guarded('=HYPERLINK("http://exemplo")'))
    '=HYPERLINK("http://exemplo")
    """
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(text) > LONGEST_CELL:
        text = f"{text[:LONGEST_CELL]}…"
    text = _HIDDEN.sub(r"\1'\2", text)
    return f"'{text}" if _ACTIVE.match(text) or text[:1] in {"\t", "\n"} else text


def csv_line(cells: Sequence[str]) -> bytes:
    """Cells as a line of CSV for a Brazilian spreadsheet; see `guarded` for what stands in them."""
    line = io.StringIO()
    # All cells in quotes: a program that takes commas for delimiters sees fewer cells begin.
    writer = csv.writer(line, delimiter=DELIMITER, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(cells)
    return line.getvalue().encode("utf-8", "replace")


def _cells(backfill: str, row: BackfillRow, result: RowResult, columns: Sequence[str]) -> list[str]:
    own = {_title(name): text for name, text in row.columns.items()}
    echoed = [own.pop(_title(name), "") or own.pop(name, "") for name in columns]
    cells = [
        str(result.row + 1),
        row.id,
        row.place,
        row.question,
        _STATUS[result.status],
        result.text,
        " | ".join(map(_source, result.citations)),
        result.reason or "",
        *echoed,
        "\n".join(f"{name}: {text}" for name, text in own.items()),
        row.later_answer,
        _moment(row.asked_at),
        _moment(result.ended_at),
        result.way or "",
        result.model or "",
        result.knowledge_version or "",
        result.prompt_version or "",
        backfill,
        str(result.number),
    ]
    return [guarded(cell) for cell in cells]


def _source(citation: Citation) -> str:
    page = f"página {citation.page}" if citation.page else ""
    return ", ".join(filter(None, [citation.title, citation.heading, page]))


def _moment(seconds: float | None) -> str:
    return "" if seconds is None else f"{datetime.fromtimestamp(seconds, _ZONE):%d/%m/%Y %H:%M:%S}"


def _title(column: str) -> str:
    """What a source's column is called in the file: none of our names, and no formula."""
    return guarded(f"{column} (da fonte)" if column in _OWN else column)


def _json_line(fields: dict[str, Any]) -> bytes:
    text = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).translate(_LINE_ENDS)
    return text.encode("utf-8", "backslashreplace") + b"\n"  # half a character is an escape


def _fields(backfill: str, row: BackfillRow, result: RowResult) -> dict[str, Any]:
    asked = row.model_dump(mode="json", exclude={"key", "fault", "shape"}, exclude_defaults=True)
    outcome = result.model_dump(mode="json", exclude={"row", "number"}, exclude_none=True)
    own = {"row": result.row, "id": row.id, "question": row.question}
    return {**own, **asked, **outcome, "backfill": backfill, "number": result.number}


def _batch_line(backfill: str, row: BackfillRow, result: RowResult) -> dict[str, Any]:
    """As OpenAI's output file has it, where the answer differs by what really happened.

    A row that failed has an `error` and no response: a reader who looks at either is right. One
    that a person has to see to was answered in words, as the patient would have been; what it is
    stands in the body's `atende`.
    """
    request = f"{BATCH_ID}{backfill}_{result.row}_{result.number}"
    line: dict[str, Any] = {"id": request, "custom_id": row.id, "response": None, "error": None}
    if result.status is RowStatus.FAILED:
        reason = result.reason or "failed"
        code = "batch_expired" if reason == "expired" else reason
        line["error"] = {"code": code, "message": f"This question was not answered: {reason}."}
        return line
    shown = {"status", "reason", "citations", "way", "knowledge_version", "prompt_version"}
    message = {"role": "assistant", "content": result.text, "refusal": None}
    body = {
        "id": f"chatcmpl-{result.question_id}",
        "object": "chat.completion",
        "created": int(result.ended_at),
        "model": result.model or "atende",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "atende": result.model_dump(mode="json", include=shown, exclude_none=True),
    }
    line["response"] = {"status_code": 200, "request_id": request, "body": body}
    return line
