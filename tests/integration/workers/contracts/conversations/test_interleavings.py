"""Conversations played at random: every bubble is in one question, or a person read it."""

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.chat import GREETING, Chat
from workers.contracts import keys
from workers.contracts.claims import Claim
from workers.contracts.conversations import Admitted, Burst
from workers.contracts.question import Status

pytestmark = pytest.mark.integration
PATIENTS = ("user:BR.1", "user:BR.2")
patients = st.sampled_from(PATIENTS)


class Life(RuleBasedStateMachine):
    """`chat` is set by the test before the machine is made."""

    chat: Chat

    def __init__(self) -> None:
        super().__init__()
        self.chat.bench.redis.flushall()
        self.chat.bench.drain()  # opens the lanes
        self.chat.written = 0
        self.admitted: Counter[str] = Counter()
        self.conversations: dict[str, str] = {}
        self.bursts: list[Burst] = []
        self.claims: list[Claim] = []
        self.questions: set[str] = set()

    @rule(patient=patients, wait=st.sampled_from([0.0, 8.0]))
    def write(self, patient: str, wait: float) -> None:
        text = f"b{self.chat.written}."
        admission = self.chat.write(text, wait=wait, aliases=[patient])
        assert admission.verdict in {Admitted.NEW, Admitted.PAUSED}
        self.conversations[patient] = admission.conversation
        self.admitted[text] += 1

    @precondition(lambda self: self.chat.written)
    @rule()
    def send_again(self) -> None:
        message = f"wamid.{self.chat.written}"
        again = self.chat.write("again", message=message, aliases=PATIENTS[:1])
        assert again.verdict is Admitted.REPEATED
        self.chat.written -= 1

    @rule()
    def take(self) -> None:
        """Whoever held a burst before may still ask it."""
        self.chat.pass_time()
        bursts = self.chat.store.take_due(len(PATIENTS))
        self.bursts += sorted(bursts, key=lambda burst: burst.conversation.contact)

    @precondition(lambda self: self.bursts)
    @rule(which=st.integers(0, 99), fixed=st.booleans())
    def ask(self, which: int, *, fixed: bool) -> None:
        burst = self.bursts.pop(which % len(self.bursts))
        outcome = GREETING if fixed else None
        request = self.chat.request(burst)
        if fixed:
            texts = "\n".join(message.text for message in burst.messages)
            request = self.chat.request_of(burst.conversation.id, texts)
        asked = self.chat.store.ask(burst, request, outcome)
        self.questions |= {asked.id} - {""}

    @rule()
    def claim(self) -> None:
        self.claims += self.chat.drain.claim(1)

    @precondition(lambda self: self.claims)
    @rule(which=st.integers(0, 99))
    def settle(self, which: int) -> None:
        self.chat.drain.settle(self.claims.pop(which % len(self.claims)))

    @precondition(lambda self: self.claims)
    @rule()
    def release(self) -> None:
        self.chat.drain.release(self.claims.pop())

    @rule()
    def take_over(self) -> None:
        """What was released counts as idle for a day."""
        self.claims += self.chat.drain.take_over(3600, 1)

    @rule(patient=patients)
    def pause(self, patient: str) -> None:
        self.chat.store.pause(self.conversations.get(patient, "none"), 12, "ana")

    @rule(patient=patients)
    def resume(self, patient: str) -> None:
        self.chat.store.resume(self.conversations.get(patient, "none"), "ana")

    def _asked(self) -> Iterator[str]:
        """Bubbles in questions that were asked and neither merged nor dropped for a person."""
        for question in self.questions:
            record = self.chat.bench.read(question)
            if record.status is not Status.CANCELLED:
                yield from record.request.question.split("\n")

    @invariant()
    def every_bubble_is_in_one_place(self) -> None:
        asked = Counter(self._asked())
        waiting, read = Counter[str](), Counter[str]()
        for conversation in self.conversations.values():
            pending = self.chat.bench.redis.zcard(keys.pending(conversation))
            lines = [e.text for e in self.chat.store.transcript(conversation) if e.by == "patient"]
            waiting.update(lines[len(lines) - pending :])
            read.update(lines[: len(lines) - pending])
        assert waiting + read == self.admitted  # what was said stands in one transcript, once
        assert asked <= read
        assert all(count == 1 for count in asked.values())

    @invariant()
    def one_question_of_a_conversation_is_in_flight(self) -> None:
        open_ones = [
            record.request.conversation_id
            for record in map(self.chat.bench.read, self.questions)
            if not record.status.ended
        ]
        assert len(open_ones) == len(set(open_ones))
        for patient in self.conversations.values():
            question = self.chat.read(patient).question
            assert (question is not None) == (patient in open_ones)

    @invariant()
    def what_waits_is_due_some_time(self) -> None:
        for conversation in self.conversations.values():
            waits = self.chat.bench.redis.exists(keys.pending(conversation)) == 1
            assert (self.chat.due_in(conversation) is not None) == waits

    @invariant()
    def what_is_not_in_a_question_was_read_by_a_person(self) -> None:
        """Bubbles are dropped from questions by a pause alone."""
        read = {
            entry.text: self.chat.bench.read(entry.question) if entry.question else None
            for conversation in self.conversations.values()
            for entry in self.chat.store.transcript(conversation)
            if entry.by == "patient"
        }
        asked = set(self._asked())
        for text, record in read.items():
            if text in asked or record is None:
                continue
            assert record.status is Status.CANCELLED


def test_each_bubble_is_in_one_question_or_a_person_has_it(chat: Chat) -> None:
    Life.chat = chat
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
