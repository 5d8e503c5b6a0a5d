"""One chat's messages as rows: who asks what, and what the clinic answered. Pure.

Each message is a part of a row's question, a part of its answer, or left out, once.
"""

from collections import deque
from collections.abc import Container, Iterable, Iterator
from typing import Final

from workers.channels.backfill.sources.checking import checked, is_courtesy
from workers.channels.backfill.sources.source import LeftOut, SourceOptions
from workers.channels.backfill.sources.whatsapp.addressee import addressee
from workers.channels.backfill.sources.whatsapp.content import content_of
from workers.channels.backfill.sources.whatsapp.exchange import (
    BURST_SECONDS,
    Asker,
    Bubble,
    Burst,
    Exchange,
)
from workers.channels.backfill.sources.whatsapp.messages import Message
from workers.channels.backfill.sources.whatsapp.wording import only_replies, says_nothing, wordless
from workers.contracts.backfill import BackfillRow

#: Questions that wait for an answer at most; the oldest is handed out without one.
_MOST_WAITING: Final = 200
#: Who writes in a group at the same time, and who is remembered: a group has 1,024 members.
_MOST_WRITING: Final = 1_024
_MOST_ASKERS: Final = 2 * _MOST_WRITING

Item = BackfillRow | LeftOut


class Dialogue:
    """Follows one chat, message by message.

    Args:
        clinic: the names under which the clinic writes.
        options: the user's.
        chat: what the chat is called, where a source has several.
    """

    def __init__(self, clinic: Container[str], options: SourceOptions, chat: str = "") -> None:
        self._clinic, self._options, self._chat = clinic, options, chat
        self._askers: dict[str, Asker] = {}
        self._writing: dict[str, Asker] = {}  # those whose bubbles are no question yet
        self._waiting = deque[Exchange]()
        self._before: Asker | None = None
        self._clinic_said = ""

    def items(self, messages: Iterable[Message | str]) -> Iterator[Item]:
        """Its rows, in the order in which they were asked, and what is left out.

        Args:
            messages: of the chat; a line before the first message as it stands.
        """
        for message in messages:
            if isinstance(message, str):
                yield from [LeftOut("preamble")] if message.strip() else []
            elif not message.sender:
                yield LeftOut("system")
            else:
                yield from self._take(message)
        for asker in [*self._writing.values()]:
            yield from self._close(asker)
        yield from self._ended(None)

    def _take(self, message: Message) -> Iterator[Item]:
        kind, text = content_of(message.text)
        if kind in ("system", "deleted"):
            yield LeftOut(kind)
            return
        bubble = Bubble(text, message.sent_at)
        yield from self._silent(bubble.seconds)
        if message.sender in self._clinic:
            yield from self._clinic_says(bubble)
        else:
            yield from self._patient_says(message.sender, bubble)
        yield from self._ended(bubble.seconds)

    def _patient_says(self, name: str, bubble: Bubble) -> Iterator[Item]:
        asker = self._asker(name)
        self._before = None
        if not bubble.text:
            asker.finish()
            yield LeftOut("media")
            return
        if not asker.burst.takes(bubble):
            yield from self._close(asker)
        asker.burst.add(bubble)
        self._writing[name] = asker

    def _asker(self, name: str) -> Asker:
        if name not in self._askers:
            if len(self._askers) >= _MOST_ASKERS:
                self._askers = {
                    known: each
                    for known, each in self._askers.items()
                    if known in self._writing or not all(one.is_over for one in each.open)
                }
            self._askers[name] = Asker(name, clinic_said=self._clinic_said)
        return self._askers[name]

    def _clinic_says(self, bubble: Bubble) -> Iterator[Item]:
        asker = addressee(bubble.text, self._askers, bubble.seconds, self._before)
        nothing = says_nothing(bubble.text) if bubble.text else None
        if bubble.text and (nothing != "clinic" or "?" in bubble.text):
            self._hear(bubble.text, asker)
        if nothing:
            yield LeftOut(nothing)
            return
        if asker is not None:
            yield from self._close(asker)
            asker.spoken_to_at, self._before = bubble.seconds, asker
        is_answer = asker is not None and asker.hear(bubble)
        if not bubble.text:
            yield LeftOut("media")
        elif not is_answer:
            yield LeftOut("clinic")

    def _hear(self, text: str, asker: Asker | None) -> None:
        """Keep what the clinic said last: a "yes" that follows is no question."""
        self._clinic_said = text
        for each in [asker] if asker else self._askers.values():
            each.clinic_said = text

    def _silent(self, seconds: float) -> Iterator[Item]:
        """End the bursts to which nothing can be added any more."""
        while self._writing:
            asker = next(iter(self._writing.values()))
            is_writing = seconds - asker.burst.bubbles[-1].seconds <= BURST_SECONDS
            if is_writing and len(self._writing) <= _MOST_WRITING:
                return
            yield from self._close(asker)

    def _close(self, asker: Asker) -> Iterator[Item]:
        """Make a question of what somebody wrote, if it is one."""
        burst, asker.burst = asker.burst, Burst()
        self._writing.pop(asker.name, None)
        # Of several bubbles the first may be "boa noite", or a "sim" to the clinic's question.
        while burst.bubbles:
            text = burst.bubbles[0].text if len(burst.bubbles) > 1 else burst.text
            if not (reason := _no_question(text, asker.clinic_said)):
                question = burst.text[: self._options.longest + 1]
                self._waiting.append(asker.ask(question, burst))
                return
            burst.bubbles.pop(0)
            yield LeftOut(reason)

    def _ended(self, seconds: float | None) -> Iterator[Item]:
        """Hand out the oldest questions to which no answer can be added any more.

        Args:
            seconds: how late it is, in Unix seconds; None at the chat's end.
        """
        while self._waiting:
            exchange = self._waiting[0]
            if (
                seconds is not None
                and exchange.awaits(seconds)
                and len(self._waiting) <= _MOST_WAITING
            ):
                return
            self._waiting.popleft().is_over = True
            item = checked(exchange.row(self._chat), self._options, courtesies=True)
            yield from [item] * (1 if isinstance(item, BackfillRow) else exchange.messages)


def _no_question(text: str, clinic_said: str) -> str:
    """Why a patient's words are no question, as a fixed word; empty where they may be one."""
    if wordless(text) or is_courtesy(text):
        return "courtesy"
    return "reply" if only_replies(text, clinic_said) else ""
