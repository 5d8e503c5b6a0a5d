"""A patient as WhatsApp knows one, with or without a number."""

import base64
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

#: A business-scoped user id, or its parent.
USER_ID = re.compile(r"[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}")

#: A Brazilian mobile with its ninth digit, and without.
_LONG = re.compile(r"(55\d\d)9([6-9]\d{7})")
_SHORT = re.compile(r"(55\d\d)([6-9]\d{7})")


def new_user_id(country: str = "BR") -> str:
    """A fresh business-scoped user id."""
    return f"{country}.{secrets.randbelow(10**16):016d}"


def digits(number: str) -> str:
    """A number's digits."""
    return re.sub(r"\D", "", number)


def variants(number: str) -> Iterator[str]:
    """The digits of a number, then the same with or without Brazil's ninth digit."""
    plain = digits(number)
    yield plain
    if match := _LONG.fullmatch(plain):
        yield "".join(match.groups())
    elif match := _SHORT.fullmatch(plain):
        yield "9".join(match.groups())


def new_message_id(party: str) -> str:
    """A fresh `wamid.…`; like Meta's, it holds the other party's number."""
    content = f"\x1d\x18{party}\x15\x02\x00\x11\x18\x12{secrets.token_hex(9).upper()}\x00"
    return "wamid." + base64.b64encode(content.encode()).decode()


@dataclass(eq=False)
class Patient:
    """One who writes to the clinic.

    Attributes:
        name: of the profile; None: the profile is left out of webhooks.
        phone: E.164 with `+`; None: WhatsApp gives the business no number.
        username: shown instead of a number.
        user_id: business-scoped.
        blocks: whether this patient blocked the business.
        online: whether messages reach the phone.
        receipts: whether the phone says what was read.
    """

    name: str | None
    phone: str | None = None
    username: str | None = None
    user_id: str = field(default_factory=new_user_id)
    blocks: bool = False
    online: bool = True
    receipts: bool = True

    @property
    def wa_id(self) -> str | None:
        """The number as webhooks give it."""
        return digits(self.phone) if self.phone else None

    @property
    def party(self) -> str:
        """What message ids hold of this patient."""
        return self.wa_id or self.user_id
