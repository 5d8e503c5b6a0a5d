"""A mailbox as it is typed: its options, and what Microsoft and Google need besides."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter

from workers.channels.email.tls import client_context
from workers.commands.support.channel_secrets import secret_of
from workers.commands.support.errors import CommandError
from workers.contracts import channel_files
from workers.contracts.email_channel import Security

Provider = Literal["microsoft", "google"]
Several = Annotated[tuple[str, ...], Parameter(show_default=False)]
#: What the mailboxes of a provider have in common. Both copy what is sent, and take no mail whose
#: envelope has no sender, or put the mailbox's address there.
PRESETS: Final[Mapping[Provider, Mapping[str, Any]]] = {
    "microsoft": {
        "imap_host": "outlook.office365.com",
        "smtp_host": "smtp.office365.com",
        "smtp_port": 587,
        "smtp_security": "starttls",
        "sent_copy": False,
        "envelope": "address",
        "authserv_id": "-",  # its headers name no server
    },
    "google": {
        "imap_host": "imap.gmail.com",
        "smtp_host": "smtp.gmail.com",
        "sent_copy": False,
        "envelope": "address",
        "authserv_id": "mx.google.com",
    },
}
_GOOGLE_TOKENS: Final = "https://oauth2.googleapis.com/token"
_MICROSOFT_TOKENS: Final = "https://login.microsoftonline.com/{directory}/oauth2/v2.0/token"
_MICROSOFT_SCOPE: Final = "https://outlook.office365.com/.default"
_GOOGLE_SCOPE: Final = "https://mail.google.com/"


@dataclass(frozen=True, kw_only=True)
class EmailOptions:
    """What `atende channels add email` needs.

    Attributes:
        address: what patients write to; answers come from it.
        clinic: the name that patients read.
        provider: whose mailbox it is, where that is Microsoft 365 or Google: servers and ports are
            known then.
        directory: Microsoft's id of the organisation (Entra, Overview: Tenant ID).
        client_id: what the provider calls the app that opens the mailbox; a password is used where
            none is given.
        imap_host: the server of the mailbox; without one mails come by HTTP alone.
        imap_port: its port; 993 by default.
        imap_security: how the connection is kept from others; tls by default.
        smtp_host: the server that sends.
        smtp_port: its port; 465 by default.
        smtp_security: how the connection is kept from others; tls by default.
        user: what the mailbox is opened with; the address by default.
        folder: where mails are looked for; INBOX by default; may be given more than once.
        own_address: another address of the clinic, never answered; may be given more than once.
        form: an address that the clinic's web form sends from; may be given more than once.
        mode: send answers (the default), or lay them into the drafts for a person to send.
        forward_to: where mails go, too, that a person must answer; they are flagged by default.
        acknowledge: tell patients once a thread that a person will answer; done by default.
        mark_read: mark an answered mail as read and answered; done by default.
        envelope: what bounces are sent to: nobody (null, the default), or the address.
        authserv_id: whose Authentication-Results are believed: the doctor proposes it.
        tenant: the clinic's name in Atende; ATENDE_TENANT by default.
        hours: when people are there, e.g. "seg-sex 08:00-18:00; sáb 08:00-12:00".
        holiday: a day on which nobody is, as 2026-12-25; may be given more than once.
        time_zone: of the hours.
        language: of patients whose own is unclear.
        privacy_url: the clinic's privacy notice.
        password_file: a file that holds the password; it is asked for by default.
        without_password: the server that sends takes mail without a log-in.
        client_secret_file: a file that holds the app's secret; it is asked for by default.
        refresh_token_file: a file that holds the token of a person's consent; Google needs one.
        token_url: where access tokens are asked for, of another provider.
        scope: for what they are asked for, of another provider.
        ca_file: certificates that are trusted besides the system's, of an own server.
        force: replace a channel of this name.
    """

    address: str
    clinic: str
    provider: Provider | None = None
    directory: str | None = None
    client_id: str | None = None
    imap_host: str | None = None
    imap_port: int | None = None
    imap_security: Security | None = None
    smtp_host: str | None = None
    smtp_port: int | None = None
    smtp_security: Security | None = None
    user: str | None = None
    folder: Several = ()
    own_address: Several = ()
    form: Several = ()
    mode: Literal["send", "draft"] | None = None
    forward_to: str | None = None
    acknowledge: Annotated[bool | None, Parameter(negative="--no-acknowledge")] = None
    mark_read: Annotated[bool | None, Parameter(negative="--no-mark-read")] = None
    envelope: Literal["null", "address"] | None = None
    authserv_id: str | None = None
    tenant: str | None = None
    hours: str | None = None
    holiday: Annotated[tuple[date, ...], Parameter(show_default=False)] = ()
    time_zone: str | None = None
    language: Literal["pt", "en"] | None = None
    privacy_url: str | None = None
    password_file: Path | None = None
    without_password: bool = False
    client_secret_file: Path | None = None
    refresh_token_file: Path | None = None
    token_url: str | None = None
    scope: str | None = None
    ca_file: Path | None = None
    force: bool = False

    def fields(self) -> dict[str, Any]:
        """What stands in the channel's file, but for secrets; defaults are left out.

        Raises:
            CommandError: something lacks that the provider needs, or `ca_file` cannot be used.
        """
        names = (
            "address", "clinic", "imap_host", "imap_port", "imap_security", "smtp_host",
            "smtp_port", "smtp_security", "user", "mode", "forward_to", "acknowledge", "mark_read",
            "envelope", "authserv_id", "hours", "time_zone", "language", "privacy_url",
        )  # fmt: skip
        values = {name: getattr(self, name) for name in names}
        given = {name: value for name, value in values.items() if value is not None}
        several = {
            "folders": self.folder,
            "own_addresses": self.own_address,
            "forms": self.form,
            "holidays": self.holiday,
        }
        given |= {name: value for name, value in several.items() if value}
        if self.forward_to is not None:
            given["handoff"] = "forward"
        if self.ca_file is not None:
            given["ca_file"] = _authorities(self.ca_file)
        if self.client_id is not None:
            given["oauth"] = self._oauth(self.client_id)
        return dict(PRESETS[self.provider] if self.provider else {}) | given

    def _oauth(self, client_id: str) -> dict[str, Any]:
        token_url, scope = self.token_url, self.scope
        if self.provider == "microsoft":
            token_url = token_url or self._microsoft_tokens()
            scope = scope or _MICROSOFT_SCOPE
        elif self.provider == "google":
            token_url, scope = token_url or _GOOGLE_TOKENS, scope or _GOOGLE_SCOPE
        if token_url is None:
            raise _lacks("--client-id needs --token-url, or a --provider that is known")
        app = {"token_url": token_url, "client_id": client_id}
        return app if scope is None else app | {"scope": scope}

    def _microsoft_tokens(self) -> str:
        if self.directory is None:
            raise _lacks("Microsoft needs --directory (Entra, Overview: Tenant ID)")
        return _MICROSOFT_TOKENS.format(directory=self.directory)

    def secrets(self, name: str) -> tuple[str, ...]:
        """Which secrets the log-in needs.

        Args:
            name: the channel's, for what the environment holds.

        Raises:
            CommandError: a log-in that the provider does not know.
        """
        if self.client_id is None:
            if self.provider == "microsoft":
                raise _lacks(
                    "Microsoft 365 opens no mailbox with a password: give --client-id and "
                    "--directory (docs/connect-email.md says where they are)"
                )
            return () if self.without_password else ("password",)
        by_consent = self.provider == "google" or self.refresh_token_file is not None
        in_environment = bool(os.environ.get(channel_files.variable(name, "refresh_token")))
        if by_consent or in_environment:
            return ("client_secret", "refresh_token")
        return ("client_secret",)

    def secret(self, name: str, secret: str) -> str | None:
        """A secret's text, asked for or read; None where the environment holds it.

        Raises:
            CommandError: there is none.
        """
        return secret_of(name, secret, getattr(self, f"{secret}_file"))


def _authorities(file: Path) -> Path:
    """Where a file of certificates stands for a worker, whose folder is another."""
    try:
        client_context(file)
    except OSError:
        raise CommandError(
            f"{file} cannot be read, or holds no certificate in PEM. Nothing was changed. Give "
            "the certificate of whoever signed the server's."
        ) from None
    return file.resolve()


def _lacks(what: str) -> CommandError:
    return CommandError(f"{what}. Nothing was changed. Add it and try again.")
