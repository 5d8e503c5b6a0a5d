"""A channel as it is typed: its options, its secrets, and what must not be there already."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import ValidationError

from workers.commands.support.channel_secrets import secret_of
from workers.commands.support.errors import CommandError
from workers.contracts import channel_files
from workers.contracts.channels import ChannelBook
from workers.contracts.whatsapp_channel import WhatsAppChannel

#: How a field is written whose rule is a pattern that nobody reads.
_WRITTEN: Final = {
    "name": "small letters, digits and dashes, 40 at most: recepcao",
    "number": "a plus, the country's code and the number: +554133334444",
    "phone_number_id": "digits, as Meta shows it: 106540352242922",
    "business_account_id": "digits, as Meta shows it: 102290129340398",
    "privacy_url": "an address: https://clinica.example/privacidade",
    "graph_version": "v and two numbers: v25.0",
    "time_zone": "a place of the IANA's list: America/Sao_Paulo",
}


@dataclass(frozen=True, kw_only=True)
class WhatsAppOptions:
    """What `atende channels add whatsapp` needs.

    Attributes:
        number: the business number with its country code, e.g. `+554133334444`.
        phone_number_id: what Meta calls the number (WhatsApp, API Setup).
        business_account_id: what Meta calls its account (the same page).
        clinic: the name that patients read.
        tenant: the clinic's name in Atende; ATENDE_TENANT by default.
        hours: when people are there, e.g. "seg-sex 08:00-18:00; sáb 08:00-12:00".
        holiday: a day on which nobody is, as 2026-12-25; may be given more than once.
        time_zone: of the hours.
        language: of patients whose own is unclear.
        privacy_url: the clinic's privacy notice.
        token_file: a file that holds the access token; it is asked for by default.
        app_secret_file: a file that holds the app secret; it is asked for by default.
        verify_token_file: a file that holds the verify token; one is made up by default.
        graph_url: where the Graph API is, e.g. a simulator's.
        graph_version: its version.
        force: replace a channel of this name.
    """

    number: str
    phone_number_id: str
    business_account_id: str
    clinic: str
    tenant: str | None = None
    hours: str | None = None
    holiday: tuple[date, ...] = ()
    time_zone: str | None = None
    language: Literal["pt", "en"] | None = None
    privacy_url: str | None = None
    token_file: Path | None = None
    app_secret_file: Path | None = None
    verify_token_file: Path | None = None
    graph_url: str | None = None
    graph_version: str | None = None
    force: bool = False

    def fields(self) -> dict[str, Any]:
        """What stands in the channel's file, but for secrets; defaults are left out."""
        names = (
            "number", "phone_number_id", "business_account_id", "clinic", "hours", "time_zone",
            "language", "privacy_url", "graph_url", "graph_version",
        )  # fmt: skip
        values = {name: getattr(self, name) for name in names}
        given = {name: value for name, value in values.items() if value is not None}
        return given | {"holidays": self.holiday}


def validated(fields: Mapping[str, Any]) -> WhatsAppChannel:
    """The channel of these fields.

    Raises:
        CommandError: some are wrong; the message names each of them, and no value.
    """
    try:
        return WhatsAppChannel.model_validate(fields)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False, include_context=False)
        lines = "; ".join(_line(fault["loc"], fault["msg"]) for fault in faults)
        raise CommandError(f"{lines}. Nothing was changed. Correct it and try again.") from None


def _line(place: tuple[int | str, ...], message: str) -> str:
    """What is wrong, and how it is written; a fault of several fields together has no place."""
    what = message.removeprefix("Value error, ")
    if not place:
        return what
    name = str(place[0])
    written = _WRITTEN.get(name)
    return f"{name.replace('_', '-')}: {f'is written as {written}' if written else what}"


def refuse_second(draft: WhatsAppChannel, book: ChannelBook, *, force: bool) -> None:
    """Refuse a channel whose name or number is another's.

    Args:
        draft: what was typed.
        book: the channels that there are.
        force: whether the one of this name may be replaced.

    Raises:
        CommandError: it is.
    """
    exists = book.named(draft.name) is not None or draft.name in book.faults()
    if exists and not force:
        raise CommandError(
            f"There is a channel {draft.name} already. Nothing was changed. --force replaces it; "
            f"for another token alone type: atende channels token {draft.name}"
        )
    same_number = book.whatsapp(draft.phone_number_id)
    if same_number is not None and same_number.name != draft.name:
        raise CommandError(
            f"The channel {same_number.name} has this phone number id. Nothing was changed. "
            f"Remove it first: atende channels remove {same_number.name}"
        )


def verify_token(name: str, file: Path | None) -> str | None:
    """The verify token; one is made up where none is given: only Meta and Atende need to know it.

    None where the environment holds it.

    Raises:
        CommandError: the file is empty.
        OSError: the file cannot be read.
    """
    if file is None and not os.environ.get(channel_files.variable(name, "verify_token")):
        return secrets.token_urlsafe(24)
    return secret_of(name, "verify_token", file)
