"""Answers that identical questions share: found by what was asked, of whom, and what was known."""

import hashlib
import json
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from workers.contracts import scripts
from workers.contracts.question import Lane, Outcome, Request, Shared
from workers.contracts.reply import ConversationAddress

if TYPE_CHECKING:
    from redis.asyncio import Redis

#: Seconds that the head of a key is remembered at least: while it runs, and for those that
#: waited meanwhile.
_HEAD_KEPT_SECONDS: Final = 3600
#: Marks at a question's end that change nothing about what is asked.
_END_MARKS: Final = " ?!."


class Role(StrEnum):
    """What a question has to do where there is no answer yet."""

    LEAD = "lead"
    FOLLOW = "follow"  #: an identical one is being answered


@dataclass(frozen=True, slots=True)
class SharedAnswer:
    """The answer to an identical question, and how it is shared."""

    how: Shared
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class ShareKey:
    """What an answer is shared by.

    Attributes:
        digest: see `share_key`.
        knowledge: version of the documents that the answer has to come from.
    """

    digest: str
    knowledge: str


@dataclass(frozen=True, slots=True)
class Lookup:
    """One question that looks for its answer: `lane` is the one that it runs in."""

    key: ShareKey
    id: str
    lane: Lane
    asked_at: float


def normalised(question: str) -> str:
    """The question as it is compared: case, spaces and the marks at its end don't count.

    Every word and accent stays: questions that differ in "não" are as near as any two can be, and
    ask the opposite.
    """
    text = unicodedata.normalize("NFC", question).casefold()
    return " ".join(text.split()).rstrip(_END_MARKS)


def share_key(request: Request, knowledge: str, answering: str) -> str | None:
    """A digest that is equal where the answer has to be; None for a part of a conversation.

    What an asker calls a conversation is not known here, so no question of it is shared. A
    channel's question says itself which turns it goes on from: one without any may be shared.

    Args:
        request: tenant and question.
        knowledge: version of the tenant's documents and of its gate.
        answering: version of the model, the prompt and their settings.
    """
    of_channel = isinstance(request.reply_to, ConversationAddress)
    if request.context or (request.conversation_id is not None and not of_channel):
        return None
    parts = [request.tenant, normalised(request.question), knowledge, answering]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


class SharedAnswers:
    """Where answers are looked up: the records themselves, by a key to each.

    Args:
        redis: where they are.
        coalesce: whether identical questions that wait or run are answered once.
        fresh: seconds for which an answer serves questions that are asked after it; 0: none.
    """

    def __init__(self, redis: "Redis", *, coalesce: bool, fresh: float) -> None:
        self.coalesce = coalesce
        self._fresh = fresh
        self._find = redis.register_script(scripts.source("find_answers"))

    @property
    def on(self) -> bool:
        """Whether anything is shared at all."""
        return self.coalesce or self._fresh > 0

    async def find(self, lookups: Sequence[Lookup]) -> list[SharedAnswer | Role]:
        """The answer, or the role, of each question, in one round trip.

        A head is remembered by its question alone, so there is nothing to renew or to clean up:
        one that dies with its worker is taken over, and one that fails leads no more.
        """
        args: list[str | int] = [
            int(self._fresh * 1000),
            int((self._fresh + _HEAD_KEPT_SECONDS) * 1000),
            int(self.coalesce),
        ]
        for lookup in lookups:
            key, asked_ms = lookup.key, int(lookup.asked_at * 1000)
            args += [key.digest, lookup.id, lookup.lane.value, asked_ms, key.knowledge]
        return [_answer_or_role(*row) for row in await self._find(keys=[], args=args)]


def _answer_or_role(how: str, raw: str = "") -> SharedAnswer | Role:
    if how in tuple(Role):
        return Role(how)
    try:
        return SharedAnswer(Shared(how), Outcome.model_validate_json(raw))
    except ValidationError:
        return Role.LEAD  # of another version of the code: answer anew
