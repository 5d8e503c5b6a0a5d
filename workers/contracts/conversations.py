"""Conversations in Redis: bursts are asked, and words are said."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from workers.contracts import keys, logs, scripts
from workers.contracts.bursts import MOST_TAKES, Burst, takes_of
from workers.contracts.conversation import Entry
from workers.contracts.errors import NoConversationError, RecordError
from workers.contracts.handoffs import Conflict, cancelled
from workers.contracts.incoming import Admission, Admitted, IncomingStore
from workers.contracts.question import Outcome, Request
from workers.contracts.questions import new_id

if TYPE_CHECKING:
    from redis import Redis

    from workers.contracts.settings import QueueSettings

__all__ = [
    "Admission", "Admitted", "AskVerdict", "Asked", "Burst", "Conflict", "ConversationStore",
]  # fmt: skip

_log = logs.logger(__name__)
#: A burst that was taken and not asked is due again after so long.
LEASE_SECONDS: Final = 10.0
#: The last entries of a transcript, from which turns are read.
_ENTRIES_READ: Final = 40


class AskVerdict(StrEnum):
    """What became of a burst."""

    ASKED = "asked"
    CHANGED = "changed"  #: more was written, or a person took over: it is taken again, if at all
    FULL = "full"  #: the lane is at its limit: it is due again after the lease
    BUSY = "busy"  #: an earlier question is being answered: due once that has ended


@dataclass(frozen=True, slots=True)
class Asked:
    """The answer to a burst; `id` is the question's where it was asked."""

    verdict: AskVerdict
    id: str = ""


class ConversationStore(IncomingStore):
    """Conversations in Redis. Every change is one Lua script: all of it happens, or none.

    Args:
        redis: where they are.
        settings: how long they are kept, and how many questions may wait.
        lease: seconds after which a burst that was taken and not asked is due again.
    """

    def __init__(
        self, redis: "Redis", settings: "QueueSettings", lease: float = LEASE_SECONDS
    ) -> None:
        super().__init__(redis, settings)
        self._limit = settings.queue_limit
        self._lease_ms = int(lease * 1000)
        self._take_due = redis.register_script(scripts.source("conversations/take_due"))

    def take_due(self, most: int) -> list[Burst]:
        """Take up to `most` bursts that are due: nobody else's until the lease ends."""
        args = [most, self._lease_ms, _ENTRIES_READ, MOST_TAKES]
        rows = self._take_due(keys=[keys.BURSTS], args=args)
        bursts = []
        for row in rows:
            try:
                bursts.append(Burst.from_row(row))
            except RecordError as error:  # it stays, for a version that can read it, but not long
                _log.error("burst_unreadable", error=str(error))
                fields = dict(zip(row[0][::2], row[0][1::2], strict=True))
                if takes_of(fields) >= MOST_TAKES:
                    self.give_up(fields.get("id", ""))
        return bursts

    def ask(self, burst: Burst, request: Request, outcome: Outcome | None = None) -> Asked:
        """Make a burst one question, all of its bubbles or none.

        Args:
            burst: as it was taken.
            request: what is asked; where the burst has a `waiting` text it begins with that, and
                the question in line is cancelled.
            outcome: ends the question in the same step, in line with nothing, its delivery
                pending. What is in flight goes on.
        """
        verdict, question_id = self._run(
            "ask",
            burst.conversation.id,
            burst.fence,
            len(burst.messages),
            new_id(),
            *_request_arguments(request),
            "" if request.expires_at is None else int(request.expires_at * 1000),
            self._limit,
            self._retention,
            keys.GROUP,
            *_ended(outcome),
            cancelled("merged"),
            "" if burst.waiting is None else "1",
        )
        return Asked(AskVerdict(verdict), question_id)

    def spare(self, conversation_id: str) -> bool:
        """Let a burst that was taken count as one that did not fail."""
        return self._mark(conversation_id, takes="")

    def give_up(self, conversation_id: str) -> bool:
        """Leave what waits to be asked to a person; False: no such conversation."""
        return bool(self._run("give_up", conversation_id, self._retention))

    def say(
        self,
        conversation_id: str,
        request: Request,
        outcome: Outcome,
        question_id: str | None = None,
    ) -> str:
        """Send a person's or the system's words; returns the id of the question that holds them.

        Args:
            conversation_id: where.
            request: what is kept with them.
            outcome: the words.
            question_id: the id to use, 32 hex digits; one that is there says nothing again.

        Raises:
            NoConversationError: there is no such conversation.
        """
        question_id = question_id or new_id()
        said = self._run(
            "say",
            conversation_id,
            question_id,
            *_request_arguments(request),
            self._retention,
            keys.GROUP,
            *_ended(outcome),
        )
        if not said:
            raise NoConversationError(f"there is no conversation {conversation_id}")
        return question_id

    def note(self, conversation_id: str, entry: Entry) -> bool:
        """Write into the transcript what was said elsewhere, e.g. in the phone's own app."""
        entry_json = entry.model_dump_json(exclude_defaults=True)
        return bool(self._run("note", conversation_id, entry_json, self._retention))


def _request_arguments(request: Request) -> list[str]:
    request_json = request.model_dump_json(exclude_defaults=True)
    return [request_json, request.lane.value, "1" if request.reply_to else "0"]


def _ended(outcome: Outcome | None) -> tuple[str, str]:
    if outcome is None:
        return "", ""
    return outcome.status.value, outcome.model_dump_json(exclude_defaults=True)
