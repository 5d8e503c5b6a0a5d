"""Names of uploaded documents: which are accepted, which are refused, and the ids they make."""

import hashlib
import unicodedata
from collections.abc import Collection
from typing import Final

from workers.contracts.errors import DocumentNameError

#: Longest name, and longest part of it, in UTF-8: what file systems take.
MOST_BYTES: Final = 500
MOST_PART_BYTES: Final = 255


def checked_name(sent: str, *, taken: Collection[str] = ()) -> str:
    r"""A document's name in the form in which it is stored: NFC, parts divided by `/`.

    Args:
        sent: the name as it was sent.
        taken: names that came before.

    Raises:
        DocumentNameError: it is empty, absolute, too long, hidden, taken, or not printable, or a
            part of it leads out of its folder.

    >>> checked_name("exames/pressa\u0303o.pdf")
    'exames/pressão.pdf'
    """
    try:
        name = unicodedata.normalize("NFC", sent)
        size = len(name.encode())
    except UnicodeEncodeError:
        raise DocumentNameError("The file's name is no valid text.") from None
    if not name or size > MOST_BYTES:
        raise DocumentNameError(f"A file's name has 1 to {MOST_BYTES} bytes in UTF-8.")
    if "\\" in name or not name.isprintable():
        raise DocumentNameError(
            "The file's name holds a control character, an invisible one, or a backslash."
        )
    for part in name.split("/"):
        _check(part)
    if name in taken:
        raise DocumentNameError("This name came before in the same request.")
    return name


def _check(part: str) -> None:
    if not part.strip() or part != part.strip():
        raise DocumentNameError(
            "A part of the file's name is empty, or begins or ends with a space."
        )
    if part.startswith((".", "~$")):
        raise DocumentNameError(
            "A part of the file's name begins with `.` or `~$`: hidden files are not documents."
        )
    if len(part.encode()) > MOST_PART_BYTES:
        raise DocumentNameError(f"A part of the file's name has more than {MOST_PART_BYTES} bytes.")


def document_id(tenant: str, name: str) -> str:
    """The id of a document, the same for every upload of its name: 32 hex digits."""
    return hashlib.sha256(f"{tenant}\0{name}".encode()).hexdigest()[:32]
