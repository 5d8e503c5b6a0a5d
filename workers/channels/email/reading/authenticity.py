"""Whether the clinic's own mail server believes who a mail says it is from. Pure."""

import re
from enum import StrEnum
from typing import Final

import authres

from workers.channels.email.reading.mail import Mail

#: Headers of results that are read.
MOST_VALUES: Final = 10
#: Characters of a header that are read.
MOST_CHARACTERS: Final = 4_000
#: Stands for the id of a server that names none: Microsoft 365 does not.
NAMELESS: Final = "-"
_FAILED: Final = re.compile(r"\bdmarc\s{0,5}=\s{0,5}fail\b", re.IGNORECASE)
_FEATURES: Final = authres.all_features()


class Dmarc(StrEnum):
    """What our own server says of the domain in `From`."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


def dmarc_of(mail: Mail, authserv_id: str | None) -> Dmarc:
    """What our own server says.

    A pass counts in its topmost header alone, since all below may be the sender's own. A failure
    does in the first one that judges: many servers write a header for each method.
    """
    if authserv_id is None:
        return Dmarc.UNKNOWN
    values = mail.headers.get("authentication-results", ())
    named = [_named(value[:MOST_CHARACTERS]) for value in values[:MOST_VALUES]]
    own = [value for value in named if _identity(value) == authserv_id.lower()]
    for place, value in enumerate(own):
        result = _result(value, mail.sender.domain if mail.sender else "")
        if result is Dmarc.FAILED or (result is Dmarc.PASSED and place == 0):
            return result
        if result is Dmarc.PASSED:
            return Dmarc.UNKNOWN
    return Dmarc.UNKNOWN


def authserv_of(mail: Mail) -> str | None:
    """Who wrote the topmost header of results, to be believed or not; None: there is none."""
    values = mail.headers.get("authentication-results", ())
    return (_identity(_named(values[0][:MOST_CHARACTERS])) or None) if values else None


def _named(value: str) -> str:
    """The header's value, with the sign of a nameless server where it names none."""
    is_nameless = "=" in value.partition(";")[0].partition("(")[0]
    return f"{NAMELESS}; {value}" if is_nameless else value


def _identity(value: str) -> str:
    words = value.partition(";")[0].partition("(")[0].split()
    return words[0].lower() if words else ""


def _result(value: str, domain: str) -> Dmarc:
    """The first result of DMARC; a pass for another domain than the sender's is none."""
    try:
        results = _FEATURES.parse_value(value).results
    except (authres.AuthResError, RecursionError):
        # A sender may bring our server to write what cannot be parsed: that frees no forged mail.
        return Dmarc.FAILED if _FAILED.search(value) else Dmarc.UNKNOWN
    for result in results:
        if result.method != "dmarc":
            continue
        judged = str(getattr(result, "header_from", None) or domain).lower().rpartition("@")[2]
        if result.result.lower() == "fail":
            return Dmarc.FAILED
        return (
            Dmarc.PASSED if result.result.lower() == "pass" and judged == domain else Dmarc.UNKNOWN
        )
    return Dmarc.UNKNOWN
