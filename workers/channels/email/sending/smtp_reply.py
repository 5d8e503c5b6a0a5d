"""What a mail server's answer, or none, says of a letter's fate: one of five values."""

from dataclasses import dataclass

from workers.channels.email.sending.codes import Stage


@dataclass(frozen=True, slots=True)
class Sent:
    """The server took it. `null_refused`: but not without an envelope's sender."""

    null_refused: bool = False


@dataclass(frozen=True, slots=True)
class NotSent:
    """It certainly has not gone."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """All of it was written, and whether the server took it is not known."""

    reason: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """The server said that it does not take it; see `codes.decide`."""

    stage: Stage
    code: int
    enhanced: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """It has not gone, since it was not to be begun any more."""


SmtpReply = Sent | NotSent | Unknown | Rejected | Withheld
