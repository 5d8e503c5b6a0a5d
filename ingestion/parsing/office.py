"""ODT, ODP, RTF, and the old DOC and PPT, by way of Markdown, with kreuzberg.

It is one library (MIT, Rust, in process, milliseconds a file) for what clinics keep from before;
pandoc, which reads the first three, is 155 MB and lost more of the real RTF files.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from io import BytesIO
from itertools import chain
from typing import Final

from kreuzberg import ExtractionConfig, extract_bytes_sync

from ingestion.parsing.decoding import clean
from ingestion.parsing.document import Document, Section, Table
from ingestion.parsing.errors import CorruptFileError, EncryptedError
from ingestion.parsing.grid import tables
from ingestion.parsing.limits import DEFAULT, Limits
from ingestion.parsing.markdown import ESCAPED, from_markdown
from ingestion.parsing.package import check_package

CONFIG: Final = ExtractionConfig(
    use_cache=False,
    disable_ocr=True,  # type: ignore[call-arg] # its stubs lag behind
    output_format="markdown",
)

#: Pictures, and marks of fields that Word would have filled: no words of the document.
NOISE: Final = re.compile(
    r"!\[[^\]]*\]\([^)]*\)|\b(EMBED|HYPERLINK|MERGEFIELD|PAGEREF)\s+(\\[a-z]\s+)*(\"[^\"\n]*\"|\S+)"
)

#: How an encrypted OpenDocument file says so in its manifest.
ENCRYPTED: Final = b"manifest:encryption-data"

TYPES: Final = {
    ".odt": "application/vnd.oasis.opendocument.text",
    ".odp": "application/vnd.oasis.opendocument.presentation",
    ".rtf": "application/rtf",
    ".doc": "application/msword",
    ".ppt": "application/vnd.ms-powerpoint",
}


def parse_open(data: bytes, name: str, limits: Limits = DEFAULT) -> Document:
    """An OpenDocument text or presentation as a document.

    Raises:
        EncryptedError: it asks for a password.
        CorruptFileError: it is cut off or damaged.
    """
    check_package(data, limits)
    if _is_encrypted(data):
        raise EncryptedError
    is_slides = b"opendocument.presentation" in data[:200]
    return _read(data, name, limits, kind=".odp" if is_slides else ".odt")


def _is_encrypted(data: bytes) -> bool:
    with zipfile.ZipFile(BytesIO(data)) as package:
        names = package.namelist()
        manifest = "META-INF/manifest.xml"
        return manifest in names and ENCRYPTED in package.read(manifest)


def _read(data: bytes, name: str, _limits: Limits = DEFAULT, *, kind: str) -> Document:
    try:
        result = extract_bytes_sync(data, TYPES[kind], CONFIG)
    except Exception as error:
        if "password" in str(error).lower() or "encrypt" in str(error).lower():
            raise EncryptedError from error
        raise CorruptFileError.because(f"{error}; or save it as .docx") from error
    text = NOISE.sub("", ESCAPED.sub(r"\1", clean(result.content)).replace("&#9;", " "))
    document = from_markdown(text, name)
    return replace(
        document, sections=tuple(chain.from_iterable(map(_with_real_headers, document.sections)))
    )


def _with_real_headers(section: Section) -> Iterator[Section]:
    """Tables with the header that they really have: Markdown's always have one."""
    if not isinstance(section, Table):
        yield section
        return
    for table in tables([list(section.header), *map(list, section.rows)]):
        yield replace(table, heading=(*section.heading, *table.heading))


parse_rtf = partial(_read, kind=".rtf")
parse_doc = partial(_read, kind=".doc")
parse_ppt = partial(_read, kind=".ppt")
