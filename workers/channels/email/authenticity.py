"""Whether the clinic's own mail server believes who a mail says it is from. Pure."""

from enum import StrEnum
from typing import Final

import authres

from workers.channels.email.mail import Mail

#: Characters of a header that are read.
MOST_CHARACTERS: Final = 4_000
#: Stands for the id of a server that names none: Microsoft 365 does not.
NAMELESS: Final = "-"
_FEATURES: Final = authres.all_features()


class Dmarc(StrEnum):
    """What our own server says of the domain in `From`."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


def dmarc_of(mail: Mail, authserv_id: str | None) -> Dmarc:
    """The result in the topmost header of our own server; all others may be the sender's own."""
    if authserv_id is None:
        return Dmarc.UNKNOWN
    for value in mail.headers.get("authentication-results", ()):
        identity, results = _parsed(value)
        if identity == authserv_id.lower():
            return _result(results, mail)
    return Dmarc.UNKNOWN


def authserv_of(mail: Mail) -> str | None:
    """Who wrote the topmost header of results, to be believed or not; None: there is none."""
    values = mail.headers.get("authentication-results", ())
    return (_parsed(values[0])[0] or None) if values else None


def _parsed(value: str) -> tuple[str, list[object]]:
    """The id of the server and its results; no results where it cannot be read."""
    first = value.partition(";")[0].split("(")[0].strip().lower()
    if "=" in first:
        value, first = f"{NAMELESS}; {value}", NAMELESS
    identity = first.split(" ")[0]
    try:
        header = _FEATURES.parse_value(value[:MOST_CHARACTERS])
    except authres.AuthResError:
        return identity, []
    return identity, list(header.results)


def _result(results: list[object], mail: Mail) -> Dmarc:
    domain = mail.sender.domain if mail.sender else ""
    for result in results:
        if getattr(result, "method", "") != "dmarc":
            continue
        outcome = str(getattr(result, "result", "")).lower()
        judged = str(getattr(result, "header_from", None) or domain).lower()
        if outcome == "fail":
            return Dmarc.FAILED
        if outcome == "pass" and judged.rpartition("@")[2] == domain:
            return Dmarc.PASSED
    return Dmarc.UNKNOWN
