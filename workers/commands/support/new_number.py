"""A number at WhatsApp as it is typed: its options, and the secret that Atende makes up."""

import os
import secrets
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from workers.commands.support.channel_secrets import secret_of
from workers.contracts import channel_files


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
