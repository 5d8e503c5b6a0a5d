"""A question of a chat with what the clinic answered then, and who asked it."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from ingestion.folding import fold
from workers.answering.follow_up import FORGOTTEN_SECONDS, follow_up_of
from workers.channels.backfill.sources.checking import text_key
from workers.channels.burst_text import burst_text
from workers.contracts.backfill import MOST_TURNS, BackfillRow, cut
from workers.contracts.conversation import PatientMessage, Turn

#: Seconds between two bubbles of one question, as live.
BURST_SECONDS: Final = 120
#: Bubbles and characters of a burst; what follows is another one.
_MOST_BUBBLES: Final = 100
_MOST_CHARS: Final = 64 * 1024
#: Seconds after a question in which the clinic's words may be its answer, and between two bubbles
#: of an answer.
ANSWER_SECONDS: Final = 3 * 24 * 3600
BUBBLE_SECONDS: Final = 30 * 60
#: Characters of an answer that are kept, and of one in the context of a later question.
_LONGEST_ANSWER: Final = 4_000
_LONGEST_TURN: Final = 1_000


@dataclass(frozen=True, slots=True)
class Bubble:
    """A message of a chat that says something."""

    text: str
    sent_at: datetime

    @property
    def seconds(self) -> float:
        """When, in Unix seconds."""
        return self.sent_at.timestamp()


@dataclass(slots=True)
class Burst:
    """Bubbles of one patient that are one question."""

    bubbles: list[Bubble] = field(default_factory=list)
    chars: int = 0

    def takes(self, bubble: Bubble) -> bool:
        """Whether a bubble belongs to it."""
        last = self.bubbles[-1].seconds if self.bubbles else bubble.seconds
        has_room = len(self.bubbles) < _MOST_BUBBLES and self.chars < _MOST_CHARS
        return has_room and abs(bubble.seconds - last) <= BURST_SECONDS

    def add(self, bubble: Bubble) -> None:
        """Take a bubble in."""
        self.bubbles.append(bubble)
        self.chars += len(bubble.text)

    @property
    def text(self) -> str:
        """Its question."""
        bubbles = (
            PatientMessage(id=str(place), text=bubble.text, sent_at=bubble.seconds)
            for place, bubble in enumerate(self.bubbles)
        )
        return burst_text([*bubbles]).question


@dataclass(slots=True, eq=False)
class Exchange:
    """A question, and the clinic's answer as far as it has come.

    Attributes:
        name: who asked.
        context: the turns before it, where it goes on from them.
        messages: of how many it and its answer consist.
        answered_at: when the clinic's last bubble came, in Unix seconds; media count.
        is_over: whether nothing more can belong to its answer.
    """

    name: str
    text: str
    asked_at: datetime
    context: tuple[Turn, ...] = ()
    messages: int = 1
    answer: list[str] = field(default_factory=list)
    answered_at: float | None = None
    is_over: bool = False

    def awaits(self, seconds: float) -> bool:
        """Whether what the clinic writes at that time may be its answer."""
        if self.is_over:
            return False
        if self.answered_at is not None:
            return seconds - self.answered_at <= BUBBLE_SECONDS
        return seconds - self.asked_at.timestamp() <= ANSWER_SECONDS

    @property
    def later_answer(self) -> str:
        """The clinic's words."""
        return cut("\n".join(self.answer), _LONGEST_ANSWER)

    def turn(self) -> Turn:
        """It, as a turn before a later question."""
        ended_at = self.answered_at or self.asked_at.timestamp()
        question, answer = cut(self.text, _LONGEST_TURN), cut(self.later_answer, _LONGEST_TURN)
        return Turn(question=question, answer=answer, at=ended_at, by="person")

    def row(self, chat: str) -> BackfillRow:
        """It as a row; `chat` says of which chat, where a source has several."""
        columns = {"nome": self.name} | ({"conversa": chat} if chat else {})
        stamp = self.asked_at.isoformat()
        return BackfillRow(
            key=text_key(self.name, stamp, self.text),
            place=f"mensagem de {self.asked_at:%d/%m/%Y %H:%M}",
            question=self.text,
            asked_at=self.asked_at.timestamp(),
            context=self.context,
            columns=columns,
            later_answer=self.later_answer,
        )


@dataclass(slots=True)
class Asker:
    """One who asks in a chat.

    Attributes:
        burst: what he has written since; not yet a question.
        open: his questions to which more may come.
        past: his last questions.
        clinic_said: the clinic's last words to him.
        spoken_to_at: when the clinic wrote to him last, in Unix seconds.
        plain: the name, folded.
    """

    name: str
    burst: Burst = field(default_factory=Burst)
    open: list[Exchange] = field(default_factory=list)
    past: deque[Exchange] = field(default_factory=lambda: deque(maxlen=MOST_TURNS))
    clinic_said: str = ""
    spoken_to_at: float = 0.0
    plain: str = field(init=False)

    def __post_init__(self) -> None:
        self.plain = fold(self.name)

    def ask(self, text: str, burst: Burst) -> Exchange:
        """A burst as a question that waits for its answer; those answered before are over."""
        first = burst.bubbles[0]
        turns = self._turns(first.seconds)
        goes_on = follow_up_of(text, turns, first.seconds) is not None
        exchange = Exchange(self.name, text, first.sent_at, turns if goes_on else ())
        exchange.messages = len(burst.bubbles)
        self.finish()
        self.open = [*(each for each in self.open if not each.is_over), exchange]
        self.past.append(exchange)
        return exchange

    def _turns(self, seconds: float) -> tuple[Turn, ...]:
        """The turns before a question, back to a silence behind which all is forgotten."""
        turns: list[Turn] = []
        for exchange in reversed(self.past):
            turn = exchange.turn()
            if seconds - turn.at > FORGOTTEN_SECONDS:
                break
            turns.insert(0, turn)
            seconds = exchange.asked_at.timestamp()
        return tuple(turns)

    def finish(self) -> None:
        """End what was answered: he asks anew, or shows what the clinic may write about now."""
        for exchange in self.open:
            exchange.is_over = exchange.is_over or exchange.answered_at is not None

    def hear(self, bubble: Bubble) -> bool:
        """Whether the clinic's bubble is a part of an answer; one without text is a medium."""
        waiting = [exchange for exchange in self.open if exchange.awaits(bubble.seconds)]
        for exchange in waiting:
            exchange.answered_at = bubble.seconds
            if bubble.text and sum(map(len, exchange.answer)) < _LONGEST_ANSWER:
                exchange.answer.append(bubble.text)
        if waiting and bubble.text:
            waiting[-1].messages += 1
        return bool(waiting)
