"""What people write to patients outside of Atende, in the channel's own app."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from workers.contracts import keys, scripts
from workers.contracts.conversation import ChannelKey, Entry
from workers.contracts.handoffs import cancelled
from workers.contracts.incoming import (
    SEEN_SECONDS,
    Admission,
    Admitted,
    alias_arguments,
    json_of,
)
from workers.contracts.questions import new_id
from workers.contracts.send import text_mark

if TYPE_CHECKING:
    from redis import Redis

    from workers.contracts.settings import QueueSettings

#: Who lets the assistant be silent, as a conversation shows it.
PHONE: Final = "phone"
#: Questions of a conversation that may be what was echoed, and the age (ms) from which a text that
#: was sent already is one that a person has written again.
_LAST_QUESTIONS: Final = 20
_REPEATED_MS: Final = 3_600_000


@dataclass(frozen=True, slots=True)
class Ours:
    """Whose outcome an echo is; `settles`: its message had no id, and this echo gives it one."""

    question: str
    settles: bool


class EchoStore:
    """Takes in what people wrote elsewhere: they have the conversation. One script."""

    def __init__(self, redis: "Redis", settings: "QueueSettings") -> None:
        self._retention = settings.retention_hours * 3600
        self._script = redis.register_script(scripts.source("conversations/echo"))
        self._ours = redis.register_script(scripts.source("conversations/ours"))

    def ours(self, channel: str, aliases: Sequence[str], text: str) -> Ours | None:
        """Whether what was written to a contact is what we sent, by its text; None: it is not.

        Args:
            channel: the channel's name.
            aliases: by what the receiver is known; see `ConversationStore.admit`.
            text: what was written; empty for a template.
        """
        fixed = (channel, text_mark(text), _LAST_QUESTIONS, _REPEATED_MS)
        reply = self._ours(args=[*fixed, *alias_arguments(aliases)])
        return Ours(reply[0], reply[1] == "1") if reply else None

    def take(
        self,
        channel: ChannelKey,
        aliases: Sequence[str],
        recipient: Mapping[str, str],
        message: tuple[str, Entry],
        hours: float,
    ) -> Admission:
        """Let the assistant be silent for `hours`, and enter what was written.

        A question in flight is cancelled. A contact without a conversation gets one.

        Args:
            channel: where it was written.
            aliases: by what the receiver is known, at least one; see `ConversationStore.admit`.
            recipient: how the channel names the receiver.
            message: its id, and what it says; one that came before, in 8 days, changes nothing.
            hours: of silence.
        """
        message_id, entry = message
        conversation, verdict = self._script(
            args=[
                new_id(),
                channel.tenant,
                channel.channel,
                channel.kind,
                channel.scope,
                keys.hashed(message_id),
                SEEN_SECONDS,
                json_of(recipient),
                entry.model_dump_json(exclude_defaults=True),
                int(hours * 3_600_000),
                PHONE,
                keys.GROUP,
                cancelled("person_took_over"),
                self._retention,
                aliases[0],
                *alias_arguments(aliases),
            ]
        )
        return Admission(conversation, Admitted(verdict))
