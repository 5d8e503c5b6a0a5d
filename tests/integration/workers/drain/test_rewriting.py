"""Follow-ups that the model rewrites before they are searched; a stand-in for the engine."""

import asyncio
import time
from collections.abc import Sequence

import pytest

from tests.drain_bench import ABOUT, Bench, run, until
from tests.stand_ins import StandInEngine
from workers.contracts.conversation import Turn
from workers.contracts.question import Lane, Outcome, Status
from workers.engine.protocol import Generation, Prompt
from workers.settings import WorkerSettings

pytestmark = pytest.mark.integration

BEFORE = "Vocês fazem colonoscopia?"
ASKED = "e precisa de jejum?"
WHOLE = "Precisa de jejum pra colonoscopia?"
BOTH = (ASKED, f"{BEFORE} {ASKED}")


class ReadEngine(StandInEngine):
    """Keeps the prompts that it is given."""

    def __init__(self, rewriting: str = WHOLE) -> None:
        super().__init__(rewriting=rewriting)
        self.prompts: list[Prompt] = []

    async def generate(
        self, request_id: str, prompt: Prompt, *, priority: int, resume: Sequence[int] = ()
    ) -> Generation:
        self.prompts.append(prompt)
        return await super().generate(request_id, prompt, priority=priority, resume=resume)


@pytest.fixture
def rewriting(bench: Bench) -> Bench:
    return bench.with_settings(rewrite="model", gate_similarity=-1.0)


def ask(bench: Bench, text: str = ASKED, lane: Lane = Lane.INTERACTIVE) -> str:
    turn = Turn(question=BEFORE, answer="Sim.", at=time.time())
    return bench.ask(text, lane, context=[turn])


def outcome_of(bench: Bench, engine: StandInEngine, text: str = ASKED) -> Outcome:
    outcomes: list[Outcome] = []

    async def scene() -> None:
        async with bench.drain(engine):
            (question,) = await bench.wait(ask(bench, text))
            assert question.outcome is not None
            outcomes.append(question.outcome)

    run(scene)
    return outcomes[0]


def test_a_follow_up_is_searched_and_answered_as_it_was_rewritten(rewriting: Bench) -> None:
    engine = ReadEngine()
    outcome = outcome_of(rewriting, engine)
    assert outcome.status == Status.ANSWERED
    assert outcome.searched == (ASKED, WHOLE)
    rewrite, answer = engine.prompts
    assert (rewrite.max_tokens, rewrite.temperature) == (60, 0.0)
    assert f"Pergunta: {WHOLE}" in answer.text
    assert outcome.timings.generated > 0


def test_by_default_nothing_is_rewritten(bench: Bench) -> None:
    assert WorkerSettings().rewrite == "off"
    engine = ReadEngine()
    outcome = outcome_of(bench.with_settings(gate_similarity=-1.0), engine)
    assert outcome.searched == BOTH
    assert len(engine.prompts) == 1


@pytest.mark.parametrize(
    "written",
    [
        "",
        "quebra",
        BEFORE,
        "Precisa de jejum pra endoscopia?",
        "Do I need to fast before it?",
    ],
)
def test_what_cannot_be_trusted_is_searched_with_two_queries_as_without_it(
    rewriting: Bench, written: str
) -> None:
    outcome = outcome_of(rewriting, StandInEngine(rewriting=written))
    assert outcome.status == Status.ANSWERED
    assert outcome.searched == BOTH


def test_a_question_without_context_or_that_stands_alone_costs_nothing(rewriting: Bench) -> None:
    async def scene() -> None:
        engine = ReadEngine()
        async with rewriting.drain(engine):
            await rewriting.wait(rewriting.ask(), ask(rewriting, "Qual o preparo da colonoscopia?"))
        assert len(engine.prompts) == 2
        assert all("Pergunta completa" not in prompt.text for prompt in engine.prompts)

    run(scene)


def test_where_the_engine_dies_at_a_rewrite_another_worker_answers(rewriting: Bench) -> None:
    async def scene() -> None:
        question = ask(rewriting)
        async with rewriting.drain(StandInEngine(rewriting="mata"), "w1") as (_, task):
            await asyncio.wait({task}, timeout=30)
        assert not rewriting.get(question).status.ended
        async with rewriting.drain(ReadEngine(), "w2"):
            (ended,) = await rewriting.wait(question)
        assert ended.status == Status.ANSWERED
        assert ended.outcome is not None
        assert ended.outcome.searched == (ASKED, WHOLE)

    run(scene)


def test_a_bulk_rewrite_yields_to_a_live_user_and_goes_on_from_its_tokens(
    rewriting: Bench,
) -> None:
    async def scene() -> None:
        slow = "Precisa de jejum pra colonoscopia devagar?"
        engine = StandInEngine(slots=1, rewriting=slow)
        async with rewriting.drain(engine):
            bulk = ask(rewriting, lane=Lane.BULK)
            await until(lambda: engine.started == [f"1:{slow}"])
            (live,) = await rewriting.wait(rewriting.ask(ABOUT))
            assert live.status == Status.ANSWERED
            engine.go.set()
            (ended,) = await rewriting.wait(bulk)
        assert ended.status == Status.ANSWERED
        assert engine.resumed[0][0].startswith(f"{bulk}:1:rewrite")

    run(scene)
