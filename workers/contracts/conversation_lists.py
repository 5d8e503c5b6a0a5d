"""A tenant's conversations, page by page."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from workers.contracts import keys, logs, scripts
from workers.contracts.conversation import Conversation
from workers.contracts.errors import RecordError

if TYPE_CHECKING:
    from redis import Redis

_log = logs.logger(__name__)
#: A place in a list: the time (ms) and the id of a conversation.
PLACE: Final = r"[0-9]{1,15}-[0-9a-f]{32}"
#: Conversations that are looked at in one round trip for a contact's.
_SCANNED: Final = 500
#: Id, and time in milliseconds.
_Entry = tuple[str, float]


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """A part of a list; the next one begins after the place `after`; None: this is the last."""

    conversations: list[Conversation]
    after: str | None


class ConversationLists:
    """Lists of conversations in Redis."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._tidy = redis.register_script(scripts.source("conversations/tidy"))

    def page(self, tenant: str, *, needs_human: bool, limit: int, after: str) -> ConversationPage:
        """Up to `limit` conversations; what does not belong there any more is taken out.

        Args:
            tenant: whose.
            needs_human: those that wait for a person, the longest wait first; else all of them,
                the newest message first.
            limit: most conversations.
            after: the `after` of the page before; empty: from the beginning.

        Raises:
            ValueError: `after` is no place in a list.
        """
        name = keys.handoffs(tenant) if needs_human else keys.conversations(tenant)
        conversations: list[Conversation] = []
        last = ""
        while True:
            entries = self._entries(name, limit + 1, after, newest_first=not needs_human)
            for entry, conversation in self._read(tenant, entries, needs_human=needs_human):
                if len(conversations) == limit:
                    return ConversationPage(conversations, last)
                conversations.append(conversation)
                last = _place(*entry)
            if len(entries) <= limit:
                return ConversationPage(conversations, None)
            after = _place(*entries[-1])

    def of_contact(self, tenant: str, alias: str) -> list[Conversation]:
        """A contact's conversations on all channels, also on those that are gone, newest first.

        Args:
            tenant: whose.
            alias: by what the contact is known, now or earlier; see `numbers.alias_of`.
        """
        start, end = f"{alias.partition(':')[0]}:", f":{keys.hashed(alias)}"
        found: list[_Entry] = []
        name = keys.conversations(tenant)
        scores = dict(cast("Iterator[_Entry]", self._redis.zscan_iter(name, count=_SCANNED)))
        newest = sorted(scores.items(), key=lambda entry: -entry[1])
        for start_at in range(0, len(newest), _SCANNED):
            entries = newest[start_at : start_at + _SCANNED]
            pipe = self._redis.pipeline(transaction=False)
            for conversation_id, _ in entries:
                pipe.smembers(keys.aliases(conversation_id))
            for entry, members in zip(entries, pipe.execute(), strict=True):
                if any(each.startswith(start) and each.endswith(end) for each in members):
                    found.append(entry)
        return [record for _, record in self._read(tenant, found, needs_human=False)]

    def _entries(self, name: str, most: int, after: str, *, newest_first: bool) -> list[_Entry]:
        start, end = ("+inf", "-inf") if newest_first else ("-inf", "+inf")
        skip = 0
        if after:
            if not re.fullmatch(PLACE, after):
                raise ValueError("no place in a list of conversations")
            start, _, last = after.partition("-")
            same_ms = self._redis.zrange(name, cast("Any", start), cast("Any", start), byscore=True)
            skip = sum(
                other >= last if newest_first else other <= last
                for other in cast("list[str]", same_ms)
            )
        return cast(
            "list[_Entry]",
            self._redis.zrange(
                name, cast("Any", start), cast("Any", end), desc=newest_first, byscore=True,
                withscores=True, offset=skip, num=most,
            ),
        )  # fmt: skip

    def _read(
        self, tenant: str, entries: Sequence[_Entry], *, needs_human: bool
    ) -> list[tuple[_Entry, Conversation]]:
        pipe = self._redis.pipeline(transaction=False)
        for conversation_id, _ in entries:
            pipe.hgetall(keys.conversation(conversation_id))
        conversations, stale = [], []
        for entry, raw in zip(entries, pipe.execute(), strict=True):
            try:
                conversation = Conversation.from_hash(raw) if raw else None
            except RecordError:
                _log.error("conversation_unreadable", conversation=entry[0])
                continue
            if conversation is None or (needs_human and conversation.handoff is None):
                stale.append(entry[0])
            else:
                conversations.append((entry, conversation))
        if stale:  # checked again: a person may have been called since
            self._tidy(args=[tenant, *stale])
        return conversations


def _place(conversation_id: str, ms: float) -> str:
    return f"{ms:.0f}-{conversation_id}"
