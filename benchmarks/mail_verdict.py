"""What a drill of a mailbox left behind: what became of each mail, and what was sent."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from benchmarks.drill_mails import DrillMail, Hope
from benchmarks.drill_state import DrillState, Faults
from workers.contracts.conversation import Conversation
from workers.contracts.errands import ErrandStore
from workers.contracts.question import Delivery, Question, Status
from workers.simulation.email.envelope import Envelope

if TYPE_CHECKING:
    from redis import Redis

    from workers.contracts.settings import QueueSettings

_MARK: Final = re.compile(r"m\d{5}\b")
#: The counts of what a mail was taken for: each that was read has one.
TAKEN_FOR: Final = (
    *("message", "automatic", "bounce", "list", "own", "spam", "calendar", "receipt"),
    *("not_for_us", "untrusted", "broken", "echo", "foreign", "bad"),
)


@dataclass
class MailVerdict(Faults):
    """What is there, and what should not be.

    Attributes:
        mails: that were written, each counted once.
        taken_for: what those that were read were taken for, repetitions included.
        questions: by status.
        letters: that the world got.
        persons: conversations that wait for a person.
        unknown: answers of which nobody knows whether they went.
        aside: items that came to nothing.
    """

    mails: int = 0
    taken_for: Counter[str] = field(default_factory=Counter)
    questions: Counter[str] = field(default_factory=Counter)
    letters: int = 0
    persons: int = 0
    unknown: int = 0
    aside: int = 0


def _marks(text: str) -> list[str]:
    return _MARK.findall(text)


@dataclass
class Traces:
    """Where mails are found, by their marks.

    Attributes:
        asked: questions that were not merged away.
        entries: of transcripts.
        handed: those of conversations that wait for a person.
        aside: items that came to nothing.
        messages: Message-IDs of the last mails of conversations.
    """

    asked: defaultdict[str, list[Question]] = field(default_factory=lambda: defaultdict(list))
    entries: Counter[str] = field(default_factory=Counter)
    handed: set[str] = field(default_factory=set)
    aside: Counter[str] = field(default_factory=Counter)
    messages: set[str] = field(default_factory=set)

    def about(self, mail: DrillMail) -> str:
        """How often it is where."""
        counts = (len(self.asked[mail.mark]), self.entries[mail.mark], self.aside[mail.mark])
        return "{} questions, {} entries, {} aside".format(*counts)

    def fault(self, mail: DrillMail) -> str:
        """What is wrong with what became of a mail; empty where nothing is."""
        asked, entries = len(self.asked[mail.mark]), self.entries[mail.mark]
        aside = self.aside[mail.mark]
        faults = {
            Hope.ASKED: ("mail lost or asked twice", (asked, entries, aside) == (1, 1, 0)),
            Hope.NOTED: ("mail lost", mail.message_id in self.messages and not asked),
            Hope.PERSON: (
                "mail that no person sees",
                entries == 1 and mail.mark in self.handed and not asked,
            ),
            # One that names nobody and comes once more, as after new numbers, is aside twice.
            Hope.TRACE: (
                "broken mail lost or asked twice",
                entries + aside >= 1 and max(entries, asked) <= 1,
            ),
            Hope.SILENCE: ("mail of nobody's was taken in", not (asked or entries or aside)),
        }
        name, good = faults[mail.hope]
        return "" if good else name


class MailExamination(DrillState):
    """Reads what a drill of mailboxes left behind.

    Args:
        redis: the server.
        settings: lead to it.
        channels: names of the channels.
    """

    def __init__(self, redis: "Redis", settings: "QueueSettings", channels: Iterable[str]) -> None:
        super().__init__(redis, settings)
        self._channels = tuple(channels)
        self._errands = ErrandStore(redis)

    def open_work(self) -> dict[str, int]:
        """The same, and what is to be done in the mailboxes."""
        errands = sum(self._errands.waiting(name) for name in self._channels)
        return super().open_work() | ({"errands": errands} if errands else {})

    def verdict(self, mails: list[DrillMail], envelopes: list[Envelope]) -> MailVerdict:
        """All of it, once everything has settled."""
        verdict = MailVerdict(mails=len(mails))
        conversations, questions = dict(self.all_conversations()), dict(self.all_questions())
        verdict.aside = len(self.inbound.aside())
        verdict.persons = sum(one.handoff is not None for one in conversations.values())
        verdict.questions.update(str(question.status) for question in questions.values())
        self._check_taken(verdict)
        self.check_ends(verdict, questions)
        self.check_settled(verdict)
        letters = self._letters(verdict, questions, envelopes)
        self._check_mails(verdict, mails, conversations, questions, letters)
        self._check_fates(verdict, conversations, questions, letters)
        return verdict

    def _check_taken(self, verdict: MailVerdict) -> None:
        counters = self.counters()
        for kind in TAKEN_FOR:
            verdict.taken_for[kind] = int(counters.get(f"channel_events:{kind}", 0))
        posts = int(counters.get("posts:email", 0))
        if verdict.taken_for.total() != posts:
            about = f"{posts} posts, {verdict.taken_for.total()} kinds"
            verdict.blame("post without exactly one kind", about)

    @staticmethod
    def _letters(
        verdict: MailVerdict, questions: dict[str, Question], envelopes: list[Envelope]
    ) -> Counter[str]:
        """How many letters went out for each question; each to one receiver, of its question."""
        letters: Counter[str] = Counter()
        for envelope in envelopes:
            if not envelope.kept:
                continue
            verdict.letters += 1
            message = str(envelope.message["Message-ID"] or "")
            question = message.strip("<> ").partition(".")[0]
            letters[question] += 1
            if question not in questions:
                verdict.blame("letter without its question", message)
            if len(envelope.recipients) != 1:
                verdict.blame("letter to several", message)
        for question, count in letters.items():
            if count > 1:
                verdict.blame("letter twice", f"{count} of {question}")
        return letters

    def _check_mails(
        self,
        verdict: MailVerdict,
        mails: list[DrillMail],
        conversations: dict[str, Conversation],
        questions: dict[str, Question],
        letters: Counter[str],
    ) -> None:
        traces = self._traces(conversations, questions)
        for mail in mails:
            about = f"{mail.mark} ({mail.kind}): {traces.about(mail)}"
            if fault := traces.fault(mail):
                verdict.blame(fault, about)
            answers = sum(letters[question.id] for question in traces.asked[mail.mark])
            if answers > 1:
                verdict.blame("mail answered twice", f"{about}, {answers} answers")

    def _traces(
        self, conversations: dict[str, Conversation], questions: dict[str, Question]
    ) -> "Traces":
        items = self.inbound.aside()
        traces = Traces(aside=Counter(mark for item in items for mark in set(_marks(item))))
        for question in questions.values():
            if question.status is not Status.CANCELLED:
                for mark in set(_marks(question.request.question)):
                    traces.asked[mark].append(question)
        for conversation in conversations.values():
            traces.messages.add(str(conversation.recipient.get("message")))
            for entry in self.conversations.transcript(conversation.id):
                marks = set(_marks(entry.text)) if entry.by == "patient" else set()
                traces.entries.update(marks)
                traces.handed |= marks if conversation.handoff else set()
        return traces

    def _check_fates(
        self,
        verdict: MailVerdict,
        conversations: dict[str, Conversation],
        questions: dict[str, Question],
        letters: Counter[str],
    ) -> None:
        """Each answer went out, or a person was called; so with what nobody knows."""
        for question in questions.values():
            if question.status is Status.CANCELLED:
                continue
            conversation = conversations.get(question.request.conversation_id or "")
            called = conversation is not None and conversation.handoff is not None
            state = self.sends.get(question.id).state
            verdict.unknown += state.is_unclear
            if not called and (state.is_unclear or not letters[question.id]):
                about = f"{question.id} {state} {question.delivery} {question.status}"
                verdict.blame("answer neither sent nor with a person", about)
            answered = question.status is Status.ANSWERED
            if answered and question.delivery is Delivery.DELIVERED and not letters[question.id]:
                verdict.blame("delivered, and not sent", question.id)
