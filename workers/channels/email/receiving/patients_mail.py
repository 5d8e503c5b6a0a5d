"""What patients write goes into their conversations: asked, or for a person to read, or noted."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from workers.answering.triage.opt_out import opts_out
from workers.answering.triage.triage import Triage
from workers.channels.bursts import is_emergency, is_thanks
from workers.channels.email.reading.new_text import new_text
from workers.channels.email.receiving.arrival import Arrival
from workers.channels.email.receiving.excerpt import LONGEST_QUESTION, excerpt
from workers.contracts import logs
from workers.contracts.conversation import PatientMessage
from workers.contracts.conversations import Admission, Admitted, ConversationStore
from workers.contracts.errands import Errand, ErrandStore
from workers.contracts.mail_bounds import MailBounds
from workers.contracts.send import text_mark

_log = logs.logger(__name__)
_Guess = TypeVar("_Guess")
#: Characters of a mail's own text that are read: about six pages.
MOST_CHARACTERS: Final = 20_000
#: Why a person is called where the mail is the reason; loop: the same came within an hour.
EMERGENCY, LOOP, TOO_LONG, UNREADABLE = "emergency", "loop", "too_long", "unreadable"


@dataclass(frozen=True, slots=True)
class MailStores:
    """Where patients' mails are kept, and what follows from them."""

    conversations: ConversationStore
    errands: ErrandStore
    bounds: MailBounds


class PatientsMail:
    """Takes in what patients write.

    Args:
        stores: where it is kept.
        triage: the word lists.
    """

    def __init__(self, stores: MailStores, triage: Triage) -> None:
        self._stores = stores
        self._triage = triage

    def take(self, arrival: Arrival) -> list[str]:
        """Take a mail in that may be answered; the kinds that it counts as besides."""
        text = _own_text(arrival)
        message = self._message(arrival, text)
        if message.thanks:
            return ["thanks", *self._file(arrival, message, None)]
        if not text and not arrival.mail.attachments:
            return self.file(arrival, UNREADABLE)
        if text and self._is_repeated(arrival):
            return [LOOP, *self._file(arrival, message, EMERGENCY if message.urgent else LOOP)]
        if self._is_too_much(arrival, message):
            return [LOOP, *self._file(arrival, message, EMERGENCY if message.urgent else LOOP)]
        short = excerpt(text)
        if short is None and not message.urgent:
            return self._file(arrival, message, TOO_LONG)
        if short is None or short != text:
            whole = text if message.urgent else None
            short = text[:LONGEST_QUESTION] if short is None else short
            message = message.model_copy(update={"text": short, "emergency": whole})
        return self._admit(arrival, message)

    def file(self, arrival: Arrival, reason: str) -> list[str]:
        """Let a person see a mail that nothing is answered to; an emergency before all others."""
        message = self._message(arrival, _own_text(arrival))
        return self._file(arrival, message, EMERGENCY if message.urgent else reason)

    def _message(self, arrival: Arrival, text: str) -> PatientMessage:
        channel = arrival.channel
        named = arrival.mail.in_reply_to
        message = PatientMessage(
            id=arrival.mail.key,
            text=text,
            sent_at=arrival.sent_at,
            kind="text" if text else "media",
            media=None if text else "document",
            late=arrival.late,
            replies_to=named[0] if named else None,
            mark=arrival.mark,
        )
        urgent = _guess(lambda: is_emergency(text, channel, self._triage), otherwise=False)
        thanks = not urgent and _guess(
            lambda: is_thanks(message, channel, self._triage), otherwise=False
        )
        return message.model_copy(update={"urgent": urgent, "thanks": thanks})

    def _is_repeated(self, arrival: Arrival) -> bool:
        """Whether the same body came within an hour; the subject may be another each time."""
        body = new_text(replace(arrival.mail, subject="")).text or arrival.mail.subject
        channel, mark = arrival.channel, text_mark(body)
        return self._stores.bounds.repeated(channel.tenant, arrival.address, mark, arrival.mark)

    def _is_too_much(self, arrival: Arrival, message: PatientMessage) -> bool:
        """Whether its sender wrote so much within an hour that no answer would go out."""
        tenant, urgent = arrival.channel.tenant, message.urgent
        heard = self._stores.bounds.heard
        return heard(tenant, arrival.address, arrival.mark, arrival.now, urgent=urgent)

    def _admit(self, arrival: Arrival, message: PatientMessage) -> list[str]:
        admission = self._stores.conversations.admit(
            arrival.key,
            arrival.aliases,
            arrival.recipient,
            arrival.name,
            message,
            0.0 if message.urgent else arrival.channel.quiet_seconds,
        )
        self._follow(arrival, message, admission)
        if admission.verdict is not Admitted.NEW:
            return [admission.verdict.value]
        return ["late"] if message.late else []

    def _file(self, arrival: Arrival, message: PatientMessage, handoff: str | None) -> list[str]:
        admission = self._stores.conversations.file(
            arrival.key,
            arrival.aliases,
            arrival.recipient,
            arrival.name,
            message.model_copy(update={"text": message.text[:MOST_CHARACTERS]}),
            handoff,
            trusted=arrival.trusted,
        )
        if handoff is not None:
            self._follow(arrival, message, admission)
        if admission.verdict is Admitted.REPEATED:
            return [admission.verdict.value]
        return ["filed"] if handoff is not None else []

    def _follow(self, arrival: Arrival, message: PatientMessage, admission: Admission) -> None:
        """Flag what a person has to read, and note the wish to be left alone whoever reads it."""
        verdict = admission.verdict
        again = verdict is Admitted.REPEATED and arrival.again
        if verdict in {Admitted.PAUSED, Admitted.FILED} or again:
            self._flag(arrival, admission.conversation)
        if verdict is not Admitted.NEW and _guess(lambda: opts_out(message.text), otherwise=None):
            self._stores.conversations.opt_out(admission.conversation, arrival.now)

    def _flag(self, arrival: Arrival, conversation: str) -> None:
        post, channel = arrival.post, arrival.channel
        if channel.imap_host is None or not post.uid:  # it lies in no mailbox that is known
            return
        errand = Errand(
            id=f"flag {post.folder} {arrival.mark}",
            kind="flag",
            folder=post.folder,
            uid=post.uid,
            validity=post.validity,
            message=arrival.mail.message_id or "",
            conversation=conversation,
        )
        self._stores.errands.add(channel.name, errand)


def _own_text(arrival: Arrival) -> str:
    return new_text(arrival.mail).text.strip()[:MOST_CHARACTERS]


def _guess(read: Callable[[], _Guess], *, otherwise: _Guess) -> _Guess:
    """What a text looks like; a guess that fails loses no mail."""
    try:
        return read()
    except Exception:  # noqa: BLE001 - see above
        _log.exception("guess_failed")
        return otherwise
