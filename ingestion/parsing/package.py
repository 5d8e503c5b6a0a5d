"""Checks of ZIP-based formats before a parser opens them: bombs, cuts, entities, passwords."""

import re
import zipfile
import zlib
from io import BytesIO
from typing import Final

from ingestion.parsing.errors import CorruptFileError, EncryptedError, TooLargeError
from ingestion.parsing.limits import MIB, Limits

#: Declared entities can be made to explode; no office program declares any.
ENTITY: Final = re.compile(rb"<!ENTITY|<\0!\0E\0N\0T\0I\0T\0Y", re.IGNORECASE)

#: Bytes of a member's beginning in which entities would be declared.
PROLOG: Final = 65536

#: Members of an archive; documents have hundreds.
MOST_MEMBERS: Final = 20_000

#: What the standard library raises on damaged archives.
UNZIP_ERRORS: Final = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    EOFError,
    OSError,
    ValueError,
)

#: Bit of a member's flags that says it is encrypted.
ENCRYPTED_FLAG: Final = 1


def check_package(data: bytes, limits: Limits) -> None:
    """Refuse what would harm the parser. Python's reader stops at the size that a member declares.

    Raises:
        CorruptFileError: the archive is cut off or damaged, or declares entities.
        EncryptedError: its members are encrypted.
        TooLargeError: it unpacks to more than allowed.
    """
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            members = package.infolist()
            if any(member.flag_bits & ENCRYPTED_FLAG for member in members):
                raise EncryptedError
            unpacked = sum(member.file_size for member in members)
            if unpacked > limits.unpacked_bytes or len(members) > MOST_MEMBERS:
                raise TooLargeError.unpacked(unpacked / MIB, limits.unpacked_mb)
            for member in members:
                if member.filename.endswith((".xml", ".rels")):
                    with package.open(member) as file:
                        _check_prolog(file.read(PROLOG))
    except UNZIP_ERRORS as error:
        raise CorruptFileError.because(str(error) or type(error).__name__) from error


def _check_prolog(head: bytes) -> None:
    if ENTITY.search(head):
        raise CorruptFileError.because("it declares XML entities, which no office program writes")
