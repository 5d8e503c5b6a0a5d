"""What a mail server's refusal means for a letter: one table, a pure function.

Decided by where it was refused, by the enhanced code (RFC 3463, 5248; the providers' own), and by
the reply code (RFC 5321, 4.2). The server's words are read by nobody: they may name the patient.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """Where in the hand-over a letter was refused."""

    TLS = "tls"  #: its certificate is not trusted, or it offers no STARTTLS
    GREETING = "greeting"
    LOGIN = "login"
    SENDER = "sender"  #: MAIL FROM
    RECEIVER = "receiver"  #: RCPT TO
    DATA = "data"  #: before the text
    TEXT = "text"  #: after the final dot


class Action(StrEnum):
    """What to do about a letter that was refused."""

    RETRY = "retry"  #: it may pass: again with back-off
    WAIT_CHANNEL = "wait_channel"  #: everybody's letters of this channel wait
    PAUSE_CHANNEL = "pause_channel"  #: nothing is sent until somebody repairs it; all is kept
    PERSON = "person"  #: it never arrives: a person sees to it


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do, and why, in words that name no patient.

    Attributes:
        loud: whether somebody has to repair something: logged as an error.
    """

    action: Action
    reason: str
    loud: bool = False


#: By enhanced code, whatever the reply code and stage. Before the RFCs' own meaning of 5.7.1 the
#: providers' codes tell an account from a receiver.
_ENHANCED: Final[dict[str, Decision]] = {
    **{
        code: Decision(Action.PAUSE_CHANNEL, reason, loud=True)
        for code, reason in {
            "5.7.0": "the server wants a log-in, or does not let this account send",
            "5.7.3": "the log-in was refused",
            "5.7.8": "the password or token was refused",
            "5.7.9": "the server wants another kind of log-in, as an app password",
            "5.7.11": "the server wants TLS for the log-in",
            "5.7.14": "the provider wants somebody to log in by a browser",
            "5.7.57": "the server wants a log-in before it takes mail",
            "5.7.60": "the account may not send as this address",
            "5.2.252": "the account may not send as this address",
            "5.7.139": "the provider does not let this account log in with a password",
            "5.1.8": "the provider has blocked this account as a sender",
            "5.7.501": "the provider has blocked this account as a sender",
            "5.7.502": "the provider has blocked this account as a sender",
            "5.7.503": "the provider has blocked this account as a sender",
            "5.7.508": "the provider has blocked this network",
            "5.7.705": "the provider has blocked this organisation as a sender",
            "5.7.708": "the provider has blocked this organisation as a sender",
            "5.7.750": "the sender's domain is not registered with the provider",
        }.items()
    },
    **{
        code: Decision(Action.WAIT_CHANNEL, reason)
        for code, reason in {
            "4.2.1": "too many letters in a short time",
            "4.3.2": "the server has too many connections",
            "4.7.0": "the provider slows this account down",
            "4.7.28": "the provider slows this account down",
            "5.4.5": "the account's letters of a day are used up",
            "5.1.90": "the account's letters of a day are used up",
        }.items()
    },
}
#: Replies that ask for a log-in, wherever they come (RFC 4954, 6).
_LOGIN_CODES: Final = frozenset({530, 534, 535, 538})
_TOO_BUSY: Final = 421
_ENHANCED_CODE: Final = re.compile(rb"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_PERMANENT: Final = 500
_RECEIVER: Final[dict[str, str]] = {
    "5.1.1": "there is no such mailbox",
    "5.1.2": "there is no such domain",
    "5.1.3": "the address cannot be written to",
    "5.1.6": "the mailbox has moved",
    "5.1.10": "there is no such mailbox",
    "5.2.1": "the mailbox is closed",
    "5.2.2": "the mailbox is full",
    "5.4.1": "the receiver's domain takes no mail",
    "5.6.7": "the server cannot write to an address with accents",
    "5.7.1": "the receiver's server does not take this letter",
}


def decide(stage: Stage, code: int, enhanced: str = "") -> Decision:
    """What to do about a refused letter.

    Args:
        stage: where.
        code: of the reply; 0: there was none, since what is wrong was seen on this side.
        enhanced: the enhanced code in it; empty: none.
    """
    if stage is Stage.TLS:
        reason = "the server's certificate is not trusted, or it offers no TLS"
        return Decision(Action.PAUSE_CHANNEL, reason, loud=True)
    if code in _LOGIN_CODES:
        reason = _ENHANCED[enhanced].reason if enhanced in _ENHANCED else "the log-in was refused"
        return Decision(Action.PAUSE_CHANNEL, reason, loud=True)
    if enhanced in _ENHANCED:
        return _ENHANCED[enhanced]
    if code == _TOO_BUSY and stage is not Stage.GREETING:
        return Decision(Action.WAIT_CHANNEL, "the server ends connections")
    if code < _PERMANENT:
        return Decision(Action.RETRY, "a passing fault of the server's")
    return _permanent(stage, enhanced)


def _permanent(stage: Stage, enhanced: str) -> Decision:
    match stage:
        case Stage.LOGIN:
            reason = "the server takes no log-in of this kind"
            return Decision(Action.PAUSE_CHANNEL, reason, loud=True)
        case Stage.SENDER:
            reason = "the server does not let this account send from the channel's address"
            return Decision(Action.PAUSE_CHANNEL, reason, loud=True)
        case Stage.GREETING:
            return Decision(Action.RETRY, "the server takes no connections from here", loud=True)
        case Stage.RECEIVER:
            reason = _RECEIVER.get(enhanced, "the receiver's address was refused")
            return Decision(Action.PERSON, reason)
        case _:
            reason = _RECEIVER.get(enhanced, "the server refused the letter's text")
            return Decision(Action.PERSON, reason, loud=enhanced not in _RECEIVER)


def enhanced_code(reply: bytes) -> str:
    """The enhanced code at a reply's beginning; empty where there is none."""
    match = _ENHANCED_CODE.match(reply)
    return match[1].decode() if match else ""
