"""Conversations as a person sees them: read, taken over, given back, erased."""

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from workers.contracts import keys, logs, scripts
from workers.contracts.bursts import UNREADABLE, bubble, readable
from workers.contracts.conversation import Conversation, Entry
from workers.contracts.conversation_lists import ConversationLists, ConversationPage
from workers.contracts.errors import RecordError
from workers.contracts.question import Outcome, Status

if TYPE_CHECKING:
    from redis import Redis

    from workers.contracts.settings import QueueSettings

_log = logs.logger(__name__)
#: How long the assistant is silent once an attendant has claimed a conversation.
PAUSE_HOURS: Final = 12.0
_SCRIPTS: Final = (
    "admit", "amend", "ask", "bind", "claim", "erase", "file", "give_up", "mark", "note", "pause",
    "recent", "rekey", "release", "say",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Conflict:
    """Another attendant has the conversation."""

    attendant: str


class HandoffStore:
    """What a person does with conversations. Every change is one Lua script."""

    def __init__(self, redis: "Redis", settings: "QueueSettings") -> None:
        self._redis = redis
        self._retention = settings.retention_hours * 3600
        self._lists = ConversationLists(redis)
        self._scripts = {
            name: redis.register_script(scripts.source(f"conversations/{name}"))
            for name in _SCRIPTS
        }

    def _run(self, name: str, *args: str | float) -> Any:  # noqa: ANN401 - as the script says
        return self._scripts[name](args=args)

    def get(self, conversation_id: str) -> Conversation | None:
        """The conversation as it is now.

        Raises:
            RecordError: what is stored cannot be read.
        """
        raw = cast("dict[str, str]", self._redis.hgetall(keys.conversation(conversation_id)))
        return Conversation.from_hash(raw) if raw else None

    def transcript(self, conversation_id: str) -> list[Entry]:
        """What was said last, oldest first; bubbles that wait to be asked are at its end.

        What cannot be read hides nothing else: an entry is left out, a bubble a medium.
        """
        pipe = self._redis.pipeline()
        pipe.lrange(keys.transcript(conversation_id), 0, -1)
        pipe.zrange(keys.pending(conversation_id), 0, -1)
        lines, members = pipe.execute()
        name = f"conversation {conversation_id}"
        return [*readable(lines, name), *(_entry(member, name) for member in members)]

    def page(
        self, tenant: str, *, needs_human: bool, limit: int, after: str = ""
    ) -> ConversationPage:
        """Some of a tenant's conversations; see `ConversationLists.page`."""
        return self._lists.page(tenant, needs_human=needs_human, limit=limit, after=after)

    def of_contact(self, tenant: str, alias: str) -> list[Conversation]:
        """A contact's conversations; see `ConversationLists.of_contact`."""
        return self._lists.of_contact(tenant, alias)

    def pause(self, conversation_id: str, hours: float, by: str) -> bool:
        """Let the assistant be silent, from now for `hours`; False: no such conversation.

        A question in flight is cancelled, and bubbles that wait are in the transcript alone.
        """
        return bool(self._silence("pause", conversation_id, hours, by))

    def resume(self, conversation_id: str, by: str) -> bool:
        """Let the assistant answer again; False: no such conversation."""
        _log.info("conversation_resumed", conversation=conversation_id, by=by)
        return self._mark(conversation_id, paused_until="", paused_by="")

    def claim(
        self, conversation_id: str, attendant: str, hours: float = PAUSE_HOURS
    ) -> Conversation | Conflict | None:
        """Let one attendant see to a conversation, the assistant silent for `hours`.

        Returns:
            The conversation, or who has it; None: there is none.
        """
        reply = self._silence("claim", conversation_id, hours, attendant)
        return self._held(conversation_id, reply, attendant)

    def release(self, conversation_id: str, attendant: str) -> Conversation | Conflict | None:
        """Give a claimed conversation back: the assistant answers, anybody may claim; see `claim`.

        One that nobody has claimed stays as it is.
        """
        reply = self._run("release", conversation_id, attendant, "release")
        return self._held(conversation_id, reply, "")

    def close(self, conversation_id: str, attendant: str) -> Conversation | Conflict | None:
        """End a handoff: nobody has to see to it any more, the assistant answers; see `claim`."""
        reply = self._run("release", conversation_id, attendant, "close")
        return self._held(conversation_id, reply, "")

    def opt_out(self, conversation_id: str, at: float) -> bool:
        """Remember that the contact wants to hear nothing but answers; False: unknown."""
        return self._mark(conversation_id, opted_out_at=f"{at:.3f}")

    def opt_in(self, conversation_id: str) -> bool:
        """Forget that; False: no such conversation."""
        return self._mark(conversation_id, opted_out_at="")

    def disclosed(self, conversation_id: str, at: float | None) -> bool:
        """Remember when the contact was told that an assistant answers, or that he was not (None).

        False: no such conversation.
        """
        return self._mark(conversation_id, disclosed_at="" if at is None else f"{at:.3f}")

    def erase(self, conversation_id: str) -> list[str] | None:
        """Erase a conversation with all that was said, and its questions with their records.

        That its messages were seen is remembered by their hashes for 8 days, so that one that the
        channel sends again is no new one.

        Returns:
            The ids of its questions; None: there is no such conversation.
        """
        outcome = cancelled("erased")
        reply = self._run("erase", conversation_id, keys.GROUP, outcome, self._retention)
        return cast("list[str] | None", reply)

    def _silence(self, script: str, conversation_id: str, hours: float, by: str) -> Any:  # noqa: ANN401 - as the script says
        outcome, silence_ms = cancelled("person_took_over"), int(hours * 3_600_000)
        rest = (by, keys.GROUP, outcome, self._retention)
        return self._run(script, conversation_id, silence_ms, *rest)

    def _mark(self, conversation_id: str, **fields: str) -> bool:
        args = [part for field in fields.items() for part in field]
        return bool(self._run("mark", conversation_id, *args))

    def _held(
        self, conversation_id: str, holder: str | None, expected: str
    ) -> Conversation | Conflict | None:
        if holder is None:
            return None
        return self.get(conversation_id) if holder == expected else Conflict(holder)


def _entry(member: str, name: str) -> Entry:
    try:
        b = bubble(member, name)
    except RecordError:
        return Entry(by="patient", text="", at=time.time(), kind="media", media=UNREADABLE)
    return Entry(by="patient", text=b.text, at=b.sent_at, kind=b.kind, media=b.media)


def cancelled(reason: str) -> str:
    """The outcome of a question that is dropped, as JSON."""
    outcome = Outcome(status=Status.CANCELLED, text="", reason=reason)
    return outcome.model_dump_json(exclude_defaults=True)
