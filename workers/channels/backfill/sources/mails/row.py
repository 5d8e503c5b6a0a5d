"""An old mail as a row, or why it is none. Pure, but for the word lists."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from workers.answering.triage.reasons import Reason
from workers.answering.triage.triage import load_triage
from workers.channels.backfill.sources.checking import ZONE, key_of
from workers.channels.backfill.sources.mails.held_mail import HeldMail
from workers.channels.backfill.sources.source import LeftOut
from workers.channels.email.reading.mail import Mail
from workers.channels.email.reading.new_text import new_text
from workers.channels.email.reading.screening import screen
from workers.channels.email.reading.verdict import ClinicMail, Kind, Verdict
from workers.channels.email.receiving.excerpt import excerpt
from workers.contracts.backfill import BackfillRow

#: Characters of a mail's own text that are read, as of one that comes now.
_MOST_CHARACTERS: Final = 20_000
#: Characters of a subject and of a sender that are shown.
_LONGEST_COLUMN: Final = 300
#: What a mail that is no question counts as; all that programs write is one.
_REASONS: Final = {
    Kind.OWN: "clinic",
    Kind.SPAM: "spam",
    Kind.LIST: "list",
    Kind.BOUNCE: "bounce",
}
#: Years in which a mail may have been written: no other `Date` is believed.
_FIRST_MOMENT: Final = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
_LAST_MOMENT: Final = datetime(2100, 1, 1, tzinfo=UTC).timestamp()
_EXCERPT: Final = "a parte que pergunta, de um e-mail mais longo"


def verdict_of(mail: Mail, clinic: ClinicMail) -> Verdict | LeftOut:
    """What a mail is, where it may be a question.

    Nobody is answered, so what a person may have written is asked, also where a mail that comes now
    would be for people alone to read.
    """
    is_own = bool(mail.senders) and all(clinic.owns(each.address) for each in mail.senders)
    if is_own and not any(map(clinic.owns, (*mail.to, *mail.cc))):
        return LeftOut("clinic")
    if is_own and clinic.outsider(mail) is not None:  # a form: to the clinic, for a patient
        clinic = replace(clinic, forms=(*clinic.forms, mail.senders[0].address))
    verdict = screen(mail, clinic)
    if verdict.kind is Kind.QUESTION or verdict.filed or verdict.kind is Kind.BROKEN:
        return verdict
    return LeftOut(_REASONS.get(verdict.kind, "automatic"))


def row_of(mail: Mail, held: HeldMail, number: int, longest: int) -> BackfillRow | LeftOut:
    """The mail as a row, not yet checked and without its thread.

    Args:
        mail: which.
        held: as its box holds it.
        number: its place in its box, from 1.
        longest: characters of a question.
    """
    if "unreadable" in mail.defects:
        return unreadable_row(mail.key, number, held.received_at)
    text = new_text(mail).text.strip()[:_MOST_CHARACTERS]
    if not text and mail.attachments:
        return LeftOut("media")
    question = _asked(text, longest)
    moment = _moment(mail, held)
    shown = _shown_moment(moment)
    sender = mail.sender.address if mail.sender else ""
    name = mail.sender.name if mail.sender else ""
    columns = {
        "De": f"{name} <{sender}>"[:_LONGEST_COLUMN] if name else sender,
        "Responder a": ", ".join(each.address for each in mail.reply_to)[:_LONGEST_COLUMN],
        "Assunto": mail.subject[:_LONGEST_COLUMN],
        "Data": shown,
        "Trecho": _EXCERPT if question != text else "",
    }
    return BackfillRow(
        key=key_of(mail.message_id or "", mail.key),
        id=(mail.message_id or "").strip("<>"),
        place=f"mensagem de {shown}" if shown else f"mensagem {number}",
        question=question,
        asked_at=moment,
        columns={column: value for column, value in columns.items() if value},
    )


def unreadable_row(key: str, number: int, received_at: float | None) -> BackfillRow:
    """A mail that no parser reads, or that its box does not give: a person has to look."""
    return BackfillRow(
        key=key_of(key),
        place=f"mensagem {number}",
        fault="unreadable",
        asked_at=received_at,
    )


def _asked(text: str, longest: int) -> str:
    """A text that is short enough, or the part of it that asks, as it is asked when it comes now.

    Where an emergency stands in what does not ask, it is not cut: a person reads the whole.
    """
    short = excerpt(text, longest)
    if short is None or short == text:
        return text
    is_urgent = _is_emergency(text) and not _is_emergency(short)
    return text if is_urgent else short


def _is_emergency(text: str) -> bool:
    fixed = load_triage().of(text, "pt")
    return fixed is not None and fixed.reason is Reason.EMERGENCY


def _moment(mail: Mail, held: HeldMail) -> float | None:
    """When it was written; a sender's clock is believed within reason."""
    for moment in (mail.date, held.received_at):
        if moment is not None and _FIRST_MOMENT < moment < _LAST_MOMENT:
            return moment
    return None


def _shown_moment(moment: float | None) -> str:
    return "" if moment is None else datetime.fromtimestamp(moment, ZONE).strftime("%d/%m/%Y %H:%M")
