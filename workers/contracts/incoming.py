"""What patients write comes in: it finds or opens its conversation. Each change is one script."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, cast

from pydantic_core import to_json

from workers.contracts import keys
from workers.contracts.conversation import ChannelKey, PatientMessage
from workers.contracts.handoffs import HandoffStore
from workers.contracts.numbers import alias_of
from workers.contracts.questions import new_id

#: A channel may send a message again for seven days.
SEEN_SECONDS: Final = 8 * 24 * 3600


class Admitted(StrEnum):
    """What became of a bubble."""

    NEW = "new"
    REPEATED = "repeated"  #: it came before
    PAUSED = "paused"  #: a person has the conversation: it is in the transcript alone
    FILED = "filed"  #: it is in the transcript alone, as it was to be


@dataclass(frozen=True, slots=True)
class Admission:
    """The answer to a bubble: its conversation's id, and what became of it."""

    conversation: str
    verdict: Admitted


class IncomingStore(HandoffStore):
    """Conversations as channels fill them."""

    def admit(  # noqa: PLR0913, PLR0917 - what a channel knows of a bubble
        self,
        channel: ChannelKey,
        aliases: Sequence[str],
        recipient: Mapping[str, str],
        name: str | None,
        message: PatientMessage,
        wait: float,
    ) -> Admission:
        """Let a bubble wait for the rest of its burst, in its contact's conversation.

        Args:
            channel: where it came in.
            aliases: by what its conversation is found, at least one, as `kind:name`, the strongest
                first. Of a contact: `user:` ones, `phone:`. Of a mail: `thread:{sender}|{id}` of
                its own Message-ID and of those that it names, `subject:{sender}|{subject}`.
            recipient: how the channel names the contact; of e-mail see `Conversation`.
            name: what the contact calls himself.
            message: the bubble; one whose mark, else id, came before, in 8 days, changes nothing.
            wait: seconds of quiet after this bubble; 0: the burst is due at once.
        """
        arrival = self._arrival(channel, aliases, recipient, name, message)
        names = _names(aliases, recipient)
        conversation, verdict = self._run("admit", *arrival, int(wait * 1000), *names)
        return Admission(conversation, Admitted(verdict))

    def file(  # noqa: PLR0913, PLR0917 - what a channel knows of a message
        self,
        channel: ChannelKey,
        aliases: Sequence[str],
        recipient: Mapping[str, str],
        name: str | None,
        message: PatientMessage,
        handoff: str | None,
        *,
        trusted: bool = True,
    ) -> Admission:
        """Enter a message into the transcript alone: nothing is asked, and nothing sent.

        Args:
            channel: where it came in.
            aliases: as in `admit`.
            recipient: as in `admit`.
            name: what the contact calls himself.
            message: as in `admit`, and one that came there before changes nothing here.
            handoff: why a person is called; None: nobody is.
            trusted: False for what may be forged: of it an existing conversation learns neither
                aliases nor a recipient, so that no answer can be led astray.
        """
        arrival = self._arrival(channel, aliases, recipient, name, message)
        how = (handoff or "", "1" if trusted else "")
        names = _names(aliases, recipient)
        conversation, verdict = self._run("file", *arrival, *how, *names)
        return Admission(conversation, Admitted(verdict))

    def _arrival(
        self,
        channel: ChannelKey,
        aliases: Sequence[str],
        recipient: Mapping[str, str],
        name: str | None,
        message: PatientMessage,
    ) -> tuple[str | int, ...]:
        return (
            new_id(),
            channel.tenant,
            channel.channel,
            channel.kind,
            channel.scope,
            keys.hashed(message.mark or message.id),
            SEEN_SECONDS,
            json_of(recipient),
            name or "",
            message.model_dump_json(exclude_defaults=True),
            self._retention,
            _contact(recipient) or aliases[0],
        )

    def bind(self, conversation_id: str, channel: str, aliases: Sequence[str]) -> bool:
        """Let a conversation be found by further aliases: by ids and subjects of what we wrote.

        Doing it twice changes nothing. False: no such conversation.
        """
        fixed = (conversation_id, channel, self._retention)
        return bool(self._run("bind", *fixed, *alias_arguments(aliases)))

    def recent(self, channel: str, aliases: Sequence[str], since: float) -> list[str]:
        """What a contact wrote since then that waits to be asked, or that a person has to read."""
        texts = self._run("recent", channel, f"{since:.3f}", *alias_arguments(aliases))
        return cast("list[str]", texts)

    def amend(self, channel: str, message_id: str, text: str) -> bool:
        """Change the text of a bubble that waits; False: it was asked, so this is only noted."""
        return self._amend(channel, message_id, "text", text)

    def revoke(self, channel: str, message_id: str) -> bool:
        """Take a bubble back that waits, or comes later; False: it does not wait."""
        return self._amend(channel, message_id, "revoke", "")

    def _amend(self, channel: str, message_id: str, how: str, text: str) -> bool:
        hashed, now = keys.hashed(message_id), f"{time.time():.3f}"
        kept = (self._retention, SEEN_SECONDS)
        return bool(self._run("amend", channel, hashed, message_id, how, text, now, *kept))

    def rekey(
        self,
        channel: str,
        old_aliases: Sequence[str],
        new_aliases: Sequence[str],
        recipient: Mapping[str, str],
        message_id: str | None = None,
    ) -> str | None:
        """Let a contact's conversation be found by new aliases; None: there is none.

        Args:
            channel: where it changed.
            old_aliases: by what the contact was known. Of these, user ids are kept.
            new_aliases: by what it is known now, at least one.
            recipient: how the channel names it now; nothing of the earlier one stays.
            message_id: of the message that tells it; one that came before, in 8 days, changes
                nothing.
        """
        old, new = alias_arguments(old_aliases), alias_arguments(new_aliases)
        told = (keys.hashed(message_id) if message_id else "", SEEN_SECONDS)
        fixed = (channel, json_of(recipient), new_aliases[0], self._retention, *told, len(old))
        return cast("str | None", self._run("rekey", *fixed, *old, *new))


def json_of(fields: Mapping[str, str]) -> str:
    """Fields as the scripts take them."""
    return to_json(dict(fields)).decode()


def alias_arguments(aliases: Sequence[str]) -> list[str]:
    """Kind and hash of each alias, as the scripts take them."""
    return [part for alias in aliases for part in (alias.partition(":")[0], keys.hashed(alias))]


def _contact(recipient: Mapping[str, str]) -> str | None:
    """By what a correspondent's conversations are listed: there is one for each thread."""
    return alias_of(recipient["email"]) if recipient.get("email") else None


def _names(aliases: Sequence[str], recipient: Mapping[str, str]) -> list[str]:
    contact = _contact(recipient)
    return alias_arguments([*aliases, contact] if contact else aliases)
