"""Puts a drain together from its parts, for the service, the tests and the benchmarks."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ingestion.knowledge.base import Knowledge
from workers.answering.outcomes import Outcomes
from workers.answering.prepare import Preparer
from workers.answering.prompt import Prompter
from workers.answering.quoting.selector import Selector
from workers.answering.rewrite import Rewriter
from workers.answering.templates import Templates
from workers.answering.triage.triage import Triage, load_triage
from workers.contracts.claims import ClaimStore, Settlement
from workers.contracts.shared_answers import SharedAnswers
from workers.drain.capacity import Capacity
from workers.drain.checking import Checking
from workers.drain.claiming import Claimer
from workers.drain.flights import Flights
from workers.drain.generating import Generator
from workers.drain.loop import Drain, OnHeartbeat
from workers.drain.pipeline import Pipeline
from workers.drain.refusals import Refusals
from workers.drain.retrieving import Retrieval, retrieval_threads
from workers.drain.rewriting import Rewriting
from workers.drain.settling import Settler
from workers.drain.sharing import Sharing
from workers.drain.slots import SlotRules, Slots
from workers.engine.protocol import Engine
from workers.monitor.meters import Meters
from workers.settings import WorkerSettings

if TYPE_CHECKING:
    from redis.asyncio import Redis


async def _no_report(_: Drain) -> None:
    """A drain that nobody watches."""


class Wiring:
    """One worker's drain and the parts that others use beside it.

    Args:
        redis: the queue.
        knowledge: what is searched.
        engine: started.
        templates: prompts and texts.
        settings: of the worker.
        worker: its name in the lanes' groups.
        on_heartbeat: called at every heartbeat.
        on_settled: called with the settlements that were written of each batch.
        prompter: writes prompts; by default with the engine's tokenizer.
        selector: picks quotes; without one there are none.
        outcomes: reads and checks what the engine wrote; by default with these templates.
        triage: what gets a fixed text; by default as it is shipped.
    """

    def __init__(  # noqa: PLR0913 - the parts of a drain, each passed in
        self,
        *,
        redis: "Redis",
        knowledge: Knowledge,
        engine: Engine,
        templates: Templates,
        settings: WorkerSettings,
        worker: str,
        on_heartbeat: OnHeartbeat = _no_report,
        on_settled: Callable[[Sequence[Settlement]], None] = lambda _: None,
        prompter: Prompter | None = None,
        selector: Selector | None = None,
        outcomes: Outcomes | None = None,
        triage: Triage | None = None,
    ) -> None:
        prompter = prompter or Prompter(templates, engine.tokenizer, settings)
        rules = SlotRules.of(engine.slots, settings, compute_bound=engine.compute_bound)
        store = ClaimStore(redis, settings, worker)
        answers = SharedAnswers(
            redis, coalesce=settings.coalesce, fresh=settings.answer_cache_seconds
        )
        self.flights = Flights()
        self.meters = Meters()
        self.slots = Slots(rules)
        self.generator = Generator(engine, self.slots, self.meters)
        settler = Settler(store, on_settled, self.meters)
        self.retrieval_threads = retrieval_threads(settings, compute_bound=engine.compute_bound)
        preparer = Preparer(
            knowledge, prompter, engine.model, settings, quotes=selector is not None
        )
        outcomes = outcomes or Outcomes(templates, engine.model, prompter.version, selector)
        rewrites = settings.rewrite == "model"
        rewriter = Rewriter(templates, engine.tokenizer, settings) if rewrites else None
        self.pipeline = Pipeline(
            refusals=Refusals(triage or load_triage(), settings),
            preparer=preparer,
            sharing=Sharing(answers, self.slots),
            rewriting=Rewriting(rewriter, self.generator, self.meters),
            retrieval=Retrieval(preparer, self.slots, self.meters, self.retrieval_threads),
            generator=self.generator,
            outcomes=outcomes,
            checking=Checking(outcomes, self.meters),
            settler=settler,
            meters=self.meters,
            on_engine_death=self.engine_died,
        )
        claimer = Claimer(store, self.flights, Capacity.of(rules, settings), settings, self.meters)
        self.drain = Drain(
            store=store,
            claimer=claimer,
            flights=self.flights,
            pipeline=self.pipeline,
            settler=settler,
            meters=self.meters,
            settings=settings,
            on_heartbeat=on_heartbeat,
        )

    def engine_died(self, error: BaseException) -> None:
        """End the drain: its engine is gone."""
        self.drain.fail(error)
