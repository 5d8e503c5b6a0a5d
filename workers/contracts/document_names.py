"""Names of uploaded documents: what is taken as it is, and what is refused."""

import hashlib
import unicodedata
from collections.abc import Collection
from typing import Final

from workers.contracts.errors import DocumentNameError

#: Longest name, and longest part of it, in UTF-8 bytes: what file systems take.
LONGEST: Final = 500
LONGEST_PART: Final = 255


def checked_name(given: str, *, among: Collection[str] = ()) -> str:
    r"""A document's name in the form in which it is kept: NFC, parts divided by `/`.

    Args:
        given: the name as it was sent.
        among: names that are taken.

    Raises:
        DocumentNameError: it is empty, absolute, too long, hidden, taken, or not printable, or a
            part of it leads out of its folder.

    >>> checked_name("exames/pressa\u0303o.pdf")
    'exames/pressão.pdf'
    """
    try:
        name = unicodedata.normalize("NFC", given)
        size = len(name.encode())
    except UnicodeEncodeError:
        raise DocumentNameError("The file's name is no valid text.") from None
    if not name or size > LONGEST:
        raise DocumentNameError(f"A file's name has 1 to {LONGEST} bytes in UTF-8.")
    if "\\" in name or not name.isprintable():
        raise DocumentNameError(
            "The file's name holds a control character, an invisible one, or a backslash."
        )
    for part in name.split("/"):
        _check(part)
    if name in among:
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
    if len(part.encode()) > LONGEST_PART:
        raise DocumentNameError(f"A part of the file's name has more than {LONGEST_PART} bytes.")


def document_id(tenant: str, name: str) -> str:
    """The id of a document, the same for every upload of its name: 32 hex digits."""
    return hashlib.sha256(f"{tenant}\0{name}".encode()).hexdigest()[:32]
