"""A clinic's business account: its tokens, numbers, templates, and what state they are in."""

import re
import secrets
from dataclasses import dataclass, field

from workers.simulation.whatsapp.limits import Limits

#: What a token needs to send, and to read the account.
SCOPES = ("whatsapp_business_messaging", "whatsapp_business_management")
#: Messages a second of a number; with coexistence (the phone's app stays in use), fewer.
STANDARD, COEXISTENCE = 80, 20


def new_id() -> str:
    """A fresh id of Graph."""
    return str(10**14 + secrets.randbelow(9 * 10**14))


@dataclass
class Token:
    """An access token.

    Attributes:
        value: the secret.
        scopes: what it may do.
        expires_at: Unix seconds; 0: never.
        revoked: whether it was taken back.
    """

    value: str = field(default_factory=lambda: "EAA" + secrets.token_hex(24))
    scopes: tuple[str, ...] = SCOPES
    expires_at: float = 0.0
    revoked: bool = False


@dataclass
class Template:
    """A message that may be sent outside the window.

    Attributes:
        name: of the template.
        body: with `{{1}}`, `{{2}}` … for the parameters.
        language: of this translation.
        category: `UTILITY`, `MARKETING` or `AUTHENTICATION`.
        status: `APPROVED`, `PAUSED` (132015) or `DISABLED` (132016); others do not exist (132001).
    """

    name: str
    body: str
    language: str = "pt_BR"
    category: str = "UTILITY"
    status: str = "APPROVED"

    @property
    def parameters(self) -> int:
        """How many the body takes."""
        return len(set(re.findall(r"\{\{(\d+)\}\}", self.body)))

    def filled(self, values: list[str]) -> str:
        """What the patient reads."""
        text = self.body
        for place, value in enumerate(values, 1):
            text = text.replace(f"{{{{{place}}}}}", value)
        return text


@dataclass
class Number:
    """A business number.

    Attributes:
        phone: E.164 with `+`.
        id: Graph's.
        name: the verified one.
        status: of the number; anything but `CONNECTED` is told, not enforced.
        quality: `GREEN`, `YELLOW` or `RED`.
        registered: whether it may send (else 133010).
        per_second: messages in and out.
        limits: how much of them is used.
    """

    phone: str
    id: str = field(default_factory=new_id)
    name: str = "Clínica Exemplo"
    status: str = "CONNECTED"
    quality: str = "GREEN"
    registered: bool = True
    per_second: int = STANDARD
    limits: Limits = field(init=False)

    def __post_init__(self) -> None:
        """Fresh limits."""
        self.limits = Limits(self.per_second)


@dataclass
class Account:
    """A WhatsApp business account, and the app that speaks for it.

    Attributes:
        numbers: business numbers; the first is the one that tests use.
        id: of the account (WABA).
        app_id: of the app.
        app_secret: signs webhooks.
        tokens: that open it.
        templates: of the account.
        subscribed: whether the app gets its webhooks.
        refused_with: a code that refuses every message: 131042 (no payment), 368, 131031 (locked),
            130497 …; None while all is well.
        free_messages: a number's free messages a month; those beyond are marked billable.
    """

    numbers: list[Number]
    id: str = field(default_factory=new_id)
    app_id: str = field(default_factory=new_id)
    app_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    tokens: list[Token] = field(default_factory=lambda: [Token()])
    templates: list[Template] = field(default_factory=list)
    subscribed: bool = True
    refused_with: int | None = None
    free_messages: int = 1000

    def token(self, value: str) -> Token | None:
        """The token with this value."""
        return next((token for token in self.tokens if token.value == value), None)

    def number(self, name: str) -> Number | None:
        """The number with this id."""
        return next((number for number in self.numbers if number.id == name), None)

    def template(self, name: str, language: str) -> Template | None:
        """The template in this language."""
        return next(
            (one for one in self.templates if (one.name, one.language) == (name, language)), None
        )
