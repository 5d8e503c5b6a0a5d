"""Why a file cannot be read.

ParseError
├── EmptyDocumentError    nothing to read in it
├── EncryptedError        it asks for a password
├── NoTextLayerError      scanned pages without text
├── CorruptFileError      cut off or damaged
├── WrongTypeError        not what its name says
└── UnknownEncodingError  text in no encoding that we know
"""


class ParseError(Exception):
    """One file cannot be read; others can. The message says what to do."""


class EmptyDocumentError(ParseError):
    """The file has nothing to read."""

    def __init__(self) -> None:
        super().__init__("There is no text in this file. Check that the right file was saved.")


class EncryptedError(ParseError):
    """The file asks for a password."""

    def __init__(self) -> None:
        super().__init__("This file is protected by a password. Save a copy without the password.")


class NoTextLayerError(ParseError):
    """The pages are pictures."""

    def __init__(self) -> None:
        super().__init__(
            "The pages of this PDF are pictures without text, as a scanner makes them. Export "
            "the original document as PDF, or save the scan with text recognition (OCR)."
        )


class CorruptFileError(ParseError):
    """The file is cut off or damaged."""

    def __init__(self, detail: str) -> None:
        super().__init__(
            f"This file is damaged or was cut off ({detail}). Open it, and save it again."
        )


class WrongTypeError(ParseError):
    """The content is not what the file's name says."""

    def __init__(self, suffix: str, found: str) -> None:
        super().__init__(
            f"The name ends in {suffix}, but the content is {found}. Save it as {suffix}, or "
            f"give it the ending of what it is."
        )


class UnknownEncodingError(ParseError):
    """The bytes are no text in an encoding that we know."""

    def __init__(self) -> None:
        super().__init__("The text encoding of this file is unknown. Save it as text in UTF-8.")
