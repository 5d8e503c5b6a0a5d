"""A channel: one way on which patients write to a clinic, with what its sender needs.

Secrets are `SecretStr`: neither `repr` nor JSON nor an error shows them. Each may stand in the
channel's file or in the environment (`channel_files`), never in Redis.
"""

import hashlib
import re
from datetime import date
from functools import cached_property
from ipaddress import ip_address
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

from workers.contracts.hours import Hours, parse_hours
from workers.contracts.record import Record

#: The language in which a clinic's patients are answered where their own is unclear.
Language = Literal["pt", "en"]
#: Fields that are secrets, by what they are called in the environment.
SECRETS: Final = ("token", "app_secret", "verify_token")
#: Characters of an app's id: enough to tell apps apart, too few to guess a secret by.
_APP_LENGTH: Final = 12
#: An hour before the window shuts in which a patient may be told that he waited in vain.
LONGEST_PATIENCE_MINUTES: Final = 23 * 60


def _secret(secret: SecretStr) -> SecretStr:
    text = secret.get_secret_value().strip()
    if not text or re.search(r"\s|[^\x21-\x7e]", text):
        raise ValueError("must be visible characters without spaces")
    return SecretStr(text)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("is no time zone; write one as America/Sao_Paulo") from None
    return name


def _graph_url(url: str) -> str:
    """An address that a token may be sent to: https, or http inside this machine or network."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or parts.username or parts.query:
        raise ValueError("must be a complete https URL without credentials")
    if parts.scheme == "http" and not _is_near(host):
        raise ValueError("must begin with https://: the token would pass in clear")
    return url.rstrip("/")


def _is_near(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return "." not in host


Secret = Annotated[SecretStr, AfterValidator(_secret)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
#: An id of Meta's: digits, kept as text.
GraphId = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,32}$")]
Positive = Annotated[int, Field(gt=0)]


class Channel(Record):
    """What every channel has.

    Attributes:
        name: what commands, logs and the environment call it; the file's name, too.
        clinic: the name that patients read.
        hours: when people are there, as `hours` reads it; None where that is not said.
        quiet_seconds: silence after which what a patient wrote is one question.
        pause_hours: how long the assistant keeps silent once a person has taken over.
        late_minutes: age from which a message that comes in goes to a person.
        patience_minutes: how long a question waits to be answered; then a person is called.
        privacy_url: the clinic's privacy notice.
    """

    # A word that is misspelt in a file must be seen, and no error may quote what is secret.
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, allow_inf_nan=False)

    name: Name
    tenant: Text
    clinic: Text
    language: Language = "pt"
    hours: str | None = None
    holidays: tuple[date, ...] = ()
    time_zone: Annotated[str, AfterValidator(_zone)] = "America/Sao_Paulo"
    quiet_seconds: Annotated[float, Field(ge=0, le=8)] = 1.5
    pause_hours: Annotated[float, Field(gt=0, le=24 * 30)] = 12
    late_minutes: Annotated[float, Field(gt=0)] = 30
    patience_minutes: Annotated[float, Field(gt=0, le=LONGEST_PATIENCE_MINUTES)] = 30
    privacy_url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None

    @cached_property
    def opening_hours(self) -> Hours | None:
        """When people are there; None where the file does not say."""
        if self.hours is None:
            return None
        return parse_hours(self.hours, ZoneInfo(self.time_zone), self.holidays)

    @model_validator(mode="after")
    def _readable_hours(self) -> Self:
        if self.hours is not None:
            parse_hours(self.hours, ZoneInfo(self.time_zone))
        return self


class WhatsAppChannel(Channel):
    """A number at WhatsApp, by Meta's Cloud API.

    Attributes:
        number: the business number in E.164, as people read it.
        phone_number_id, business_account_id: what Meta calls the number and its account (WABA).
        token: what opens the Graph API.
        app_secret: what Meta signs webhooks with.
        verify_token: what Meta sends back when the webhook is set up.
        ambiguous_minutes: how long the status of a send is waited for whose reply never came.
        ambiguous: what follows where none came: a person sees to it, or it is sent once more.
        template: the message template for after the 24-hour window; None: a person sees to it.
        billed_warning, billed_cap: billed messages of a month at which the operator is warned, and
            after which none is sent.
        contact_cap: answers that a contact may get in a day: a loop of two robots ends there.
        groups: whether messages of groups are read.
    """

    kind: Literal["whatsapp"] = "whatsapp"
    number: Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
    phone_number_id: GraphId
    business_account_id: GraphId
    token: Secret
    app_secret: Secret
    verify_token: Secret
    graph_url: Annotated[str, AfterValidator(_graph_url)] = "https://graph.facebook.com"
    graph_version: Annotated[str, StringConstraints(pattern=r"^v[0-9]{1,3}\.[0-9]{1,2}$")] = "v25.0"
    ambiguous_minutes: Annotated[float, Field(gt=0)] = 5
    ambiguous: Literal["person", "resend"] = "person"
    template: Text | None = None
    template_language: Text = "pt_BR"
    billed_warning: Positive = 900
    billed_cap: Positive | None = None
    contact_cap: Positive = 50
    groups: bool = False

    @cached_property
    def app(self) -> str:
        """Which app signs this channel's webhooks: a part of the hash of its secret."""
        secret = self.app_secret.get_secret_value()
        return hashlib.sha256(secret.encode()).hexdigest()[:_APP_LENGTH]


#: Every kind of channel that a file may hold, told apart by `kind`. The next one makes it a union.
AnyChannel = WhatsAppChannel
