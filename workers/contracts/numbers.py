"""Phone numbers and addresses in the one form by which two of them are compared. Pure.

For matching alone: what Meta sent is what is replied to, never rewritten.
"""

import re
from contextlib import suppress
from typing import Final

_SIGNS: Final = re.compile(r"[\s().+-]")
#: A Brazilian mobile number with the ninth digit that Meta gives or leaves out: 55, DDD, 9, and
#: eight digits of which the first is 6 to 9. A landline begins with 2 to 5 and never has it.
_MOBILE: Final = re.compile(r"(55[1-9][1-9])9([6-9]\d{7})")


def canonical(number: str) -> str:
    """The form in which two spellings of one number are equal; another text as it is.

    >>> canonical("+55 41 99876-5432") == canonical("554198765432")
    True
    """
    digits = _SIGNS.sub("", number)
    if not (digits.isascii() and digits.isdigit()):
        return number.strip()
    mobile = _MOBILE.fullmatch(digits)
    return "+" + (mobile[1] + mobile[2] if mobile else digits)


def dialled(number: str) -> str:
    """A number as it is sent to: with a `+`, for Meta takes one without as a national number."""
    stripped = number.strip()
    return f"+{stripped}" if stripped.isascii() and stripped.isdigit() else stripped


def canonical_address(address: str) -> str:
    """An address by which two are compared: in lower case, its domain as the DNS has it.

    >>> canonical_address("Contato@Clínica.example.")
    'contato@xn--clnica-4va.example'
    """
    local, at, domain = address.lower().rpartition("@")
    with suppress(UnicodeError):
        domain = domain.rstrip(".").encode("idna").decode("ascii")
    return f"{local}{at}{domain}"


def alias_of(contact: str) -> str:
    """What conversations are found by: a number with its `+`, an address, else a channel's id.

    >>> alias_of("+55 41 99876-5432"), alias_of("BR.150"), alias_of("Ana@example.com")
    ('phone:+554198765432', 'user:BR.150', 'email:ana@example.com')
    """
    stripped = contact.strip()
    if "@" in stripped:
        return f"email:{canonical_address(stripped).casefold()}"
    return f"phone:{canonical(stripped)}" if stripped.startswith("+") else f"user:{stripped}"
