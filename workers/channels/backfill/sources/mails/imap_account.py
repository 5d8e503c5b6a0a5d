"""A mailbox at a server as the user names it: `imaps://contato@clinica.example/INBOX`."""

import getpass
import os
import sys
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError

from workers.channels.backfill.sources.source import SourceError
from workers.contracts.email_channel import EmailChannel

#: In which the mailbox's password may stand.
PASSWORD_VARIABLE: Final = "ATENDE_BACKFILL_PASSWORD"  # noqa: S105 - the name of a variable
_PORTS: Final = {"imaps": 993, "imap": 143}
_INBOX: Final = "INBOX"


class ImapAccount(NamedTuple):
    """A mailbox, and the folders of it that are asked."""

    channel: EmailChannel
    folders: tuple[str, ...]


def is_address(location: str) -> bool:
    """Whether a source is a mailbox at a server."""
    return location.partition("://")[0].lower() in _PORTS


def account_at(location: str, password: Callable[[str], str]) -> ImapAccount:
    """The mailbox at an address.

    With `imaps` the connection is secure from its first byte, with `imap` by STARTTLS; in clear to
    this machine alone.

    Args:
        location: `imaps://user@host:port/folder`, as people write it or percent-encoded. A user
            that is an address need not be encoded. Without a folder it is the inbox.
        password: gives it; asked with whose it is.

    Raises:
        SourceError: it is no such address, or there is no password.
    """
    try:
        parts = urlsplit(location)
        port = parts.port or _PORTS[parts.scheme]
    except ValueError:
        raise _wrong() from None
    user, host = unquote(parts.username or ""), parts.hostname or ""
    if not user or not host:
        raise _wrong()
    if parts.password is not None:
        raise SourceError(
            "The address holds a password, which other programs could see. Nothing was read. Take "
            f"it out (and change it): it is asked for, or read from {PASSWORD_VARIABLE}."
        )
    fields = {
        "name": "backfill",
        "tenant": "backfill",
        "clinic": host,
        "address": user if "@" in user else f"{user}@{host}",
        "user": user,
        "password": password(f"{user} em {host}"),
        "imap_host": host,
        "imap_port": port,
        "imap_security": "tls" if parts.scheme == "imaps" else _security_of(host),
        "smtp_host": host,  # nothing is ever sent
    }
    try:
        channel = EmailChannel.model_validate(fields)
    except ValidationError:
        raise _wrong() from None
    return ImapAccount(channel, (unquote(parts.path).strip("/") or _INBOX,))


def ask_password(whose: str, environment: Mapping[str, str] = os.environ) -> str:
    """The password from the environment, else from who sits at the terminal.

    Raises:
        SourceError: there is neither.
    """
    if password := environment.get(PASSWORD_VARIABLE):
        return password
    if sys.stdin.isatty() and (password := getpass.getpass(f"Senha de {whose}: ")):
        return password
    raise SourceError(
        f"The mailbox of {whose} needs its password. Nothing was read. Put it into the variable "
        f"{PASSWORD_VARIABLE}, or run the command at a terminal, where it is asked for."
    )


def _security_of(host: str) -> str:
    try:
        return "none" if ip_address(host).is_loopback else "starttls"
    except ValueError:
        return "none" if host == "localhost" else "starttls"


def _wrong() -> SourceError:
    return SourceError(
        "That is no mailbox. Nothing was read. Write one as "
        "imaps://contato@clinica.example@imap.clinica.example/INBOX: user, server, folder."
    )
