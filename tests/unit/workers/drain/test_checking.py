"""Checks and quotes: an answer that may be sent waits for no quote of another."""

import asyncio
from threading import Event
from typing import cast

from ingestion.knowledge.search.evidence import Findings
from tests.drain_bench import until
from tests.unit.workers.answering.quoting.sheets import found, sheet
from workers.answering.outcomes import Outcomes
from workers.answering.prepare import PreparedQuestion
from workers.answering.prompt import AnswerPrompt
from workers.answering.quoting.quote import Quote
from workers.answering.quoting.selector import Selector
from workers.answering.templates import Templates
from workers.contracts.claims import Claim
from workers.contracts.question import Lane, Outcome, Request, Status, Timings
from workers.drain.checking import Checking
from workers.engine.protocol import Generation

SECONDS = 20
RIGHT, WRONG = "Fique 8 horas sem comer.", "Fique 12 horas sem comer."
SHEET = sheet(RIGHT, "Ressonância")
TEXTS = Templates.load()


class SlowSelector:
    """Finds no quote, and says so once `go` is set."""

    def __init__(self) -> None:
        self.go = Event()
        self.asked: list[str] = []

    def select(self, question: str, _findings: Findings) -> Quote | None:
        """In the thread of the quotes."""
        self.asked.append(question)
        if not self.go.wait(SECONDS):
            raise TimeoutError
        return None


class BrokenSelector:
    """Fails on every question."""

    def select(self, question: str, _findings: Findings) -> Quote | None:
        """In the thread of the quotes."""
        raise ValueError(question)


def checking(selector: object) -> Checking:
    return Checking(Outcomes(TEXTS, "m", "p1", cast("Selector", selector)))


async def outcome(
    checks: Checking, answer: str, lane: Lane = Lane.BULK, question: str = "Quanto tempo?"
) -> Outcome:
    request = Request(tenant="clinica", question=question, lane=lane, asked_at=0)
    claim = Claim(lane, "1-0", "id", 1, 1, request)
    prompt = AnswerPrompt(question, (1,), (), 20, (SHEET,))
    prepared = PreparedQuestion(question, found(SHEET), prompt, "pt", "k1")
    return await checks.outcome(claim, prepared, Generation(answer, "stop", 1, 1, 0), Timings())


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


def test_a_live_question_s_quote_goes_before_those_of_bulk() -> None:
    async def scenario() -> None:
        selector = SlowSelector()
        checks = checking(selector)
        questions = ["Um?", "Dois?", "Tres?"]
        tasks = [asyncio.create_task(outcome(checks, WRONG, question=each)) for each in questions]
        await until(lambda: bool(selector.asked))
        tasks.append(asyncio.create_task(outcome(checks, WRONG, Lane.INTERACTIVE, "Ao vivo?")))
        await outcome(checks, RIGHT)  # the live one's check is done before it: its quote waits
        selector.go.set()
        await asyncio.gather(*tasks)
        assert selector.asked == ["Um?", "Ao vivo?", "Dois?", "Tres?"]
        checks.close()


def test_a_question_that_the_selector_fails_on_has_failed_and_a_person_answers() -> None:
    async def scenario() -> None:
        checks = checking(BrokenSelector())
        failed = await outcome(checks, WRONG)
        assert (failed.status, failed.reason) == (Status.FAILED, "generation_failed")
        assert failed.text == TEXTS.needs_human("pt")
        checks.close()

    asyncio.run(scenario())
