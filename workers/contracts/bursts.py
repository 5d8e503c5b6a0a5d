"""Bursts: what a patient writes in several bubbles is one question."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from workers.contracts import logs
from workers.contracts.conversation import Conversation, Entry, PatientMessage, Turn
from workers.contracts.errors import RecordError

_log = logs.logger(__name__)

#: Turns that a follow-up may go on from, and for how many seconds after them.
_MOST_TURNS: Final = 3
_TURN_SECONDS: Final = 30 * 60
#: A burst that was taken so often and neither asked nor refused fails each time.
MOST_TAKES: Final = 4
#: What a bubble that cannot be read is called among media.
UNREADABLE: Final = "unreadable"


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
        takes: how often it was taken since something was last asked, or could not be for a reason
            that passes.
    """

    conversation: Conversation
    messages: tuple[PatientMessage, ...]
    turns: tuple[Turn, ...]
    waiting: str | None
    busy: bool
    fence: int
    takes: int = 1

    @property
    def is_stuck(self) -> bool:
        """Whether asking it has failed so often that a person has to see to it."""
        return self.takes >= MOST_TAKES

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> Self:
        """Read what the script gives.

        An entry of the transcript that cannot be read is left out. A bubble that cannot is an error
        for a while, since another version's worker may read it; then it's a medium.

        Raises:
            RecordError: a record was written by another version, or is damaged.
        """
        flat, members, entries, waiting, busy = row
        fields = dict(zip(flat[::2], flat[1::2], strict=True))
        conversation = Conversation.from_hash(fields)
        takes, name = takes_of(fields), f"conversation {conversation.id}"
        messages = tuple(_bubble(member, conversation, takes) for member in members)
        since = time.time() - _TURN_SECONDS
        lines = readable(entries, name)
        turns = tuple(turn for turn in turns_of(lines) if turn.at >= since)[-_MOST_TURNS:]
        revision = conversation.revision
        return cls(conversation, messages, turns, waiting or None, busy == "1", revision, takes)


def takes_of(fields: Mapping[str, str]) -> int:
    """How often the burst of a conversation's hash was taken."""
    takes = fields.get("takes", "")
    return int(takes) if takes.isdecimal() else 1


def _bubble(member: str, conversation: Conversation, takes: int) -> PatientMessage:
    try:
        return bubble(member, f"conversation {conversation.id}")
    except RecordError:
        if takes < MOST_TAKES:
            raise
    sent_at = conversation.last_message_at
    return PatientMessage(id="", text="", sent_at=sent_at, kind="media", media=UNREADABLE)


def readable(entries: Sequence[str], name: str) -> list[Entry]:
    """The entries of a transcript that can be read; `name` is what the log calls the others'."""
    lines = []
    for entry in entries:
        try:
            lines.append(Entry.read(entry, name))
        except RecordError as error:
            _log.error("entry_unreadable", error=str(error))
    return lines


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
