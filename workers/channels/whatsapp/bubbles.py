"""What patients write goes into their conversations: messages, edits, and what they take back.

Meta promises no order, so an edit, or a wish to take a text back, may come before that text.
"""

from collections.abc import Callable
from typing import Final, TypeVar

from workers.answering.triage.opt_out import opts_out
from workers.answering.triage.triage import Triage
from workers.channels.bursts import is_emergency, is_thanks, quiet_seconds
from workers.channels.whatsapp.events import EditEvent, MessageEvent, Person, RevokeEvent
from workers.contracts import logs
from workers.contracts.conversation import ChannelKey, PatientMessage
from workers.contracts.conversations import Admitted, ConversationStore
from workers.contracts.whatsapp_channel import WhatsAppChannel

_log = logs.logger(__name__)
_Guess = TypeVar("_Guess")
_MINUTE: Final = 60
#: Seconds in which what is written in several bubbles may be one cry for help.
_TOGETHER_SECONDS: Final = 60.0


class Bubbles:
    """Takes in what patients write.

    Args:
        conversations: where it is kept.
        triage: the word lists, which say how long a bubble waits for others.
        clock: Unix seconds.
    """

    def __init__(
        self, conversations: ConversationStore, triage: Triage, clock: Callable[[], float]
    ) -> None:
        self._conversations = conversations
        self._triage = triage
        self._clock = clock

    def write(self, event: MessageEvent, channel: WhatsAppChannel, came_at: float) -> list[str]:
        """Take a message in, and say what became of it where it is not simply asked.

        Args:
            event: the message.
            channel: it came by.
            came_at: when, in Unix seconds; it counts where the message has no time of its own.
        """
        if event.group is not None and not channel.groups:
            return ["group"]
        now = self._clock()
        sent_at = min(event.origin.sent_at or came_at, now)
        late = now - sent_at > channel.late_minutes * _MINUTE
        message = PatientMessage(
            id=event.origin.id,
            text=event.text,
            sent_at=sent_at,
            kind=event.kind,
            media=event.type if event.kind == "media" else None,
            late=late,
            replies_to=event.replies_to,
        )
        message = message.model_copy(update=self._marks(event, message, channel))
        admitted = self._admit(event.sender, message, channel)
        if admitted is not Admitted.NEW:
            return [admitted.value]
        return ["late"] if late else []

    def _marks(
        self, event: MessageEvent, message: PatientMessage, channel: WhatsAppChannel
    ) -> dict[str, object]:
        """What a message's words say of it, also together with those before it.

        A person may have the conversation: then nothing looks at a whole burst later.
        """
        if self._is_urgent(event.text, channel):
            return {"urgent": True}
        if not event.text.strip():
            return {}
        before = "\n".join(
            self._conversations.recent(
                channel.name, event.sender.aliases, message.sent_at - _TOGETHER_SECONDS
            )
        )
        together = f"{before}\n{event.text}"
        if (
            before
            and self._is_urgent(together, channel)
            and not self._is_urgent(before, channel)  # that was answered for
        ):
            return {"urgent": True, "emergency": together}
        thanks = _guess(lambda: is_thanks(message, channel, self._triage), otherwise=False)
        return {"thanks": thanks}

    def edit(self, event: EditEvent, channel: WhatsAppChannel) -> None:
        """The newest text counts until it is asked; an emergency is answered whenever it comes."""
        if event.group is not None and not channel.groups:
            return
        now = self._clock()
        sent_at = min(event.origin.sent_at or now, now)
        conversations, original = self._conversations, event.original
        if self._is_urgent(event.text, channel):
            conversations.revoke(channel.name, original)
            message = PatientMessage(
                id=event.origin.id, text=event.text, sent_at=sent_at, urgent=True, edits=original
            )
            self._admit(event.sender, message, channel)
            return
        if conversations.amend(channel.name, original, event.text) or not event.text.strip():
            return
        message = PatientMessage(id=original, text=event.text, sent_at=sent_at)
        if self._admit(event.sender, message, channel) is Admitted.REPEATED:
            conversations.amend(channel.name, original, event.text)  # it came in between

    def take_back(self, event: RevokeEvent, channel: WhatsAppChannel) -> None:
        """What is taken back before it is asked, or before it comes, is not asked."""
        self._conversations.revoke(channel.name, event.original)

    def _admit(self, sender: Person, message: PatientMessage, channel: WhatsAppChannel) -> Admitted:
        wait = _guess(
            lambda: quiet_seconds(message, channel, self._triage), otherwise=channel.quiet_seconds
        )
        admission = self._conversations.admit(
            key_of(channel), sender.aliases, sender.recipient, sender.name, message, wait
        )
        # What is not asked is not read again, but this wish counts whoever has the conversation.
        wishes = admission.verdict is not Admitted.NEW and _guess(
            lambda: opts_out(message.text), otherwise=None
        )
        if wishes:
            self._conversations.opt_out(admission.conversation, self._clock())
        return admission.verdict

    def _is_urgent(self, text: str, channel: WhatsAppChannel) -> bool:
        return _guess(lambda: is_emergency(text, channel, self._triage), otherwise=False)


def key_of(channel: WhatsAppChannel) -> ChannelKey:
    """A channel as conversations name it."""
    return ChannelKey(tenant=channel.tenant, channel=channel.name, kind=channel.kind)


def _guess(read: Callable[[], _Guess], *, otherwise: _Guess) -> _Guess:
    """What a text looks like; a guess that fails loses no message."""
    try:
        return read()
    except Exception:  # noqa: BLE001 - see above
        _log.exception("guess_failed")
        return otherwise
