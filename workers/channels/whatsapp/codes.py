"""What a code of the Graph API means for a message: one table, a pure function.

Meta asks to decide by the code and its details, never by the title or the HTTP status
(https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes). Codes come with the
reply to a send, and later in a status `failed`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Action(StrEnum):
    """What to do about a message that was refused."""

    RETRY = "retry"  #: it may pass: again with back-off
    WAIT_NUMBER = "wait_number"  #: everybody's messages from this number wait
    WAIT_CONTACT = "wait_contact"  #: messages to this contact wait
    PAUSE_CHANNEL = "pause_channel"  #: nothing is sent until somebody repairs it
    STOP_PROACTIVE = "stop_proactive"  #: no templates from this number for a day
    WINDOW_CLOSED = "window_closed"  #: a template where there is one, else a person
    OTHER_ADDRESS = "other_address"  #: once by the other address, then a person
    BY_PHONE = "by_phone"  #: the phone number instead of the user id
    PERSON = "person"  #: it never arrives: a person sees to it
    DROP = "drop"  #: nobody shall get it


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and why, in words that name no patient.

    Attributes:
        reason: of the code, for the record and the log.
        loud: whether somebody has to repair something: logged as an error.
        account: the channel is paused for the account's sake, not for its credentials'.
        wait_seconds: the least time before it is tried again.
    """

    action: Action
    reason: str
    loud: bool = False
    account: bool = False
    wait_seconds: float = 0.0


#: An upgrade of a number's throughput takes minutes.
_UPGRADE_SECONDS: Final = 300.0


def _rows(action: Action, codes: dict[int, str], *, loud: bool = False) -> dict[int, Decision]:
    return {code: Decision(action, reason, loud) for code, reason in codes.items()}


def _accounts(codes: dict[int, str]) -> dict[int, Decision]:
    return {
        code: Decision(Action.PAUSE_CHANNEL, reason, loud=True, account=True)
        for code, reason in codes.items()
    }


_TABLE: Final[dict[int, Decision]] = {
    **_rows(
        Action.RETRY,
        {
            1: "an unknown fault of Meta's",
            2: "Meta's service is down",
            131000: "something went wrong at Meta",
            131016: "Meta's service is overloaded",
            133004: "Meta's server is not available",
        },
    ),
    131057: Decision(
        Action.RETRY, "the number's throughput is being upgraded", wait_seconds=_UPGRADE_SECONDS
    ),
    **_rows(
        Action.WAIT_NUMBER,
        {
            4: "the app's limit of calls is reached",
            17: "the user's limit of calls is reached",
            341: "the application's limit is reached",
            613: "a limit of calls is reached",
            80007: "the account's limit of calls is reached",
            130429: "the number's throughput is reached",
        },
    ),
    **_rows(Action.WAIT_CONTACT, {131056: "too many messages to this contact in a short time"}),
    **_rows(
        Action.STOP_PROACTIVE,
        {
            131048: "too many messages of this number were blocked or reported",
            131064: "the number's limit of messages is lowered for its quality",
        },
        loud=True,
    ),
    **_rows(
        Action.PERSON,
        {
            130472: "the contact is part of an experiment of Meta's",
            131049: "Meta holds marketing messages to this contact back",
            131050: "the contact wants no marketing messages",
        },
    ),
    **_rows(
        Action.WINDOW_CLOSED,
        {
            470: "the 24 hours since the contact's last message are over",
            131047: "the 24 hours since the contact's last message are over",
        },
    ),
    **_rows(Action.OTHER_ADDRESS, {131026: "it cannot be delivered to this address"}),
    **_rows(Action.BY_PHONE, {131062: "this message cannot be sent to a user id"}),
    **_rows(Action.DROP, {130403: "this number has blocked the contact"}),
    **_rows(
        Action.PERSON,
        {
            100: "a parameter is wrong",
            131008: "a parameter is missing",
            131009: "a parameter's value is wrong",
            131021: "sender and contact are the same",
            131030: "the contact is not on the test number's list",
            131051: "messages of this kind are not known",
            131052: "a medium could not be fetched",
            131053: "a medium could not be stored",
            132000: "the template has another number of parameters",
            132001: "the template does not exist in this language",
            132005: "the template's text is too long once filled in",
            132007: "the template breaks a policy",
            132012: "the template's parameters have another format",
            132018: "the template's parameters are wrong",
            132068: "the flow is blocked",
            132015: "the template is paused for its quality",
            132016: "the template is disabled for its quality",
            131063: "the template is not to be sent",
        },
        loud=True,
    ),
    **_rows(
        Action.PAUSE_CHANNEL,
        {
            0: "the token cannot be used",
            3: "the app lacks a capability or a permission",
            10: "the app lacks a permission",
            33: "the number is not the token's",
            190: "the token has expired or was revoked",
            131005: "access is denied",
            131037: "the number's display name is not approved",
            131045: "the number is not registered",
            133010: "the number is not registered",
        },
        loud=True,
    ),
    **_accounts(
        {
            368: "the account is blocked for breaking a policy",
            130497: "the account may not send to this country",
            131031: "the account is locked",
            131042: "the account has no valid payment method",
        }
    ),
}
#: Permissions of the Graph API.
_PERMISSIONS: Final = range(200, 300)
#: With code 100: the object does not exist, or the token may not see it. Then it's the token.
_WRONG_PARAMETER: Final = 100
_NOT_THE_TOKENS: Final = 33


def decide(
    code: int,
    details: str = "",
    *,
    is_transient: bool | None = None,
    subcode: int | None = None,
    status: int | None = None,
) -> Decision:
    """What to do about a refused message.

    Args:
        code: `error.code`.
        details: `error_data.details`; it may name the contact, and nothing of it is kept.
        is_transient: `error.is_transient`, which Graph sends with some errors.
        subcode: `error.error_subcode`.
        status: the reply's HTTP status, for codes that the table lacks; None in a webhook.
    """
    if code == _WRONG_PARAMETER and (
        subcode == _NOT_THE_TOKENS or "missing permissions" in details
    ):
        return _TABLE[_NOT_THE_TOKENS]
    if code in _PERMISSIONS:
        return Decision(Action.PAUSE_CHANNEL, "the token lacks a permission", loud=True)
    if code in _TABLE:
        return _TABLE[code]
    if is_transient or (status is not None and status >= 500):  # noqa: PLR2004 - Meta's own fault
        return Decision(Action.RETRY, "a passing fault of Meta's")
    return Decision(Action.PERSON, "a code that Atende does not know", loud=True)


def known() -> Iterable[int]:
    """The codes that the table names."""
    return _TABLE.keys()
