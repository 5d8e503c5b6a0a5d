"""What a letter leaves to be done in the mailbox, for whoever holds it: written once each."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Literal

from workers.channels.email.sending.letter import own_id
from workers.channels.email.sending.outgoing import Outgoing
from workers.contracts.errands import Errand, ErrandStore, Fate


@dataclass(frozen=True, slots=True)
class MailboxErrands:
    """Writes errands; none for a channel without a mailbox. Safe for threads."""

    store: ErrandStore

    def flag(self, outgoing: Outgoing) -> None:
        """Let a person see the patient's mail: unread, and flagged."""
        self._of_patient_s("flag", outgoing)

    def answered(self, outgoing: Outgoing) -> None:
        """Mark the patient's mail as answered; one with attachments stays unread."""
        self._of_patient_s("answered", outgoing)

    def copy(self, outgoing: Outgoing, content: bytes) -> None:
        """Lay a letter into what was sent, where the provider does not do so itself."""
        if outgoing.channel.sent_copy:
            self._of_ours("copy", outgoing, content)

    def draft(self, outgoing: Outgoing, content: bytes) -> None:
        """Lay a letter into the drafts, for a person to send."""
        self._of_ours("draft", outgoing, content)

    def draft_fate(self, outgoing: Outgoing) -> Fate:
        """What became of the draft."""
        return self.store.fate(outgoing.channel.name, _name(outgoing, "draft"))

    def _of_patient_s(self, kind: Literal["flag", "answered"], outgoing: Outgoing) -> None:
        recipient = outgoing.conversation.recipient if outgoing.answers_last else {}
        errand = Errand(
            id=_name(outgoing, kind),
            kind=kind,
            folder=recipient.get("folder", ""),
            uid=_number(recipient.get("uid", "")),
            validity=_number(recipient.get("validity", "")),
            message=outgoing.answered,
            unread=bool(recipient.get("attached")),
            conversation=outgoing.conversation.id,
        )
        if errand.uid or errand.message:
            self._add(outgoing, errand)

    def _of_ours(self, kind: Literal["copy", "draft"], outgoing: Outgoing, content: bytes) -> None:
        errand = Errand(
            id=_name(outgoing, kind),
            kind=kind,
            message=own_id(outgoing.question.id, outgoing.channel),
            mail=b64encode(content).decode(),
            conversation=outgoing.conversation.id,
        )
        self._add(outgoing, errand)

    def _add(self, outgoing: Outgoing, errand: Errand) -> None:
        if outgoing.channel.imap_host is not None:
            self.store.add(outgoing.channel.name, errand)


def _name(outgoing: Outgoing, kind: str) -> str:
    return f"{outgoing.question.id}:{kind}"


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() else 0
