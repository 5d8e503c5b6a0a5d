"""Whether a mail may be answered, and to whom. Pure.

The rules are RFC 3834's and those that others paid for: a program, a list, a bounce and the
clinic's own addresses are never answered, and nobody who did not write is sent a mail. What a
person may have written all the same is filed: a question that is dropped is lost.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from ingestion.folding import fold
from workers.channels.email.reading import automatic
from workers.channels.email.reading.addresses import Mailbox, mailboxes
from workers.channels.email.reading.authenticity import Dmarc, dmarc_of
from workers.channels.email.reading.doubts import doubtful
from workers.channels.email.reading.mail import Mail
from workers.channels.email.reading.verdict import ClinicMail, Kind, Verdict

_JUNK_FOLDER: Final = re.compile(r"(?:.*[/.])?(?:junk|spam|lixo eletronico|bulk|quarentena)\b.*")

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
    """What the clinic itself wrote; where another is to be answered, a form of its site did."""
    is_own = not clinic.is_form(mail) and any(clinic.owns(each.address) for each in mail.senders)
    if is_own and clinic.outsider(mail) is None:
        return Verdict(Kind.OWN, "from an own address")
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
    is_own_list = automatic.is_list_of(mail.headers, clinic.addresses)
    answers_one = bool(mail.in_reply_to) and automatic.may_be_for_one(mail.headers)
    if automatic.is_list(mail.headers) and not is_own_list and not answers_one:
        return Verdict(Kind.LIST, "says that it went to many")
    return None


def _unread_address(mail: Mail, clinic: ClinicMail) -> Verdict | None:
    if automatic.is_list_of(mail.headers, clinic.addresses):
        return None
    writers = [] if clinic.is_form(mail) else list(_writers(mail))
    for each in (*writers, *mail.reply_to):
        if automatic.is_list_sender(each):
            return Verdict(Kind.LIST, "from a list's program")
        is_for_another = each not in mail.reply_to and _is_for_person(mail, clinic)
        if automatic.is_server(each) or (automatic.is_no_reply(each) and not is_for_another):
            return Verdict(Kind.AUTOMATIC, "from an address that nobody reads")
    return None


def _is_for_person(mail: Mail, clinic: ClinicMail) -> bool:
    """Whether a program writes for a person: it names one in `From`, or one to be answered.

    That one is a stranger to the program, as who fills in a form is: shops and banks name
    themselves.
    """
    sender, writer = mail.sender, clinic.outsider(mail)
    if sender is None:
        return False
    is_stranger = writer is not None and writer.rpartition("@")[2] != sender.domain
    return is_stranger or not automatic.is_no_reply(sender)


def _subject(mail: Mail, _clinic: ClinicMail) -> Verdict | None:
    """A subject that a person may write, too, drops no mail that names its sender."""
    is_filed = mail.sender is not None and not automatic.is_program_subject(mail.subject)
    if automatic.is_bounce_subject(mail.subject):
        return Verdict(Kind.BOUNCE, "its subject is a bounce's", filed=is_filed)
    if automatic.is_receipt_subject(mail.subject):
        return Verdict(Kind.RECEIPT, "its subject is a receipt's", filed=is_filed)
    if automatic.is_reply_subject(mail.subject):
        return Verdict(Kind.AUTOMATIC, "its subject is an autoresponder's", filed=is_filed)
    return None


def _for_others(mail: Mail, clinic: ClinicMail) -> Verdict | None:
    resent = (value for name in ("resent-to", "resent-cc") for value in mail.headers.get(name, ()))
    receivers = (*mail.to, *mail.cc, *(each.address for v in resent for each in mailboxes(v)))
    if clinic.is_form(mail) or any(clinic.owns(each) for each in receivers):
        return None
    # A blind copy, or an address that is passed on to this one and that nobody named.
    return Verdict(Kind.NOT_FOR_US, "none of the clinic's addresses is in To or Cc", filed=True)


def _broken(mail: Mail, _clinic: ClinicMail) -> Verdict | None:
    if "unreadable" in mail.defects:
        return Verdict(Kind.BROKEN, "cannot be read")
    return Verdict(Kind.BROKEN, "names no sender") if mail.sender is None else None


def _untrusted(mail: Mail, clinic: ClinicMail) -> Verdict | None:
    if len(mail.senders) > 1:
        return _filed("names several senders")
    if dmarc_of(mail, clinic.authserv_id) is Dmarc.FAILED:
        return _filed("its sender may be forged: DMARC failed")
    if not mail.reply_to and any(mail.headers.get("reply-to", ())):
        return _filed("its Reply-To is no address")
    if len(mail.reply_to) > 1:
        return _filed("names several addresses to answer")
    if clinic.is_form(mail) and not mail.reply_to:
        return _filed("a form without the patient's address")
    return None


def _filed(reason: str) -> Verdict:
    return Verdict(Kind.UNTRUSTED, reason, filed=True)


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
        if envelope.domain == mail.sender.domain and clinic.is_read(envelope):
            return envelope.address
    return mail.sender.address


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
    doubtful,
    _for_others,
    _untrusted,
    _question,
)
