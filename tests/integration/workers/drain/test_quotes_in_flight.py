"""What a drain does with questions that wait for their quotes, or are in the thread of these."""

import asyncio
from threading import Event
from typing import cast

import pytest

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.errors import StoreUnreachableError
from ingestion.knowledge.search.evidence import Findings
from tests.drain_bench import Bench, run, until
from tests.stand_ins import StandInEngine
from workers.answering.quoting.broad.whole import Read
from workers.answering.quoting.quote import Quote
from workers.answering.quoting.selector import Selector
from workers.contracts.question import Lane, Status
from workers.contracts.questions import QuestionStore
from workers.drain.loop import Drain
from workers.monitor.meters import Stage
from workers.settings import WorkerSettings

pytestmark = pytest.mark.integration

SECONDS = 30


class SlowSelector:
    """Finds no quote, and says so once `go` is set; reads a document first where it is asked for.

    Attributes:
        failures: how many selections fail, because the store cannot be reached.
    """

    def __init__(self, failures: int = 0) -> None:
        self.go = Event()
        self.asked: list[str] = []
        self.failures = failures

    def select(
        self, question: str, _findings: Findings, read: Read | None, *_said: object
    ) -> Quote | None:
        """In the thread of the quotes."""
        self.asked.append(question)
        if self.failures:
            self.failures -= 1
            raise StoreUnreachableError
        assert read is not None
        assert read("colonoscopia.md")
        if not self.go.wait(SECONDS):
            raise TimeoutError
        return None


def quoting(
    selector: SlowSelector, store: QuestionStore, knowledge: Knowledge, settings: WorkerSettings
) -> Bench:
    settings = settings.model_copy(update={"answer": "quote", "gate_similarity": -1.0})
    return Bench(store, knowledge, settings, cast("Selector", selector))


def waiting(drain: Drain) -> int:
    """How many questions wait for their quote, or are in the thread."""
    return sum(flight.stage is Stage.QUOTING for flight in drain.flights)


def test_live_questions_are_quoted_before_bulk_that_waits(
    store: QuestionStore, knowledge: Knowledge, settings: WorkerSettings
) -> None:
    async def scene() -> None:
        selector = SlowSelector()
        bench = quoting(selector, store, knowledge, settings)
        async with bench.drain(StandInEngine()) as (drain, _):
            bulk = [bench.ask(f"pergunta {number}", Lane.BULK) for number in range(3)]
            await until(lambda: waiting(drain) == 3)
            live = bench.ask("ao vivo")
            await until(lambda: waiting(drain) == 4)
            selector.go.set()
            questions = await bench.wait(live, *bulk)
        assert selector.asked[1] == "ao vivo"
        assert {question.status for question in questions} == {Status.NEEDS_HUMAN}

    run(scene)


def test_claims_are_renewed_while_a_selection_takes_long(
    store: QuestionStore, knowledge: Knowledge, settings: WorkerSettings
) -> None:
    async def scene() -> None:
        selector, other = SlowSelector(), SlowSelector()
        bench = quoting(selector, store, knowledge, settings)
        async with bench.drain(StandInEngine()) as (drain, _):
            ids = [bench.ask("uma"), bench.ask("outra")]
            await until(lambda: waiting(drain) == 2)
            second = quoting(other, store, knowledge, settings)
            async with second.drain(StandInEngine(), "w2"):
                await asyncio.sleep(2 * settings.takeover_seconds)
                assert other.asked == []
                selector.go.set()
                questions = await bench.wait(*ids)
        assert {question.attempt for question in questions} == {1}

    run(scene)


def test_a_stop_releases_what_waits_for_its_quote_and_the_next_worker_takes_it_at_once(
    store: QuestionStore, knowledge: Knowledge, settings: WorkerSettings
) -> None:
    async def scene() -> None:
        slow, quick = SlowSelector(), SlowSelector()
        quick.go.set()
        settings_ = settings.model_copy(update={"takeover_seconds": 60.0})
        bench = quoting(slow, store, knowledge, settings_)
        async with bench.drain(StandInEngine()) as (drain, task):
            ids = [bench.ask("uma"), bench.ask("outra")]
            await until(lambda: waiting(drain) == 2)
            drain.stop()
            await task
            slow.go.set()
        assert len(slow.asked) == 1
        async with quoting(quick, store, knowledge, settings_).drain(StandInEngine(), "w2"):
            questions = await bench.wait(*ids)
        assert {question.status for question in questions} == {Status.NEEDS_HUMAN}
        assert set(quick.asked) == {"uma", "outra"}

    run(scene)


def test_a_question_whose_documents_cannot_be_read_is_given_back_and_quoted_later(
    store: QuestionStore, knowledge: Knowledge, settings: WorkerSettings
) -> None:
    async def scene() -> None:
        selector = SlowSelector(failures=1)
        selector.go.set()
        bench = quoting(selector, store, knowledge, settings)
        async with bench.drain(StandInEngine()):
            (question,) = await bench.wait(bench.ask("uma"))
        assert (question.status, selector.asked) == (Status.NEEDS_HUMAN, ["uma", "uma"])
        assert question.outcome is not None
        assert question.outcome.reason == "unsure"

    run(scene)
