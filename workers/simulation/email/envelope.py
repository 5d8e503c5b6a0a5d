"""What a mail server took: who sent it, to whom, and the mail itself."""

import email.policy
from dataclasses import dataclass
from email.message import EmailMessage
from email.parser import BytesParser


def parsed(content: bytes) -> EmailMessage:
    """A mail's headers and parts."""
    return BytesParser(EmailMessage, policy=email.policy.default).parsebytes(content)


@dataclass(frozen=True, slots=True)
class Envelope:
    """One mail that was taken, or would have been but for a fault after its final dot.

    Attributes:
        sender: of `MAIL FROM`; empty for `<>`.
        recipients: of `RCPT TO`.
        content: the mail as it came.
        user: who logged in; None where nobody did.
        kept: whether the server has it; False: it fell to a fault.
    """

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    user: str | None
    kept: bool = True

    @property
    def message(self) -> EmailMessage:
        """Its headers and parts."""
        return parsed(self.content)
