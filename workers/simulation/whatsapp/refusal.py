"""What Meta refuses, in Meta's words and shape.

Codes, titles and HTTP statuses:
https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes
"""

import uuid
from dataclasses import dataclass
from typing import Any

#: Where every error of a status leads.
HREF = "https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/"

#: Title and HTTP status of each code that the server gives, or that a test may ask for.
TITLES: dict[int, tuple[str, int]] = {
    0: ("AuthException", 401),
    1: ("API Unknown", 400),
    2: ("API Service", 503),
    3: ("API Method", 500),
    4: ("Application request limit reached", 400),
    10: ("Application does not have permission for this action", 403),
    17: ("User request limit reached", 400),
    33: ("Parameter value is not valid", 400),
    100: ("Invalid parameter", 400),
    104: ("An access token is required to request this resource.", 401),
    190: ("Invalid OAuth access token", 401),
    200: ("You do not have the necessary permissions", 403),
    341: ("Application limit reached", 400),
    368: ("Temporarily blocked for policies violations", 403),
    613: ("Calls to this api have exceeded the rate limit", 400),
    2500: ("Unknown path components", 400),
    80007: ("Rate limit issues", 400),
    130403: ("The recipient is blocked by the business", 400),
    130429: ("Rate limit hit", 400),
    130472: ("User's number is part of an experiment", 400),
    130497: ("Business account is restricted from messaging users in this country", 403),
    131000: ("Something went wrong", 500),
    131005: ("Access denied", 403),
    131008: ("Required parameter is missing", 400),
    131009: ("Parameter value is not valid", 400),
    131016: ("Service unavailable", 500),
    131021: ("Recipient cannot be sender", 400),
    131026: ("Message undeliverable", 400),
    131031: ("Account has been locked", 403),
    131037: ("Display name approval is required", 400),
    131042: ("Business eligibility payment issue", 400),
    131045: ("Incorrect certificate", 500),
    131047: ("Re-engagement message", 400),
    131048: ("Spam rate limit hit", 400),
    131049: ("This message was not delivered to maintain healthy ecosystem engagement", 400),
    131050: ("User has stopped receiving marketing messages", 400),
    131051: ("Unsupported message type", 400),
    131052: ("Media download error", 400),
    131053: ("Media upload error", 400),
    131056: ("(Business Account, Consumer Account) pair rate limit hit", 400),
    131057: ("Account in maintenance mode", 500),
    131062: ("Business-scoped user id is not supported for this message", 400),
    131063: ("Template is limited", 400),
    131064: ("Message sending is limited", 400),
    132000: ("Number of parameters does not match the expected number of params", 400),
    132001: ("Template name does not exist in the translation", 404),
    132005: ("Translated text too long", 400),
    132007: ("Template format character policy violated", 400),
    132012: ("Parameter format does not match format in the created template", 400),
    132015: ("Template is paused", 400),
    132016: ("Template is disabled", 400),
    132018: ("There is an issue with the parameters in your template", 400),
    132068: ("Flow is blocked", 400),
    133004: ("Server temporarily unavailable", 503),
    133010: ("Account not registered", 400),
}


@dataclass(eq=False)
class Refusal(Exception):  # noqa: N818 - Meta refuses; nothing here is broken
    """A call or a message that is refused.

    Attributes:
        code: `error.code`.
        details: `error_data.details`; none where it is empty.
        message: `error.message` without the code; the code's title where it is empty.
        subcode: `error_subcode`.
        kind: `error.type`.
        http: status of the reply; 0 stands for the code's own.
    """

    code: int
    details: str = ""
    message: str = ""
    subcode: int | None = None
    kind: str = "OAuthException"
    http: int = 0

    @property
    def title(self) -> str:
        """What the code says."""
        return TITLES.get(self.code, ("Unknown error", 400))[0]

    @property
    def status(self) -> int:
        """The reply's HTTP status."""
        return self.http or TITLES.get(self.code, ("", 400))[1]

    def reply(self) -> dict[str, Any]:
        """The body of the reply."""
        error: dict[str, Any] = {
            "message": self.message or f"(#{self.code}) {self.title}",
            "type": self.kind,
            "code": self.code,
        }
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        if self.subcode is not None:
            error["error_subcode"] = self.subcode
        error["fbtrace_id"] = "A" + uuid.uuid4().hex[:22]
        return {"error": error}

    def in_status(self) -> dict[str, Any]:
        """The item of a failed status's `errors`."""
        return {
            "code": self.code,
            "title": self.title,
            "message": self.title,
            "error_data": {"details": self.details or self.title},
            "href": HREF,
        }


def unknown_object(name: str) -> Refusal:
    """100/33: no such object, or not this token's."""
    return Refusal(
        100,
        message=f"Unsupported post request. Object with ID '{name}' does not exist, cannot be "
        "loaded due to missing permissions, or does not support this operation. Please read the "
        "Graph API documentation at https://developers.facebook.com/docs/graph-api",
        subcode=33,
        kind="GraphMethodException",
    )


def bad_token(reason: str = "") -> Refusal:
    """190: the token is unknown, expired or revoked."""
    message = reason or "Invalid OAuth access token - Cannot parse access token"
    return Refusal(190, message=message, subcode=463 if "expired" in reason else None)
