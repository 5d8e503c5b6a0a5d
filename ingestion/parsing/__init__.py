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
from ingestion.parsing.formats import FORMATS, Format, suffix_of
from ingestion.parsing.limits import DEFAULT, MIB, Limits
from ingestion.parsing.sniffing import DAMAGED_ZIP, looks_like_html, looks_like_mail, sniffed

#: Version of what parsing makes of a file: raise it where the same bytes give other sections.
PARSING = 2

__all__ = ["FORMATS", "PARSING", "Document", "Limits", "ParseError", "parse", "suffix_of"]

#: Suffixes of old Office formats: clinics' systems export web pages and plain text under them.
_EXPORTED = frozenset({".doc", ".xls", ".ppt"})

#: Suffixes of formats that are ZIP archives.
_ZIPPED = frozenset(
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
    kind, notes = _judged(data, name)
    document = _parsed(kind, data, name, limits)
    if not document.sections:
        raise EmptyDocumentError
    return replace(document, notes=(*notes, *document.notes)) if notes else document


def _parsed(kind: Format, data: bytes, name: str, limits: Limits) -> Document:
    try:
        return kind.load()(data, name, limits)
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


def _judged(data: bytes, name: str) -> tuple[Format, tuple[str, ...]]:
    """What to read a file as, and what the user is told about it."""
    suffix, is_like = suffix_of(name), sniffed(data)
    named, found = FORMATS.get(suffix), FORMATS.get(is_like)
    if is_like == DAMAGED_ZIP and suffix in _ZIPPED:
        raise CorruptFileError.because("the archive that it is has no end")
    if found is None and is_like:
        raise WrongTypeError.found(name, is_like)
    if found is None:
        found = _as_text(data, name, named)
    if found is named or (named is not None and named.parser == found.parser):
        return found, ()
    says = f"The name ends in {suffix}" if suffix else "The name has no ending"
    note = f"{says}, but the content is {found.words}: it was read as that. Rename the file."
    return found, (note,)


def _as_text(data: bytes, name: str, named: Format | None) -> Format:
    """What has no mark of a binary format: text of some kind, or damaged."""
    is_page = looks_like_html(data)
    if named is None:
        raise WrongTypeError.found(name, "of an unknown type")
    if named.text:
        if named is not FORMATS[".txt"]:
            return named
        is_mail = looks_like_mail(data)
        return FORMATS[".html"] if is_page else FORMATS[".eml"] if is_mail else named
    if b"\0" in data[:4096] or not _is_readable(data[:4096]):
        raise CorruptFileError.because(f"it does not begin as {named.words} does")
    if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<?xml") and not is_page:
        raise WrongTypeError.found(name, "XML")
    if suffix_of(name) not in _EXPORTED:
        # Mostly the error page of a download that failed: nothing to answer patients from.
        raise WrongTypeError.found(name, "a web page" if is_page else "plain text")
    return FORMATS[".html"] if is_page else FORMATS[".txt"]


def _is_readable(head: bytes) -> bool:
    """Whether hardly any byte is a control character."""
    controls = sum(byte < 32 and byte not in b"\t\n\r\f" for byte in head)  # noqa: PLR2004 - ASCII
    return controls <= len(head) // 100
