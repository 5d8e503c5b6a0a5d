"""A channel by e-mail: a mailbox (IMAP) whose questions are answered in their thread (SMTP)."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    model_validator,
)

from workers.contracts.channel import (
    LONGEST_PATIENCE_MINUTES,
    Channel,
    Positive,
    Secret,
    Text,
)
from workers.contracts.record import Record

#: How a connection is kept from being read by others.
Security = Literal["tls", "starttls", "none"]
#: What a letter's local part may hold without quotes (RFC 5322, 3.2.3).
_LOCAL: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}", re.ASCII)
_HOST: Final = re.compile(r"(?=.{1,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*|[0-9a-f]*:[0-9a-f:]+")


def _host(text: str) -> str:
    """A server's name in small letters; one with accents as the DNS writes it."""
    try:
        name = text.strip().lower().encode("idna").decode()
    except UnicodeError:
        name = ""
    if not _HOST.fullmatch(name):
        raise ValueError("is no server's name; write one as imap.clinica.example")
    return name


def _address(text: str) -> str:
    """An address with its domain in small letters."""
    local, at, domain = text.strip().rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or ":" in domain:
        raise ValueError("is no e-mail address; write one as recepcao@clinica.example")
    return f"{local}@{_host(domain)}"


def _folded_address(text: str) -> str:
    """An address to be compared with: in small letters as a whole."""
    return _address(text).lower()


def _token_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or parts.username:
        raise ValueError("must begin with https://: a secret is sent there")
    return url


def _password(secret: SecretStr) -> SecretStr:
    """A password that a mailbox may have: spaces in it are its own (Google shows it in four)."""
    text = secret.get_secret_value().strip()
    if not text.isprintable() or not text:
        raise ValueError("must be one line of visible characters")
    return SecretStr(text)


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


Address = Annotated[str, AfterValidator(_address)]
#: One that mails are compared with.
OwnAddress = Annotated[str, AfterValidator(_folded_address)]
Host = Annotated[str, AfterValidator(_host)]
Port = Annotated[int, Field(ge=1, le=65535)]
Folder = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Password = Annotated[SecretStr, AfterValidator(_password)]


class MailOAuth(Record):
    """How access tokens for a mailbox are got (XOAUTH2), where no password opens it.

    Attributes:
        token_url: where they are asked for.
        client_id: what the provider calls Atende.
        client_secret: with which Atende asks.
        refresh_token: what a person's consent gave; None: Atende asks in its own name (client
            credentials, as at Microsoft).
        scope: for what.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    token_url: Annotated[str, AfterValidator(_token_url)]
    client_id: Text
    client_secret: Secret | None = None
    refresh_token: Secret | None = None
    scope: Text | None = None

    @model_validator(mode="after")
    def _can_ask(self) -> Self:
        if self.client_secret is None and self.refresh_token is None:
            raise ValueError("needs a client_secret or a refresh_token")
        return self


class EmailChannel(Channel):
    """A mailbox that patients write to.

    Attributes:
        address: what patients write to, and what answers come from; `clinic` is the name in them.
        own_addresses: the clinic's other addresses: mail to them is for it, mail from them is never
            answered.
        forms: addresses that the clinic's web forms send from; in `Reply-To` stands the patient.
        user: what the mailbox and the server for sending are opened with; `address` by default.
        password, oauth: how; one of both, or none where nothing needs a log-in.
        imap_host, imap_port, imap_security: the mailbox; None: mails come by HTTP alone.
        folders: in which it is looked for mails.
        smtp_host, smtp_port, smtp_security: the server that sends.
        envelope: what bounces are sent to: nobody (RFC 3834, 3.3), or `address` where the server
            takes no mail without a sender.
        mode: answers are sent, or laid into the drafts for a person to send.
        handoff: what needs a person is flagged in the mailbox, or forwarded to `forward_to`, too.
        acknowledge: whether patients are told once a thread that a person will answer.
        sent_copy: whether answers are copied to the folder of what was sent; False where the
            provider does so itself.
        mark_read: whether an answered mail is marked as answered and read.
        authserv_id: whose `Authentication-Results` are believed (RFC 8601); None: nobody's.
        hourly_cap, daily_cap: automatic answers that a sender gets in an hour and in a day.
        minute_cap: automatic answers of the channel in a minute; what is above it waits.
        ambiguous_minutes: how long a send is waited for of which nothing says whether it went.
        ambiguous: what follows: a person sees to it, or it is sent once more.
        ca_file: certificates that are trusted besides those of the system: of an own server.
    """

    SECRETS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "password": ("password",),
        "client_secret": ("oauth", "client_secret"),
        "refresh_token": ("oauth", "refresh_token"),
    }
    SERVES: ClassVar[str] = "mailbox"

    kind: Literal["email"] = "email"
    address: Address
    own_addresses: tuple[OwnAddress, ...] = ()
    forms: tuple[OwnAddress, ...] = ()
    user: Text = ""  # filled in: see `_user_is_address`
    password: Password | None = None
    oauth: MailOAuth | None = None
    imap_host: Host | None = None
    imap_port: Port = 993
    imap_security: Security = "tls"
    folders: Annotated[tuple[Folder, ...], Field(min_length=1, max_length=20)] = ("INBOX",)
    smtp_host: Host
    smtp_port: Port = 465
    smtp_security: Security = "tls"
    envelope: Literal["null", "address"] = "null"
    mode: Literal["send", "draft"] = "send"
    handoff: Literal["flag", "forward"] = "flag"
    forward_to: Address | None = None
    acknowledge: bool = True
    sent_copy: bool = True
    mark_read: bool = True
    authserv_id: Text | None = None
    hourly_cap: Positive = 3
    daily_cap: Positive = 10
    minute_cap: Positive = 30
    ambiguous_minutes: Annotated[float, Field(gt=0)] = 5
    ambiguous: Literal["person", "resend"] = "person"
    # Mail is not read at once, as a chat is: a day's outage is caught up, and nobody waits typing.
    late_minutes: Annotated[float, Field(gt=0)] = 3 * 24 * 60
    patience_minutes: Annotated[float, Field(gt=0, le=LONGEST_PATIENCE_MINUTES)] = 240
    quiet_seconds: Annotated[float, Field(ge=0, le=8)] = 0
    ca_file: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _user_is_address(cls, fields: Any) -> Any:  # noqa: ANN401 - whatever a file holds
        if isinstance(fields, dict) and "address" in fields and not fields.get("user"):
            return fields | {"user": fields["address"]}
        return fields

    @model_validator(mode="after")
    def _can_log_in(self) -> Self:
        if self.password is not None and self.oauth is not None:
            raise ValueError("`password` and `oauth` exclude each other: leave one of them out")
        if self.imap_host is not None and self.password is None and self.oauth is None:
            raise ValueError("the mailbox needs a `password` or `oauth`")
        return self

    @model_validator(mode="after")
    def _is_private(self) -> Self:
        if self.imap_host and self.imap_security == "none" and not _is_here(self.imap_host):
            raise ValueError("`imap_security`: only this machine may be read in clear")
        if self.smtp_security == "none" and not _is_here(self.smtp_host):
            raise ValueError("`smtp_security`: only this machine may be written to in clear")
        return self

    @model_validator(mode="after")
    def _can_be_carried_out(self) -> Self:
        if self.mode == "draft" and self.imap_host is None:
            raise ValueError("`mode` draft needs an `imap_host`: drafts lie in the mailbox")
        if (self.handoff == "forward") != (self.forward_to is not None):
            raise ValueError("`handoff` forward and `forward_to` need each other")
        if self.forward_to and self.forward_to.lower() in self.addresses:
            raise ValueError("`forward_to` is the channel's own: mails would go in circles")
        return self

    @property
    def contact(self) -> str:
        """What patients write to."""
        return self.address

    @property
    def domain(self) -> str:
        """The domain of its address: of its answers' `Message-ID`, say."""
        return self.address.rpartition("@")[2]

    @property
    def addresses(self) -> frozenset[str]:
        """All addresses that are the clinic's own, in small letters, to be compared with."""
        return frozenset({self.address.lower(), *self.own_addresses})

    @property
    def served(self) -> frozenset[str]:
        """The folders that it reads: two readers would answer each mail twice."""
        if self.imap_host is None:
            return frozenset()
        mailbox = f"{self.user.lower()} {self.imap_host}"
        return frozenset(f"{mailbox} {folder}" for folder in self.folders)
