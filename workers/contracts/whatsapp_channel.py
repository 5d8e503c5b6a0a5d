"""A channel at WhatsApp: a business number, by Meta's Cloud API."""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from ipaddress import ip_address
from typing import Annotated, ClassVar, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, StringConstraints

from workers.contracts.channel import Channel, Positive, Secret, Text

#: Characters of an app's id: enough to tell apps apart, too few to guess a secret by.
_APP_LENGTH: Final = 12


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


#: An id of Meta's: digits, kept as text.
GraphId = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,32}$")]


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

    SECRETS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        name: (name,) for name in ("token", "app_secret", "verify_token")
    }
    SERVES: ClassVar[str] = "phone number id"

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

    @property
    def contact(self) -> str:
        """What patients write to."""
        return self.number

    @property
    def served(self) -> frozenset[str]:
        """Its number, as Meta calls it."""
        return frozenset({self.phone_number_id})
