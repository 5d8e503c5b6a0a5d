"""One outcome on its way out by mail: all that is known of it."""

from dataclasses import dataclass, replace
from typing import Final

from workers.answering.language import Language
from workers.answering.triage.reasons import Reason
from workers.channels.email.reading.subjects import bare_subject
from workers.channels.markup import in_line
from workers.channels.notes import FOR_A_PERSON, language_of
from workers.contracts.conversation import Conversation
from workers.contracts.email_channel import EmailChannel
from workers.contracts.question import Outcome, Question, Way
from workers.contracts.reply import EmailAddress
from workers.contracts.send import Send

#: Nobody waits for an answer to these, and a mail that only says so is noise.
_UNANSWERED: Final = frozenset({Reason.THANKS, Reason.ACKNOWLEDGED})
#: Longest subject that is sent, in characters.
_LONGEST: Final = 200
#: Where the patient wrote none.
_NO_SUBJECT: Final[dict[Language, str]] = {"pt": "sua mensagem", "en": "your message"}
_FORWARDED: Final[dict[Language, str]] = {"pt": "Enc", "en": "Fwd"}
#: As what a letter was begun that goes to the patient (`Send.address`).
SENT: Final = "email"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One outcome on its way.

    Attributes:
        send: what is known of its letter.
    """

    question: Question
    outcome: Outcome
    address: EmailAddress
    channel: EmailChannel
    conversation: Conversation
    send: Send

    @property
    def by_person(self) -> bool:
        """Whether a person of the clinic wrote it: pauses and bounds are not for that."""
        return self.outcome.way is Way.PERSON

    @property
    def is_urgent(self) -> bool:
        """Whether it is the fixed text of an emergency: nobody's silence and no bound stops it."""
        return self.outcome.way is None and self.outcome.reason == Reason.EMERGENCY

    @property
    def for_a_person(self) -> bool:
        """Whether a person has to see to it: what goes out only says so."""
        return self.outcome.status in FOR_A_PERSON

    @property
    def is_drafted(self) -> bool:
        """Whether a person sends it: all that answers, where the channel's mode is `draft`."""
        return self.channel.mode == "draft" and not (self.by_person or self.is_urgent)

    @property
    def is_unanswered(self) -> bool:
        """Whether nothing goes out, since nobody waits for it."""
        return self.outcome.way is None and self.outcome.reason in _UNANSWERED

    @property
    def is_automatic(self) -> bool:
        """Whether no person has a hand in it: what says so to other programs is for these alone."""
        return not (self.by_person or self.is_drafted)

    @property
    def language(self) -> Language:
        """That it is told in."""
        return language_of(self.outcome, self.channel)

    @property
    def receiver(self) -> str:
        """The one address that is answered, as its mail gave it."""
        return self.conversation.recipient.get("email", "")

    @property
    def writer(self) -> str:
        """By whose address its conversation is found: the receiver's, or who named that one."""
        return self.conversation.recipient.get("writer") or self.receiver

    @property
    def answers_last(self) -> bool:
        """Whether the mail that it answers is the last one of its conversation."""
        return self.address.message in {None, self.conversation.recipient.get("message")}

    @property
    def answered(self) -> str:
        """The Message-ID of the mail that it answers; empty where that has none."""
        return self.address.message or self.conversation.recipient.get("message", "")

    @property
    def subject(self) -> str:
        """The thread's subject with one `Re:`, in one line."""
        return f"Re: {self._bare_subject}"

    @property
    def forwarded_subject(self) -> str:
        """The same for the clinic's own person, who must see an emergency before he reads."""
        mark = "[URGENTE] " if self.is_urgent else ""
        return f"{mark}{_FORWARDED[self.channel.language]}: {self._bare_subject}"

    @property
    def _bare_subject(self) -> str:
        words = bare_subject(in_line(self.conversation.recipient.get("subject", "")))
        words = words or _NO_SUBJECT[self.language]
        return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}\u2026"

    def after(self, send: Send) -> "Outgoing":
        """The same with what is known now."""
        return replace(self, send=send)
