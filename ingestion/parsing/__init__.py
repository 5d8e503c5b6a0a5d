"""Files to documents: one parser per format, found by what the bytes are, then by the suffix."""

from dataclasses import replace

from ingestion.parsing.document import Document
from ingestion.parsing.errors import (
    CorruptFileError,
    EmptyDocumentError,
    ParseError,
    ParserDiedError,
    TooComplexError,
    TooLargeError,
    TooMuchMemoryError,
    WrongTypeError,
)
from ingestion.parsing.formats import FORMATS, Format, Parser, suffix_of
from ingestion.parsing.limits import DEFAULT, MIB, Limits
from ingestion.parsing.sniffing import DAMAGED_ZIP, looks_like_html, looks_like_mail, sniff

#: Version of what parsing makes of a file: raise it where the same bytes give other sections.
PARSING = 3

__all__ = ["FORMATS", "PARSING", "Document", "Limits", "ParseError", "parse", "suffix_of"]

#: Suffixes of old Office formats: clinics' systems export web pages and plain text under them.
_LEGACY_SUFFIXES = frozenset({".doc", ".xls", ".ppt"})

#: Suffixes of formats that are ZIP archives.
_ZIP_SUFFIXES = frozenset(
    {".docx", ".docm", ".dotx", ".pptx", ".pptm", ".ppsx", ".xlsx", ".xlsm", ".xlsb"}
    | {".odt", ".ods", ".odp"}
)


def parse(data: bytes, name: str, limits: Limits = DEFAULT) -> Document:
    """A file as a document.

    A file that is not what its name says is read as what it is, and the document's notes say so.

    Args:
        data: its bytes.
        name: its name.
        limits: what reading it may cost. Time and memory are bounded by `ingestion.reading`,
            which runs this in a process that can be ended.

    Raises:
        ParseError: it cannot be read; the subclass and the message say why and what to do.
    """
    if len(data) > limits.file_mb * MIB:
        raise TooLargeError.file(len(data) / MIB, limits.file_mb)
    if not data.strip(b"\0 \t\r\n"):
        raise EmptyDocumentError
    kind, notes = _format_of(data, name)
    document = _parse_as(kind, data, name, limits)
    if not document.sections:
        raise EmptyDocumentError
    return replace(document, notes=(*notes, *document.notes)) if notes else document


def _parse_as(kind: Format, data: bytes, name: str, limits: Limits) -> Document:
    try:
        return _parser_of(kind)(data, name, limits)
    except (ParseError, KeyboardInterrupt, SystemExit):
        raise
    except ImportError as error:
        raise ParserDiedError.unloaded(error.name or "unknown") from error
    except MemoryError as error:
        raise TooMuchMemoryError.limit(limits.memory_mb) from error
    except RecursionError as error:
        raise TooComplexError from error
    except BaseException as error:  # hostile files make the libraries raise anything; Rust's panics
        raise CorruptFileError.because(f"{type(error).__name__}: {error}") from error


def _parser_of(kind: Format) -> Parser:
    """The parser, imported; memory that is too small for its libraries is no file's fault."""
    try:
        return kind.load()
    except MemoryError as error:
        raise ParserDiedError.unloaded(kind.parser) from error


def _format_of(data: bytes, name: str) -> tuple[Format, tuple[str, ...]]:
    """What to read a file as, and notes for the user."""
    suffix, content = suffix_of(name), sniff(data)
    by_name, by_content = FORMATS.get(suffix), FORMATS.get(content)
    if content == DAMAGED_ZIP and suffix in _ZIP_SUFFIXES:
        raise CorruptFileError.because("the archive that it is has no end")
    if by_content is None and content:
        raise WrongTypeError.content(name, content)
    if by_content is None:
        by_content = _text_format(data, name, by_name)
    if by_content is by_name or (by_name is not None and by_name.parser == by_content.parser):
        return by_content, ()
    claim = f"The name ends in {suffix}" if suffix else "The name has no ending"
    note = f"{claim}, but the content is {by_content.words}: it was read as that. Rename the file."
    return by_content, (note,)


def _text_format(data: bytes, name: str, by_name: Format | None) -> Format:
    """The format of a file without a binary format's mark: some kind of text, or damaged."""
    is_page = looks_like_html(data)
    if by_name is None:
        raise WrongTypeError.content(name, "of an unknown type")
    if by_name.text:
        if by_name is not FORMATS[".txt"]:
            return by_name
        is_mail = looks_like_mail(data)
        return FORMATS[".html"] if is_page else FORMATS[".eml"] if is_mail else by_name
    if b"\0" in data[:4096] or not _is_readable(data[:4096]):
        raise CorruptFileError.because(f"it does not begin as {by_name.words} does")
    if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml") and not is_page:
        raise WrongTypeError.content(name, "XML")
    if suffix_of(name) not in _LEGACY_SUFFIXES:
        # Mostly the error page of a download that failed: nothing to answer patients from.
        raise WrongTypeError.content(name, "a web page" if is_page else "plain text")
    return FORMATS[".html"] if is_page else FORMATS[".txt"]


def _is_readable(head: bytes) -> bool:
    """Whether hardly any byte is a control character."""
    controls = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in head)  # noqa: PLR2004 - ASCII
    return controls <= len(head) // 100
