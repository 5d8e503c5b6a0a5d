"""DOCX to sections, by way of HTML: headings, lists and tables keep their structure."""

from io import BytesIO

import mammoth

from ingestion.parsing.document import Document
from ingestion.parsing.html import from_html
from ingestion.parsing.limits import DEFAULT, Limits
from ingestion.parsing.package import check_package

#: Pictures say nothing to us; as data in the page they would be most of it.
NO_PICTURES = mammoth.images.img_element(lambda _picture: {})


def parse_docx(data: bytes, name: str, limits: Limits = DEFAULT) -> Document:
    """A Word document as a document.

    Raises:
        CorruptFileError: it is cut off or damaged.
        EncryptedError: its members are encrypted.
        TooLargeError: it unpacks to more than allowed.
    """
    check_package(data, limits)
    result = mammoth.convert_to_html(BytesIO(data), convert_image=NO_PICTURES)
    return from_html(f"<html><body>{result.value}</body></html>", name)
