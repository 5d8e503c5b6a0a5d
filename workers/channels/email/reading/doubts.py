"""What looks like a program's mail, and yet a person may have written it: a person sees it. Pure.

Each of these was met where patients' mails were lost: a web form that nobody named, a group that
is the clinic's address, an Exchange that asks for silence in everybody's name, a mail passed on.
"""

from collections.abc import Callable
from typing import Final

from workers.channels.email.reading import automatic
from workers.channels.email.reading.mail import Mail
from workers.channels.email.reading.verdict import ClinicMail, Kind, Verdict


def doubtful(mail: Mail, clinic: ClinicMail) -> Verdict | None:
    """What it looks like, to be filed; None where nothing is in doubt.

    Of a form that the clinic named nothing is but whom to answer.
    """
    rules = _RULES_OF_FORMS if clinic.is_form(mail) else _RULES
    verdicts = (rule(mail, clinic) for rule in rules)
    return next((verdict for verdict in verdicts if verdict is not None), None)


def _for_another(mail: Mail, clinic: ClinicMail) -> Verdict | None:
    """A form of the clinic's site, or a group of its own that writes for its senders."""
    writer = clinic.outsider(mail)
    if any(clinic.owns(each.address) for each in mail.senders):
        return Verdict(Kind.OWN, "an own address writes for another", writer=writer, filed=True)
    if any(map(automatic.is_no_reply, mail.senders)):
        reason = "an address that nobody reads writes for another"
        return Verdict(Kind.AUTOMATIC, reason, writer=writer, filed=True)
    return None


def _to_own(mail: Mail, clinic: ClinicMail) -> Verdict | None:
    """A group, or a form whose patient left no address."""
    if any(clinic.owns(each.address) for each in mail.reply_to):
        return Verdict(Kind.OWN, "answers go to an own address", filed=True)
    return None


def _sent_by_own(mail: Mail, clinic: ClinicMail) -> Verdict | None:
    """A form again, which puts the patient into `From`."""
    sender = mail.sender_header
    if sender is not None and clinic.owns(sender.address):
        return Verdict(Kind.OWN, "an own address sent it", filed=True)
    if sender is not None and automatic.is_no_reply(sender):
        return Verdict(Kind.AUTOMATIC, "sent by a program for another", filed=True)
    return None


def _by_list(mail: Mail, _clinic: ClinicMail) -> Verdict | None:
    if automatic.is_list(mail.headers):
        return Verdict(Kind.LIST, "by a list of the clinic's own, or to one alone", filed=True)
    return None


def _wants_silence(mail: Mail, _clinic: ClinicMail) -> Verdict | None:
    if automatic.wants_no_answer(mail.headers):
        return Verdict(Kind.AUTOMATIC, "asks for no automatic answer", filed=True)
    if mail.return_path == "":
        reason = "takes no answer: its return path is empty"
        return Verdict(Kind.AUTOMATIC, reason, filed=True)
    return None


Rules = tuple[Callable[[Mail, ClinicMail], Verdict | None], ...]
_RULES_OF_FORMS: Final[Rules] = (_to_own,)
_RULES: Final[Rules] = (
    _for_another,
    _to_own,
    _sent_by_own,
    _by_list,
    _wants_silence,
)
