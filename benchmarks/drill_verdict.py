"""What a drill of a channel left behind: which bubble is where, and what stands on each phone."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from benchmarks.drill_patients import Patients
from benchmarks.drill_state import DrillState, Faults
from workers.contracts import keys
from workers.contracts.conversation import Conversation
from workers.contracts.question import Delivery, Question, Status
from workers.simulation.whatsapp.chat import State
from workers.simulation.whatsapp.graph import StrictGraph

if TYPE_CHECKING:
    from redis import Redis

    from workers.contracts.settings import QueueSettings

#: What every bubble with words of its own carries: its contact's place and its own number.
_MARK: Final = re.compile(r"c(\d{4})n\d{5}")


@dataclass
class Verdict(Faults):
    """What is there, and what should not be.

    Attributes:
        questions: of them by status; those that were merged into another are `cancelled`.
        messages: that stand on patients' phones.
        ambiguous: requests of which nobody knew what came of them.
        unknown: answers of which nobody knows it at the end.
        persons: conversations that wait for a person.
    """

    bubbles: int = 0
    conversations: int = 0
    questions: Counter[str] = field(default_factory=Counter)
    messages: int = 0
    ambiguous: int = 0
    unknown: int = 0
    persons: int = 0


class Examination(DrillState):
    """Reads what a drill left behind.

    Args:
        redis: the server.
        settings: lead to it.
        graph: the phones.
        patients: what was written.
    """

    def __init__(
        self, redis: "Redis", settings: "QueueSettings", graph: StrictGraph, patients: Patients
    ) -> None:
        super().__init__(redis, settings)
        self._graph, self._patients = graph, patients

    def verdict(self) -> Verdict:
        """All of it, once everything has settled."""
        verdict = Verdict(bubbles=sum(map(len, self._patients.sent)))
        conversations = dict(self.all_conversations())
        questions = dict(self.all_questions())
        verdict.conversations = len(conversations)
        verdict.persons = sum(one.handoff is not None for one in conversations.values())
        verdict.ambiguous = int(
            cast("str | None", self.redis.hget(keys.COUNTERS, "sends:ambiguous")) or 0
        )
        self._check_bubbles(verdict, conversations, questions)
        verdict.questions.update(str(question.status) for question in questions.values())
        self.check_ends(verdict, questions)
        shown = self._check_phones(verdict, questions)
        self._check_fates(verdict, conversations, questions, shown)
        self.check_settled(verdict)
        for item in self.inbound.aside():
            verdict.blame("kept aside", item[:200])
        return verdict

    def _check_bubbles(
        self,
        verdict: Verdict,
        conversations: dict[str, Conversation],
        questions: dict[str, Question],
    ) -> None:
        """Each in one transcript, and its words in one question that was not merged away."""
        written = Counter(text for texts in self._patients.sent for text in texts)
        kept: Counter[str] = Counter()
        for conversation_id in conversations:
            for entry in self.conversations.transcript(conversation_id):
                if entry.by == "patient":
                    kept[entry.text] += 1
                    if entry.question not in questions:
                        verdict.blame("bubble without its question", entry.text)
        for text, count in (written - kept).items():
            verdict.blame("bubble lost", f"{count} of {text!r}")
        for text, count in (kept - written).items():
            verdict.blame("bubble twice", f"{count} of {text!r}")
        self._check_questions(verdict, written, questions)

    @staticmethod
    def _check_questions(
        verdict: Verdict, written: Counter[str], questions: dict[str, Question]
    ) -> None:
        asked: Counter[str] = Counter()
        for question in questions.values():
            if question.status is not Status.CANCELLED:
                asked.update(mark[0] for mark in _MARK.finditer(question.request.question))
        for text in written:
            if (mark := _MARK.search(text)) and asked[mark[0]] != 1:
                verdict.blame("bubble in no question or several", f"{asked[mark[0]]} of {text!r}")

    def _check_phones(self, verdict: Verdict, questions: dict[str, Question]) -> set[str]:
        """At most one message for a question, and on its own patient's phone; those that are."""
        shown: Counter[str] = Counter()
        for patient, chat in self._graph.exchange.chats(self._graph.number):
            for bubble in chat.bubbles:
                if bubble.by != "assistant" or bubble.state is State.FAILED:
                    continue
                question = questions.get(bubble.opaque or "")
                if question is None:
                    verdict.blame("message without its question", bubble.text)
                    continue
                shown[question.id] += 1
                places = {int(mark[1]) for mark in _MARK.finditer(question.request.question)}
                if places - {self._patients.place_of(patient.user_id)}:
                    verdict.blame("message on another's phone", question.id)
        verdict.messages = shown.total()
        for question_id, count in shown.items():
            if count > 1:
                verdict.blame("message twice", f"{count} of {question_id}")
        return set(shown)

    def _check_fates(
        self,
        verdict: Verdict,
        conversations: dict[str, Conversation],
        questions: dict[str, Question],
        shown: set[str],
    ) -> None:
        """Each answer is on the phone, or a person was called; so with what nobody knows."""
        for question in questions.values():
            if question.status is Status.CANCELLED:
                continue
            conversation = conversations.get(question.request.conversation_id or "")
            called = conversation is not None and conversation.handoff is not None
            state = self.sends.get(question.id).state
            verdict.unknown += state.is_unclear
            if not called and (state.is_unclear or question.id not in shown):
                about = f"{question.id} {state} {question.delivery}"
                verdict.blame("answer neither on the phone nor with a person", about)
            if question.delivery is Delivery.DELIVERED and question.id not in shown:
                verdict.blame("delivered, and not on the phone", question.id)
