"""What is looked up in all chats of a source before the first row is read.

How each is written, in which order day and month stand, who writes in it and how often: a few
hundred bytes a chat and a hundred a name, whatever the chats' length.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal

from workers.channels.backfill.sources.checking import ZONE
from workers.channels.backfill.sources.whatsapp.content import LRM, content_of
from workers.channels.backfill.sources.whatsapp.heads import DateOrder, Head, head_of
from workers.channels.backfill.sources.whatsapp.messages import ChatForm, Message, messages

#: A month has no higher number.
_MONTHS: Final = 12
#: Digits of a year that stands first in a date.
_YEAR_FIRST: Final = "y4"
#: Names that are counted in a chat: no group of WhatsApp has as many members.
_MOST_NAMES: Final = 5_000
#: A second shape in one file, of two exports put together, begins so many of its lines at least.
_SECOND_SHAPE: Final = 0.1
_FEW: Final = 3

Why = Literal["said", "number", "order", "form", "default"]


@dataclass(slots=True)
class _Numbers:
    """What the dates of one shape say about their order."""

    high_first: int = 0
    high_second: int = 0
    back_dmy: int = 0
    back_mdy: int = 0
    american: int = 0
    lines: int = 0

    def add(self, head: Head, before: Head | None) -> None:
        first, second, year = head.date
        self.lines += 1
        self.high_first += first > _MONTHS
        self.high_second += second > _MONTHS
        self.american += head.american
        if before and before.shape == head.shape:
            past, past_second, past_year = before.date
            self.back_dmy += (year, second, first) < (past_year, past_second, past)
            self.back_mdy += (year, first, second) < (past_year, past, past_second)

    def order(self) -> tuple[DateOrder, Why]:
        if self.high_first != self.high_second:
            return ("dmy" if self.high_first > self.high_second else "mdy"), "number"
        if self.back_dmy != self.back_mdy:
            return ("dmy" if self.back_dmy < self.back_mdy else "mdy"), "order"
        if 2 * self.american > self.lines:
            return "mdy", "form"
        return "dmy", "default"


class Dates:
    """In which order day and month stand, by all chats of a source.

    Args:
        order: what the user says.
    """

    def __init__(self, order: Literal["dmy", "mdy"] | None = None) -> None:
        self._said = order
        self._numbers: dict[str, _Numbers] = {}

    def read(self, lines: Iterable[str]) -> Counter[str]:
        """Read one chat; how many of its lines begin in which shape."""
        shapes = Counter[str]()
        before: Head | None = None
        for line in lines:
            if head := head_of(line):
                shapes[head.shape] += 1
                self._numbers.setdefault(head.shape, _Numbers()).add(head, before)
                before = head
        return shapes

    def order(self, shape: str) -> tuple[DateOrder, Why]:
        """The order of a shape's dates, and by what it is known."""
        if _YEAR_FIRST in shape:
            return "ymd", "form"
        if self._said:
            return self._said, "said"
        return self._numbers.get(shape, _Numbers()).order()


@dataclass(slots=True)
class Person:
    """What is counted of one who writes.

    Attributes:
        replies: messages that follow another's question.
        questions: with a question mark.
        chats: in how many of them he writes.
    """

    messages: int = 0
    replies: int = 0
    questions: int = 0
    chats: int = 1


@dataclass(slots=True)
class ChatSurvey:
    """What is known of one chat.

    Attributes:
        form: how it is written.
        people: who writes, by name.
        title: the name that WhatsApp's own notices carry: the contact's or the group's.
    """

    form: ChatForm
    people: dict[str, Person] = field(default_factory=dict)
    title: str = ""


def form_of(shapes: Counter[str], dates: Dates) -> ChatForm:
    """How a chat is written, by the shapes of its lines."""
    main, _ = shapes.most_common(1)[0]
    least = max(_FEW, _SECOND_SHAPE * shapes.total())
    others = {shape for shape, lines in shapes.items() if lines >= least}
    order, _ = dates.order(main)
    same = {shape for shape in others if dates.order(shape)[0] == order}
    return ChatForm(frozenset({main, *same}), order, ZONE)


def people_of(lines: Iterable[str], form: ChatForm) -> ChatSurvey:
    """Who writes in a chat."""
    survey = ChatSurvey(form)
    asker = ""
    for message in messages(lines, form):
        if isinstance(message, str) or not message.sender:
            continue
        kind, text = content_of(message.text)
        if kind == "system":
            survey.title = survey.title or _title(message)
            continue
        person = survey.people.get(message.sender)
        if person is None:
            if len(survey.people) == _MOST_NAMES:
                continue
            person = survey.people[message.sender] = Person()
        person.messages += 1
        asks = "?" in text
        person.questions += asks
        person.replies += bool(asker) and asker != message.sender and not asks
        asker = message.sender if asks else ("" if asker != message.sender else asker)
    survey.form = ChatForm(form.shapes, form.order, form.zone, frozenset(survey.people))
    return survey


def _title(message: Message) -> str:
    return message.sender if message.text.startswith(LRM) else ""
