"""DOCX to sections, by way of HTML: headings, lists and tables keep their structure."""

import zipfile
from io import BytesIO
from typing import Final

import mammoth

from ingestion.parsing.document import Document
from ingestion.parsing.errors import (
    CorruptFileError,
    EncryptedError,
    WrongTypeError,
)
from ingestion.parsing.html import from_html

#: First bytes of an OLE file: an old .doc, or a .docx behind a password.
OLE: Final = b"\xd0\xcf\x11\xe0"

#: How the encrypted package is named inside an OLE file, in UTF-16.
ENCRYPTED_PACKAGE: Final = "EncryptedPackage".encode("utf-16-le")

#: Bytes that a DOCX may unpack to; a small file that unpacks to more is an attack.
LARGEST_UNPACKED: Final = 512 * 1024 * 1024


def parse_docx(data: bytes, name: str) -> Document:
    """A Word document as a document.

    Raises:
        EncryptedError: it asks for a password.
        WrongTypeError: it is an old .doc, or no Word document.
        CorruptFileError: it is cut off or damaged.
    """
    if data.startswith(OLE):
        if ENCRYPTED_PACKAGE in data:
            raise EncryptedError
        raise WrongTypeError(".docx", "an old Word document (.doc)")
    _check_package(data)
    result = mammoth.convert_to_html(BytesIO(data))
    return from_html(f"<html><body>{result.value}</body></html>", name)


def _check_package(data: bytes) -> None:
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            names = package.namelist()
            unpacked = sum(item.file_size for item in package.infolist())
    except zipfile.BadZipFile as error:
        raise CorruptFileError(str(error)) from error
    if unpacked > LARGEST_UNPACKED:
        raise CorruptFileError(f"it would unpack to {unpacked >> 20} MiB")
    if not any(name.endswith("document.xml") for name in names):
        raise WrongTypeError(".docx", "a ZIP archive of something else")
