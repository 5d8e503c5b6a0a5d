"""Senders bring outcomes back: one for each kind of reply address."""

from dataclasses import dataclass
from typing import Protocol, TypeVar, assert_never

from workers.contracts.question import Outcome, Question
from workers.contracts.reply import EmailAddress, ReplyAddress, WebhookAddress, WhatsAppAddress
from workers.delivery.backoff import Result, Unavailable
from workers.delivery.hosts import Busy

Address_contra = TypeVar("Address_contra", contravariant=True)


class Sender(Protocol[Address_contra]):
    """Sends to one kind of reply address. Safe for threads."""

    def send(self, question: Question, outcome: Outcome, address: Address_contra) -> Result | Busy:
        """Make one attempt; whatever the receiver does is a result.

        Raises:
            SecretMissingError: there is nothing to sign with, so no attempt was made.
        """


class NoSender:
    """In the place of a sender that a process lacks: what it is given waits for one that has it."""

    def send(self, question: Question, outcome: Outcome, address: object) -> Result:  # noqa: ARG002 - as `Sender` has it
        """Send nothing."""
        return Unavailable("this process has no sender of that kind")


@dataclass(frozen=True, slots=True)
class Senders:
    """The sender of each kind; a kind without one fails the type check."""

    webhook: Sender[WebhookAddress]
    whatsapp: Sender[WhatsAppAddress]
    email: Sender[EmailAddress]

    def send(self, question: Question, outcome: Outcome, address: ReplyAddress) -> Result | Busy:
        """Make one attempt by the sender of the address's kind; see `Sender`."""
        match address:
            case WebhookAddress():
                return self.webhook.send(question, outcome, address)
            case WhatsAppAddress():
                return self.whatsapp.send(question, outcome, address)
            case EmailAddress():
                return self.email.send(question, outcome, address)
            case _:
                assert_never(address)
