"""What a file is, from its bytes: names are often wrong."""

import re
import zipfile
from io import BytesIO
from typing import Final

from ingestion.parsing.errors import EncryptedError
from ingestion.parsing.package import UNZIP_ERRORS

#: First bytes of an OLE file: old Office documents, and new ones behind a password.
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

#: Streams that tell what an OLE file is, in the order of looking: a document may embed others.
STREAMS: Final = (
    ("EncryptedPackage", "encrypted"),
    ("WordDocument", ".doc"),
    ("PowerPoint Document", ".ppt"),
    ("Workbook", ".xls"),
    ("Book", ".xls"),
    ("__substg1.0_", "a mail of Outlook (.msg)"),
)

#: Members that tell what a ZIP archive is.
MEMBERS: Final = (
    ("word/document.xml", ".docx"),
    ("ppt/presentation.xml", ".pptx"),
    ("xl/workbook.xml", ".xlsx"),
    ("xl/workbook.bin", ".xlsb"),
    ("xl/worksheets/", ".xlsx"),
    ("word/", ".docx"),
)

#: What OpenDocument files say in their member `mimetype`.
OPEN_DOCUMENT: Final = "application/vnd.oasis.opendocument."
OPEN_KINDS: Final = {"text": ".odt", "spreadsheet": ".ods", "presentation": ".odp"}

#: A ZIP archive that shows nothing of what it holds.
DAMAGED_ZIP: Final = "a damaged ZIP archive"

#: First bytes of files that are no documents.
FOREIGN: Final = (
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"II*\0", "a picture (TIFF)"),
    (b"MM\0*", "a picture (TIFF)"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"\x1f\x8b", "a compressed archive (gzip)"),
    (b"Rar!", "a compressed archive (RAR)"),
    (b"7z\xbc\xaf", "a compressed archive (7-Zip)"),
    (b"SQLite format", "a database (SQLite)"),
)

#: How a web page begins, with what may stand before.
HTML: Final = re.compile(
    rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*|<!--.{0,1000}?-->\s*)*(<!doctype html|<html)[\s>]",
    re.IGNORECASE | re.DOTALL,
)

#: Header fields of which every mail has some, and those that nobody writes by hand.
FIELD: Final = re.compile(rb"^([A-Za-z][A-Za-z0-9-]{1,40}):", re.MULTILINE)
COMMON_FIELDS: Final = frozenset(
    {b"from", b"to", b"subject", b"date", b"return-path", b"content-type"}
)
PROGRAM_FIELDS: Final = frozenset({b"received", b"message-id", b"mime-version", b"return-path"})

#: Bytes at the beginning among which a PDF's mark may stand, as Acrobat has it.
PDF_MARK_BYTES: Final = 1024


def sniff(data: bytes) -> str:
    """The suffix of what the bytes are, or in words what they are, or nothing where it is text.

    >>> sniff(b"%PDF-1.7 ...")
    '.pdf'
    >>> sniff(b"Rar! ...")
    'a compressed archive (RAR)'

    Raises:
        EncryptedError: an Office document behind a password.
    """
    if b"%PDF-" in data[:PDF_MARK_BYTES]:
        return ".pdf"
    if data.startswith(OLE):
        return _ole(data)
    if data.startswith(b"PK\x03\x04"):
        return _zip(data)
    if data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"{\\rtf"):
        return ".rtf"
    return next((what for start, what in FOREIGN if data.startswith(start)), "")


def looks_like_html(data: bytes) -> bool:
    """Whether text begins as a web page does; office programs and clinics' systems export so."""
    return HTML.match(data[:4096]) is not None


def looks_like_mail(data: bytes) -> bool:
    """Whether text begins with a mail's header, as a mail program saves it under any name."""
    head = data[:4096].lstrip().replace(b"\r\n", b"\n").split(b"\n\n", 1)[0]
    names = {match.group(1).lower() for match in FIELD.finditer(head)}
    return (
        FIELD.match(head) is not None
        and len(names & COMMON_FIELDS) > 1
        and bool(names & PROGRAM_FIELDS)
    )


def _ole(data: bytes) -> str:
    for stream, kind in STREAMS:
        if stream.encode("utf-16-le") in data:
            if kind == "encrypted":
                raise EncryptedError
            return kind
    return "an old Office file of an unknown kind"


def _zip(data: bytes) -> str:
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            names = package.namelist()
            mimetype = package.read("mimetype")[:200] if "mimetype" in names else b""
    except UNZIP_ERRORS:
        return _cut_zip(data)
    kind = mimetype.decode("ascii", "replace").strip().removeprefix(OPEN_DOCUMENT)
    if kind.removesuffix("-template") in OPEN_KINDS:
        return OPEN_KINDS[kind.removesuffix("-template")]
    for member, suffix in MEMBERS:
        if any(name.lstrip("/").replace("\\", "/").startswith(member) for name in names):
            return suffix
    return "a ZIP archive"


def _cut_zip(data: bytes) -> str:
    """A ZIP archive whose directory at the end is gone: its first members' names still stand."""
    head = data[:65536]
    for member, suffix in MEMBERS:
        if member.encode() in head:
            return suffix
    for kind, suffix in OPEN_KINDS.items():
        if f"{OPEN_DOCUMENT}{kind}".encode() in head:
            return suffix
    return DAMAGED_ZIP
