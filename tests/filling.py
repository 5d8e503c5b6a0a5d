"""A backfill of a clinic on a real server, driven step by step: fed, answered, collected."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from redis import Redis

from workers.channels.backfill.feeding import request_of
from workers.contracts import keys
from workers.contracts.backfill import Backfill, BackfillPlan, BackfillRow, RowResult
from workers.contracts.backfills import BackfillStore
from workers.contracts.question import Lane, Outcome, Status
from workers.contracts.questions import QuestionStore, new_id
from workers.contracts.settings import QueueSettings

CLINIC = "clinica-a"


def rows(numbers: Iterable[int], *, faults: Iterable[int] = ()) -> list[BackfillRow]:
    """Rows with the keys r0, r1, …; those of `faults` cannot be asked."""
    bad = set(faults)
    return [
        BackfillRow(
            key=f"r{n}",
            id=f"id-{n}",
            place=f"linha {n + 2}",
            question="" if n in bad else f"Pergunta {n}?",
            fault="empty" if n in bad else None,
            columns={"nome": f"Paciente {n}"},
        )
        for n in numbers
    ]


@dataclass
class Filling:
    """One backfill, and what feeders and workers do with it."""

    redis: Redis
    settings: QueueSettings
    store: BackfillStore
    id: str = ""
    tenant: str = CLINIC

    @classmethod
    def open(cls, redis: Redis, settings: QueueSettings) -> "Filling":
        return cls(redis, settings, BackfillStore(redis, settings))

    def make(
        self, name: str = "antigas", plan: BackfillPlan | None = None, *, reading: bool = False
    ) -> Backfill:
        """A backfill that is this one's from now on."""
        backfill, _ = self.store.create(
            CLINIC, name, "antigas.csv", plan or BackfillPlan(), reading=reading
        )
        self.id = backfill.id
        return backfill

    def filled(self, count: int, *, faults: Iterable[int] = ()) -> Backfill:
        """One of so many rows that runs."""
        self.make()
        self.store.add_rows(CLINIC, self.id, rows(range(count), faults=faults))
        return self.store.seal(CLINIC, self.id)

    def now(self) -> Backfill:
        """It as it is now; its numbers add up."""
        backfill = self.store.get(self.tenant, self.id)
        assert backfill is not None
        ended = backfill.answered + backfill.needs_human + backfill.failed
        assert backfill.rows == ended + backfill.left
        assert 0 <= backfill.open <= backfill.left
        return backfill

    def feed(self, most: int = 100, *, fence: int | None = None) -> int | None:
        """What a feeder does once: look what is next, and put it into the lane."""
        backfill = self.now()
        turnout = self.store.next_rows(backfill, most)
        known, now = self.store.rows_of(self.id, turnout.numbers), time.time()
        asked = [(n, new_id(), request_of(known[n], self.tenant, now)) for n in turnout.numbers]
        fenced = turnout.fence if fence is None else fence
        return self.store.feed(backfill, fenced, asked, now)

    def end(self, question_ids: Sequence[str], status: Status = Status.ANSWERED) -> None:
        """End questions as a worker does, without a drain: by a status that any may have."""
        for question_id in question_ids:
            outcome = Outcome(status=status, text=f"Resposta {question_id}", model="m")
            name = keys.question(question_id)
            ended: dict[Any, Any] = {"status": status.value, "outcome": outcome.model_dump_json()}
            self.redis.hset(name, mapping=ended)
            entry = cast("str", self.redis.hget(name, "entry"))
            self.redis.xdel(keys.lane(Lane.BULK), entry)

    def ended(self) -> list[RowResult]:
        """The results of open questions that have ended, as a feeder reads them."""
        questions = QuestionStore(self.redis, self.settings)
        results = []
        for question_id in self.store.open_questions(self.id):
            question = questions.get(question_id)
            if question and question.outcome:
                results.append(RowResult.of(question_id, question.outcome, time.time()))
        return results

    def collect(self) -> int:
        return self.store.collect(self.now(), self.ended())

    def work(self, status: Status = Status.ANSWERED, most: int = 100) -> int:
        """Feed once, answer all that is open, collect; returns how many results came."""
        self.feed(most)
        self.end([*self.store.open_questions(self.id)], status)
        return self.collect()

    def all_results(self, piece: int = 1000) -> list[RowResult]:
        """Every result that holds, read in pieces."""
        results: list[RowResult] = []
        while page := self.store.results(self.id, results[-1].number if results else 0, piece):
            results += page
        return results

    def in_lane(self) -> int:
        return self.redis.xlen(keys.lane(Lane.BULK))
