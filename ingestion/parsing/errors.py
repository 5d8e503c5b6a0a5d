"""Why a file cannot be read.

IngestionError
└── ParseError
    ├── EmptyDocumentError    nothing to read in it
    ├── EncryptedError        it asks for a password
    ├── NoTextLayerError      scanned pages without text, and no OCR that reads them
    ├── CorruptFileError      cut off or damaged
    ├── WrongTypeError        not what its name says, and nothing that we read
    ├── UnknownEncodingError  text in no encoding that we know
    ├── UnreadableFileError   the system does not let us read it
    ├── TooLargeError         more bytes than allowed, as it is or unpacked
    ├── TooManyPagesError     more pages than allowed
    ├── TooComplexError       nested deeper than any document is
    ├── TooMuchMemoryError    reading it needs more memory than allowed
    ├── TookTooLongError      reading it takes longer than allowed
    └── ParserDiedError       the reading process ended on it
"""

from pathlib import PurePosixPath

from ingestion.errors import IngestionError


class ParseError(IngestionError):
    """One file cannot be read; others can. The message says what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message)


class EmptyDocumentError(ParseError):
    """The file has nothing to read."""

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message or "There is no text in this file. Check that the right file was saved."
        )


class EncryptedError(ParseError):
    """The file asks for a password."""

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message or "This file is protected by a password. Save a copy without the password."
        )


class NoTextLayerError(ParseError):
    """The pages are pictures."""

    @classmethod
    def because(cls, reason: str) -> "NoTextLayerError":
        """With the reason why text recognition did not help."""
        return cls(
            f"The pages of this file are pictures without text, as a scanner makes them; {reason}. "
            "Otherwise export the original document as PDF, or save the scan with text "
            "recognition (OCR)."
        )


class CorruptFileError(ParseError):
    """The file is cut off or damaged."""

    @classmethod
    def because(cls, detail: str) -> "CorruptFileError":
        """With what the parser said."""
        short = " ".join(detail.split())[:200]
        return cls(f"This file is damaged or was cut off ({short}). Open it, and save it again.")


class WrongTypeError(ParseError):
    """The content is not what the file's name says."""

    @classmethod
    def content(cls, name: str, what: str) -> "WrongTypeError":
        """With what the content is instead."""
        suffix = PurePosixPath(name).suffix.lower()
        ends = f"The name ends in {suffix}, but the" if suffix else "The"
        return cls(
            f"{ends} content is {what}, which cannot be read. Save it as PDF or DOCX, or give it "
            f"the ending of what it is."
        )


class UnknownEncodingError(ParseError):
    """The bytes are no text in an encoding that we know."""

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message or "The text encoding of this file is unknown. Save it as text in UTF-8."
        )


class UnreadableFileError(ParseError):
    """The system does not let us read the file."""

    @classmethod
    def because(cls, error: OSError) -> "UnreadableFileError":
        """With the system's own words, without the path."""
        reason = error.strerror or type(error).__name__
        return cls(
            f"The system does not let this file be read ({reason}). Let the user that runs Atende "
            f"read it (for example chmod a+r), or copy it again."
        )


class TooLargeError(ParseError):
    """More bytes than allowed."""

    @classmethod
    def file(cls, mib: float, limit: int) -> "TooLargeError":
        """Of the file itself."""
        return cls(
            f"It has {mib:.0f} MiB, more than the {limit} that ATENDE_MAX_FILE_MB allows. Split "
            f"it, or raise the limit."
        )

    @classmethod
    def unpacked(cls, mib: float, limit: int) -> "TooLargeError":
        """Of what the archive unpacks to."""
        return cls(
            f"It would unpack to {mib:.0f} MiB, more than the {limit} that ATENDE_MAX_UNPACKED_MB "
            f"allows: a document hardly does, an attack would. Save it again, or raise the limit."
        )

    @classmethod
    def text(cls, mib: float) -> "TooLargeError":
        """Of the text in it."""
        return cls(f"It holds more than {mib:.0f} MiB of text. Split it into smaller files.")


class TooManyPagesError(ParseError):
    """More pages than allowed."""

    @classmethod
    def of(cls, pages: int, limit: int) -> "TooManyPagesError":
        """With both numbers."""
        return cls(
            f"It has {pages} pages, more than the {limit} that ATENDE_MAX_PAGES allows. Split it, "
            f"or raise the limit."
        )


class TooComplexError(ParseError):
    """Nested deeper than any document is."""

    def __init__(self, message: str = "") -> None:
        super().__init__(
            message
            or "Its parts are nested deeper than any document's are. Open it, and save it again, "
            "or copy its text into a new document."
        )


class TooMuchMemoryError(ParseError):
    """Reading it needs more memory than allowed."""

    @classmethod
    def limit(cls, mib: int) -> "TooMuchMemoryError":
        """With the limit."""
        return cls(
            f"Reading it needs more memory than the {mib} MiB that ATENDE_PARSE_MEMORY_MB allows. "
            f"Split it, or raise the limit."
        )


class TookTooLongError(ParseError):
    """Reading it takes longer than allowed."""

    @classmethod
    def limit(cls, seconds: float) -> "TookTooLongError":
        """With the limit."""
        return cls(
            f"Reading it took longer than the {seconds:g} s that ATENDE_PARSE_SECONDS allows, and "
            f"was ended. Split it, save it again, or raise the limit."
        )


class ParserDiedError(ParseError):
    """The reading process ended on it."""

    @classmethod
    def ended(cls, how: str) -> "ParserDiedError":
        """With how it ended: a signal's name, an exit code."""
        return cls(
            f"The process that read this file ended on it ({how}): the file is damaged, or needs "
            f"more memory than ATENDE_PARSE_MEMORY_MB allows. Open it, and save it again."
        )

    @classmethod
    def unstarted(cls, code: int) -> "ParserDiedError":
        """With the exit code of a process that did not even start: no file's fault."""
        return cls(
            f"The process that reads files does not start (exit code {code}): the installation is "
            f"damaged, or ATENDE_PARSE_MEMORY_MB is too low for it. "
            f"`python -m ingestion.reader.child 0 0 0` shows the first."
        )

    @classmethod
    def unloaded(cls, library: str) -> "ParserDiedError":
        """With the library that a parser lacks: no file's fault either."""
        return cls(
            f"A library that reads this kind of file does not load ({library}): install Atende's "
            f"worker again, or raise ATENDE_PARSE_MEMORY_MB."
        )
