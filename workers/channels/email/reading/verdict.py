"""What a mail was taken for, and what is known of the clinic that it reached. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from workers.channels.email.reading import automatic
from workers.channels.email.reading.addresses import Mailbox, untagged
from workers.channels.email.reading.mail import Mail
from workers.contracts.numbers import canonical_address


class Kind(StrEnum):
    """What a mail is."""

    QUESTION = "question"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    LIST = "list"
    OWN = "own"
    SPAM = "spam"
    CALENDAR = "calendar"
    RECEIPT = "receipt"
    NOT_FOR_US = "not_for_us"
    UNTRUSTED = "untrusted"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class ClinicMail:
    """What is known of the clinic whose mailbox it reached.

    Attributes:
        addresses: all of the clinic's own, in lower case.
        authserv_id: whose `Authentication-Results` are believed; None: nobody's.
        forms: addresses of web forms, in lower case: the patient stands in their `Reply-To`.
        folder: in which it was found.
    """

    addresses: frozenset[str]
    authserv_id: str | None = None
    forms: tuple[str, ...] = ()
    folder: str = "INBOX"

    def owns(self, address: str) -> bool:
        """Whether an address is the clinic's, with or without a tag."""
        own = {canonical_address(each) for each in self.addresses}
        return bool({canonical_address(address), canonical_address(untagged(address))} & own)

    def is_form(self, mail: Mail) -> bool:
        """Whether a mail comes from one of its web forms."""
        return mail.sender is not None and mail.sender.address in self.forms

    def is_read(self, envelope: Mailbox) -> bool:
        """Whether a person outside reads what is sent to an address, and not a program."""
        programs = (automatic.is_server, automatic.is_list_sender, automatic.is_no_reply)
        return not self.owns(envelope.address) and not any(is_one(envelope) for is_one in programs)

    def outsider(self, mail: Mail) -> str | None:
        """The one in its `Reply-To`, where that is a person's outside of the clinic."""
        if len(mail.reply_to) != 1 or not self.is_read(mail.reply_to[0]):
            return None
        return mail.reply_to[0].address


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a mail is, and who may be answered.

    Attributes:
        kind: what it is.
        reason: the rule that said so, in fixed words.
        reply_to: the one address that may be answered; None where none may.
        writer: of one that is filed the address of who wrote it, where that is not the sender.
        filed: whether a person sees it, since one may have written it; nothing is answered.
    """

    kind: Kind
    reason: str
    reply_to: str | None = None
    writer: str | None = None
    filed: bool = False
