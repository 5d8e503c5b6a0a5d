"""Bursts: what a patient writes in several bubbles is one question."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from workers.contracts.conversation import Conversation, Entry, PatientMessage, Turn

#: Turns that a follow-up may go on from, and for how many seconds after them.
_MOST_TURNS: Final = 3
_TURN_SECONDS: Final = 30 * 60


@dataclass(frozen=True, slots=True)
class Burst:
    """Bubbles that are due, leased to whoever took them.

    Attributes:
        conversation: as it is now.
        messages: in the order in which they were sent; of equal times, in which they came.
        turns: the last ones, oldest first, which the burst may go on from.
        waiting: text of a question that is in line and not claimed: what is asked now must begin
            with it, since that one is cancelled.
        busy: an earlier question is being answered. Only what has its outcome can be asked now.
        fence: the conversation's revision: a burst that changed since is not asked.
    """

    conversation: Conversation
    messages: tuple[PatientMessage, ...]
    turns: tuple[Turn, ...]
    waiting: str | None
    busy: bool
    fence: int

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> Self:
        """Read what the script gives.

        Raises:
            RecordError: a record was written by another version, or is damaged.
        """
        fields, members, entries, waiting, busy = row
        conversation = Conversation.from_hash(dict(zip(fields[::2], fields[1::2], strict=True)))
        name = f"conversation {conversation.id}"
        lines = [Entry.read(entry, name) for entry in entries]
        messages = tuple(bubble(member, name) for member in members)
        since = time.time() - _TURN_SECONDS
        turns = tuple(turn for turn in turns_of(lines) if turn.at >= since)[-_MOST_TURNS:]
        return cls(
            conversation, messages, turns, waiting or None, busy == "1", conversation.revision
        )


def bubble(member: str, name: str) -> PatientMessage:
    """A bubble as it waits: the number of its arrival, a space, JSON.

    Raises:
        RecordError: of `name`: it cannot be read.
    """
    return PatientMessage.read(member.partition(" ")[2], name)


def turns_of(entries: Sequence[Entry]) -> Iterator[Turn]:
    """The exchanges in a transcript: what was asked, with its answers.

    A bubble whose question has no answer of its own, since a person took over or the next one took
    it in, belongs to the answer that comes next. An answer to nothing goes on from the one before.
    """
    answered = {entry.question for entry in entries if entry.by != "patient"} - {None}
    asked: list[Entry] = []
    last: Turn | None = None
    for entry in entries:
        if entry.by == "patient":
            asked.append(entry)
            continue
        others = [e for e in asked if e.question in answered - {entry.question}]
        mine = [e for e in asked if e not in others]
        if mine or last is None:
            if last is not None and last.question:
                yield last
            question = "\n".join(e.text for e in mine if e.text)
            last = Turn(question=question, answer=entry.text, at=entry.at, by=entry.by)
        else:
            answer = f"{last.answer}\n{entry.text}"
            last = last.model_copy(update={"answer": answer, "at": entry.at, "by": entry.by})
        asked = others
    if last is not None and last.question:
        yield last
