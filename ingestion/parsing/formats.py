"""The formats that are read: by suffix, with the parser of each, imported when it is needed."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import PurePosixPath

from ingestion.parsing.document import Document
from ingestion.parsing.limits import Limits

#: A file's bytes, its name and what it may cost, to a document.
Parser = Callable[[bytes, str, Limits], Document]


@dataclass(frozen=True, slots=True)
class Format:
    """One format.

    Attributes:
        words: what a user calls it.
        parser: `module:function` below this package. The libraries behind one are imported when a
            file needs them: the reading process starts in a tenth of a second.
        text: whether files of it are text, which any text editor opens.
    """

    words: str
    parser: str
    text: bool = False

    def load(self) -> Parser:
        """The parser itself."""
        module, function = self.parser.split(":")
        parser: Parser = getattr(import_module(f"ingestion.parsing.{module}"), function)
        return parser


_TEXT = Format("plain text", "markdown:parse_text", text=True)
_MARKDOWN = Format("Markdown", "markdown:parse_markdown", text=True)
_HTML = Format("a web page (HTML)", "html:parse_html", text=True)
_CSV = Format("a table (CSV)", "csv_file:parse_csv", text=True)
_JSON = Format("JSON", "pairs:parse_json", text=True)
_MAIL = Format("an e-mail (EML)", "mail:parse_mail", text=True)
_MBOX = Format("a mailbox (MBOX)", "mail:parse_mbox", text=True)
_PDF = Format("a PDF", "pdf:parse_pdf")
_DOCX = Format("a Word document (DOCX)", "docx:parse_docx")
_PPTX = Format("a PowerPoint presentation (PPTX)", "pptx:parse_pptx")
_SHEETS = Format("a spreadsheet", "sheets:parse_sheets")
_OPEN = Format("an OpenDocument file", "office:parse_open")
_RTF = Format("a Rich Text document (RTF)", "office:parse_rtf")
_DOC = Format("an old Word document (DOC)", "office:parse_doc")
_PPT = Format("an old PowerPoint presentation (PPT)", "office:parse_ppt")

#: To add a format, add its suffixes here.
FORMATS: dict[str, Format] = {
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".txt": _TEXT,
    ".html": _HTML,
    ".htm": _HTML,
    ".xhtml": _HTML,
    ".csv": _CSV,
    ".tsv": _CSV,
    ".json": _JSON,
    ".jsonl": _JSON,
    ".ndjson": _JSON,
    ".eml": _MAIL,
    ".mbox": _MBOX,
    ".pdf": _PDF,
    ".docx": _DOCX,
    ".docm": _DOCX,
    ".dotx": _DOCX,
    ".pptx": _PPTX,
    ".pptm": _PPTX,
    ".ppsx": _PPTX,
    ".xlsx": _SHEETS,
    ".xlsm": _SHEETS,
    ".xlsb": _SHEETS,
    ".xls": _SHEETS,
    ".ods": _SHEETS,
    ".odt": _OPEN,
    ".odp": _OPEN,
    ".rtf": _RTF,
    ".doc": _DOC,
    ".ppt": _PPT,
}


def suffix_of(name: str) -> str:
    """The suffix that a file's format is known by.

    >>> suffix_of("Preparo.PDF")
    '.pdf'
    """
    return PurePosixPath(name).suffix.lower()
