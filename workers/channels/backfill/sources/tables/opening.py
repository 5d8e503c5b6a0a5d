"""Which tables are recognised, and how they are opened."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ingestion.parsing.sniffing import OLE, looks_like_html, looks_like_mail, sniff
from workers.channels.backfill.sources.source import Opening, Source, SourceOptions
from workers.channels.backfill.sources.tables.csv_source import CsvSource
from workers.channels.backfill.sources.tables.jsonl_source import JsonlSource, looks_like_json
from workers.channels.backfill.sources.tables.workbook_source import WorkbookSource

#: Endings of files that are what they say, whatever they begin with.
_JSON_ENDINGS: Final = frozenset({".jsonl", ".ndjson", ".json"})
#: Members by which a ZIP archive is a spreadsheet.
_SHEETS: Final = ("xl/workbook.xml", "xl/workbook.bin")
_OPEN_SHEET: Final = b"application/vnd.oasis.opendocument.spreadsheet"
#: Characters that no text has but a NUL.
_CONTROLS: Final = bytes({*range(1, 32)} - {*b"\t\n\v\f\r\x1a\x1b"})


def _kind_of(location: str, head: bytes) -> str | None:
    if not head:
        return None
    if head.startswith(b"PK"):
        return "xlsx" if _is_workbook(Path(location)) else None
    if head.startswith(OLE):
        return "xlsx"
    if Path(location).suffix.lower() in _JSON_ENDINGS or looks_like_json(head):
        return "jsonl"
    if _is_binary(head) or sniff(head) or looks_like_html(head) or looks_like_mail(head):
        return None
    return "csv"


def _is_binary(head: bytes) -> bool:
    """Whether many bytes are control characters; a text may have a NUL, in UTF-16 every other."""
    controls = sum(head.count(byte) for byte in _CONTROLS)
    return controls > len(head) // 100


def _is_workbook(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as package:
            names = package.namelist()
            if "mimetype" in names:
                return package.read("mimetype").startswith(_OPEN_SHEET)
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError):
        return path.suffix.lower() in {".xlsx", ".xlsm", ".xlsb", ".ods"}
    return any(name in names for name in _SHEETS)


def _open_as(kind: str, location: str, options: SourceOptions) -> Source:
    return _SOURCES[kind](Path(location), options)


_SOURCES: Final[Mapping[str, type[CsvSource | JsonlSource | WorkbookSource]]] = {
    "csv": CsvSource,
    "jsonl": JsonlSource,
    "xlsx": WorkbookSource,
}

OPENING: Final = Opening(kinds=tuple(_SOURCES), kind_of=_kind_of, open_as=_open_as)
