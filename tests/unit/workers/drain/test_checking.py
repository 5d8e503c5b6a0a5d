"""Checks and quotes: an answer that may be sent waits for no quote of another."""

import asyncio
from threading import Event
from typing import cast

import pytest

from ingestion.knowledge.errors import StoreUnreachableError
from tests.drain_bench import until
from tests.unit.workers.answering.quoting.sheets import found, sheet
from workers.answering.outcomes import Outcomes
from workers.answering.prepare import FoundQuestion, PreparedQuestion
from workers.answering.prompt import AnswerPrompt
from workers.answering.quoting.quote import Quote
from workers.answering.quoting.selector import Selector
from workers.answering.templates import Templates
from workers.contracts.claims import Claim
from workers.contracts.question import Lane, Outcome, Request, Status, Timings
from workers.drain.checking import Checking
from workers.drain.flights import Flight
from workers.engine.protocol import Generation
from workers.monitor.meters import Meters, Stage

SECONDS = 20
RIGHT, WRONG = "Fique 8 horas sem comer.", "Fique 12 horas sem comer."
SHEET = sheet(RIGHT, "Ressonância")
TEXTS = Templates.load()


class SlowSelector:
    """Finds no quote, and says so once `go` is set."""

    def __init__(self) -> None:
        self.go = Event()
        self.asked: list[str] = []

    def select(self, question: str, *_found: object) -> Quote | None:
        """In the thread of the quotes."""
        self.asked.append(question)
        if not self.go.wait(SECONDS):
            raise TimeoutError
        return None


class BrokenSelector:
    """Fails on every question.

    Args:
        error: with which.
    """

    def __init__(self, error: Exception) -> None:
        self._error = error

    def select(self, *_asked: object) -> Quote | None:
        """In the thread of the quotes."""
        raise self._error


def checking(selector: object) -> Checking:
    return Checking(Outcomes(TEXTS, "m", "p1", cast("Selector", selector)), Meters())


def flight(question: str = "Quanto tempo?", lane: Lane = Lane.BULK) -> Flight:
    request = Request(tenant="clinica", question=question, lane=lane, asked_at=0)
    return Flight.of(Claim(lane, "1-0", "id", 1, 1, request))


async def outcome(checks: Checking, answer: str, lane: Lane = Lane.BULK) -> Outcome:
    """What comes of a question to which the model wrote this."""
    question = flight(lane=lane)
    text = question.claim.request.question
    prompt = AnswerPrompt(text, (1,), (), 20, (SHEET,))
    prepared = PreparedQuestion(text, found(SHEET), prompt, "pt", "k1")
    return await checks.written(question, prepared, Generation(answer, "stop", 1, 1, 0), Timings())


async def quote(checks: Checking, question: Flight) -> Outcome:
    """What comes of a question that the model is not asked."""
    text = question.claim.request.question
    findings = FoundQuestion(text, found(SHEET), lambda _: [], "pt", "k1")
    return await checks.quoted(question, findings, Timings(retrieved=1.0))


def test_an_answer_that_may_be_sent_waits_for_no_quote_of_another() -> None:
    async def scenario() -> None:
        selector = SlowSelector()
        checks = checking(selector)
        refused = [asyncio.create_task(outcome(checks, WRONG)) for _ in range(3)]
        await until(lambda: bool(selector.asked))
        sent = await asyncio.wait_for(outcome(checks, RIGHT), SECONDS)
        assert sent.status is Status.ANSWERED
        assert not any(task.done() for task in refused)
        selector.go.set()
        assert {each.reason for each in await asyncio.gather(*refused)} == {"unsupported"}
        checks.close()

    asyncio.run(scenario())


def test_a_live_question_waits_for_one_selection_of_bulk_at_most() -> None:
    async def scenario() -> None:
        selector = SlowSelector()
        checks = checking(selector)
        flights = [flight(text) for text in ("Um?", "Dois?", "Tres?")]
        tasks = [asyncio.create_task(quote(checks, each)) for each in flights]
        await until(lambda: bool(selector.asked))
        flights.append(flight("Ao vivo?", Lane.INTERACTIVE))
        tasks.append(asyncio.create_task(quote(checks, flights[-1])))
        await asyncio.sleep(0)
        assert {each.stage for each in flights} == {Stage.QUOTING}
        selector.go.set()
        await asyncio.gather(*tasks)
        assert selector.asked == ["Um?", "Ao vivo?", "Dois?", "Tres?"]
        checks.close()

    asyncio.run(scenario())


def test_a_question_leaves_as_soon_as_its_quote_is_selected() -> None:
    async def scenario() -> None:
        selector = SlowSelector()
        checks = checking(selector)
        selector.go.set()
        first = await asyncio.wait_for(quote(checks, flight("Um?")), SECONDS)
        selector.go.clear()
        second = asyncio.create_task(quote(checks, flight("Dois?")))
        await until(lambda: "Dois?" in selector.asked)
        assert (first.reason, second.done()) == ("unsure", False)
        selector.go.set()
        await second
        checks.close()

    asyncio.run(scenario())


def test_the_time_of_a_selection_counts_as_the_making_of_the_answer() -> None:
    async def scenario() -> None:
        selector = SlowSelector()
        checks = checking(selector)
        task = asyncio.create_task(quote(checks, flight()))
        await until(lambda: bool(selector.asked))
        await asyncio.sleep(0.05)
        selector.go.set()
        timings = (await task).timings
        assert timings.retrieved == 1.0
        assert timings.generated >= 0.05
        checks.close()

    asyncio.run(scenario())


def test_a_selection_that_fails_is_its_question_s_own_and_a_person_answers() -> None:
    async def scenario() -> None:
        checks = checking(BrokenSelector(ValueError()))
        failed = await quote(checks, flight())
        assert (failed.status, failed.reason) == (Status.FAILED, "quote_failed")
        assert failed.text == TEXTS.needs_human("pt")
        assert (failed.knowledge_version, failed.timings.retrieved) == ("k1", 1.0)
        checks.close()

    asyncio.run(scenario())


def test_where_no_document_can_be_read_no_question_is_to_blame() -> None:
    async def scenario() -> None:
        checks = checking(BrokenSelector(StoreUnreachableError()))
        with pytest.raises(StoreUnreachableError):
            await quote(checks, flight())
        checks.close()

    asyncio.run(scenario())


def test_a_written_answer_whose_quote_fails_has_failed_and_a_person_answers() -> None:
    async def scenario() -> None:
        checks = checking(BrokenSelector(ValueError()))
        failed = await outcome(checks, WRONG)
        assert (failed.status, failed.reason) == (Status.FAILED, "generation_failed")
        assert failed.text == TEXTS.needs_human("pt")
        checks.close()

    asyncio.run(scenario())
