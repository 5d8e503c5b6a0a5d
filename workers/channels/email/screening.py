"""Whether a mail may be answered, and to whom. Pure.

The rules are RFC 3834's and those that others paid for: a program, a list, a bounce and the
clinic's own addresses are never answered, and nobody who did not write is sent a mail.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ingestion.folding import fold
from workers.channels.email import automatic
from workers.channels.email.addresses import Mailbox, mailboxes, untagged
from workers.channels.email.authenticity import Dmarc, dmarc_of
from workers.channels.email.mail import Mail

_JUNK_FOLDER: Final = re.compile(r"(?:.*[/.])?(?:junk|spam|lixo eletronico|bulk|quarentena)\b.*")


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
        return address in self.addresses or untagged(address) in self.addresses

    def is_form(self, mail: Mail) -> bool:
        """Whether a mail comes from one of its web forms."""
        return mail.sender is not None and mail.sender.address in self.forms


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a mail is, and who may be answered.

    Attributes:
        kind: what it is.
        reason: the rule that said so, in fixed words.
        reply_to: the one address that may be answered; None where none may.
    """

    kind: Kind
    reason: str
    reply_to: str | None = None


Rule = Callable[[Mail, ClinicMail], Verdict | None]


def screen(mail: Mail, clinic: ClinicMail) -> Verdict:
    """What a mail is: the first rule that applies; a question where none does."""
    verdicts = (rule(mail, clinic) for rule in RULES)
    return next(verdict for verdict in verdicts if verdict is not None)


def _report(mail: Mail, _clinic: ClinicMail) -> Verdict | None:
    if mail.report is not None:
        if mail.report.kind == "receipt":
            return Verdict(Kind.RECEIPT, "a receipt")
        if mail.report.kind == "feedback":
            return Verdict(Kind.AUTOMATIC, "a complaint's report")
        return Verdict(Kind.BOUNCE, "a delivery report")
    kind = mail.content_type
    if kind.startswith("message/") and kind not in {"message/rfc822", "message/global"}:
        return Verdict(Kind.AUTOMATIC, "a report")
    return None


def _own(mail: Mail, clinic: ClinicMail) -> Verdict | None:
    is_form = clinic.is_form(mail)
    if not is_form and any(clinic.owns(each.address) for each in _writers(mail)):
        return Verdict(Kind.OWN, "from an own address")
    if any(clinic.owns(each.address) for each in mail.reply_to):
        return Verdict(Kind.OWN, "answers go to an own address")
    return None


def _writers(mail: Mail) -> Sequence[Mailbox]:
    return (*mail.senders, *([mail.sender_header] if mail.sender_header else []))


def _junk(mail: Mail, clinic: ClinicMail) -> Verdict | None:
    if _JUNK_FOLDER.fullmatch(fold(clinic.folder)):
        return Verdict(Kind.SPAM, "in the folder for spam")
    return Verdict(Kind.SPAM, "marked as spam") if automatic.is_spam(mail.headers) else None


def _appointment(mail: Mail, _clinic: ClinicMail) -> Verdict | None:
    is_appointment = mail.calendar or mail.content_type == "text/calendar"
    return Verdict(Kind.CALENDAR, "an appointment of a calendar") if is_appointment else None


def _program(mail: Mail, clinic: ClinicMail) -> Verdict | None:
    if mail.sender is not None and automatic.is_server(mail.sender):
        return Verdict(Kind.BOUNCE, "from a mail server")
    if automatic.is_automatic(mail.headers, is_form=clinic.is_form(mail)):
        return Verdict(Kind.AUTOMATIC, "says that it is automatic")
    if automatic.is_list(mail.headers):
        return Verdict(Kind.LIST, "says that it went to many")
    if mail.return_path == "" and not clinic.is_form(mail):
        return Verdict(Kind.AUTOMATIC, "takes no answer: its return path is empty")
    return None


def _unread_address(mail: Mail, clinic: ClinicMail) -> Verdict | None:
    writers = [] if clinic.is_form(mail) else list(_writers(mail))
    for each in (*writers, *mail.reply_to):
        if automatic.is_list_sender(each):
            return Verdict(Kind.LIST, "from a list's program")
        if automatic.is_no_reply(each) or automatic.is_server(each):
            return Verdict(Kind.AUTOMATIC, "from an address that nobody reads")
    return None


def _subject(mail: Mail, _clinic: ClinicMail) -> Verdict | None:
    if automatic.is_bounce_subject(mail.subject):
        return Verdict(Kind.BOUNCE, "its subject is a bounce's")
    if automatic.is_receipt_subject(mail.subject):
        return Verdict(Kind.RECEIPT, "its subject is a receipt's")
    if automatic.is_reply_subject(mail.subject):
        return Verdict(Kind.AUTOMATIC, "its subject is an autoresponder's")
    return None


def _for_others(mail: Mail, clinic: ClinicMail) -> Verdict | None:
    resent = (value for name in ("resent-to", "resent-cc") for value in mail.headers.get(name, ()))
    receivers = (*mail.to, *mail.cc, *(each.address for v in resent for each in mailboxes(v)))
    if clinic.is_form(mail) or any(clinic.owns(each) for each in receivers):
        return None
    return Verdict(Kind.NOT_FOR_US, "none of the clinic's addresses is in To or Cc")


def _broken(mail: Mail, _clinic: ClinicMail) -> Verdict | None:
    if "unreadable" in mail.defects:
        return Verdict(Kind.BROKEN, "cannot be read")
    return Verdict(Kind.BROKEN, "names no sender") if mail.sender is None else None


def _untrusted(mail: Mail, clinic: ClinicMail) -> Verdict | None:
    if len(mail.senders) > 1:
        return Verdict(Kind.UNTRUSTED, "names several senders")
    if dmarc_of(mail, clinic.authserv_id) is Dmarc.FAILED:
        return Verdict(Kind.UNTRUSTED, "its sender may be forged: DMARC failed")
    if not mail.reply_to and any(mail.headers.get("reply-to", ())):
        return Verdict(Kind.UNTRUSTED, "its Reply-To is no address")
    if len(mail.reply_to) > 1:
        return Verdict(Kind.UNTRUSTED, "names several addresses to answer")
    if clinic.is_form(mail) and not mail.reply_to:
        return Verdict(Kind.UNTRUSTED, "a form without the patient's address")
    return None


def _question(mail: Mail, clinic: ClinicMail) -> Verdict:
    return Verdict(Kind.QUESTION, "no rule speaks against it", _answered(mail, clinic))


def _answered(mail: Mail, clinic: ClinicMail) -> str | None:
    """The one address that an answer goes to."""
    if mail.sender is None:
        return None
    if mail.reply_to:
        passed = dmarc_of(mail, clinic.authserv_id) is Dmarc.PASSED
        if clinic.is_form(mail) or passed:
            return mail.reply_to[0].address
    for envelope in mailboxes(mail.return_path or ""):
        if envelope.domain == mail.sender.domain and _is_read(envelope, clinic):
            return envelope.address
    return mail.sender.address


def _is_read(envelope: Mailbox, clinic: ClinicMail) -> bool:
    """Whether a person reads what is sent to an envelope's address, and not a program."""
    programs = (automatic.is_server, automatic.is_list_sender, automatic.is_no_reply)
    return not clinic.owns(envelope.address) and not any(is_one(envelope) for is_one in programs)


#: In their order: whatever a program wrote is known before a person is called for it.
RULES: Final[tuple[Rule, ...]] = (
    _report,
    _own,
    _junk,
    _appointment,
    _program,
    _unread_address,
    _subject,
    _broken,
    _for_others,
    _untrusted,
    _question,
)
