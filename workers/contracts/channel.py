"""A channel: one way on which patients write to a clinic, with what every kind of it has.

What a kind adds stands in `whatsapp_channel` and `email_channel`; `channel_files` knows them all.
Secrets are `SecretStr`: neither `repr` nor JSON nor an error shows them. Each may stand in the
channel's file or in the environment (`channel_files`), never in Redis.
"""

import re
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import Annotated, ClassVar, Final, Literal, Self
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


Secret = Annotated[SecretStr, AfterValidator(_secret)]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Positive = Annotated[int, Field(gt=0)]


class Channel(Record):
    """What every channel has.

    Attributes:
        SECRETS: what the kind keeps secret, as the environment calls it, and where it stands.
        SERVES: what a channel of the kind has for itself alone, in words.
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

    SECRETS: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    SERVES: ClassVar[str] = "name"

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

    @property
    def served(self) -> frozenset[str]:
        """What no second channel of the kind may serve, too; see `SERVES`."""
        return frozenset({self.name})

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
