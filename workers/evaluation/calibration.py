"""From a clinic's questions to its own calibration of the gate."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from ingestion.knowledge.search.calibration import (
    Calibration,
    EmbeddingCalibration,
    shipped_calibration,
)
from workers.contracts.record import Record
from workers.evaluation.errors import CalibrationError
from workers.evaluation.fit import fit, held_out
from workers.evaluation.gate_figures import area, gate_figures, threshold_for
from workers.evaluation.questions import KnownQuestion
from workers.evaluation.samples import Samples, take_samples
from workers.evaluation.search import Clinic

#: Fewest questions with an answer: the threshold is a low quantile of their scores.
FEWEST_QUESTIONS = 20


class CalibrationFigures(Record):
    """The gate's figures with one calibration; None where nothing can be said.

    Attributes:
        name: which calibration.
        area: under the ROC curve, against all searches without an answer.
        area_asked: against the file's questions without an answer.
        area_removed: against the same questions with their documents left out.
        area_off_topic: against messages that no clinic's documents answer.
        precision: share of the questions let through that have an answer.
        recall: share of the questions with an answer that is let through.
        stopped: share of all searches without an answer that is stopped.
        stopped_asked: of the file's questions without an answer.
        stopped_removed: of those with the documents left out.
        stopped_off_topic: of the messages.
    """

    name: str
    area: float | None
    area_asked: float | None = None
    area_removed: float | None = None
    area_off_topic: float | None = None
    precision: float | None
    recall: float | None
    stopped: float | None
    stopped_asked: float | None = None
    stopped_removed: float | None = None
    stopped_off_topic: float | None = None


class CalibrationResult(Record):
    """A new calibration, with its figures and those of the one before.

    Attributes:
        calibration: what is kept, or would be.
        kept: whether it is in use from now on.
        answerable: number of questions with an answer.
        asked: number of questions of the file without one.
        removed: number of searches with the documents left out.
        off_topic: number of messages that no clinic's documents answer.
        skipped: number of questions with an answer whose documents the knowledge base does not
            hold.
        copied: number of questions that the documents themselves ask, word for word.
        before: the calibration in use until now, on all questions.
        after: the new one, each question by weights and threshold made without it.
    """

    calibration: Calibration
    kept: bool
    answerable: int
    asked: int
    removed: int
    off_topic: int = 0
    skipped: int
    copied: int = 0
    before: CalibrationFigures | None
    after: CalibrationFigures


def calibrate(
    clinic: Clinic, questions: Sequence[KnownQuestion], recall: float, *, keep: bool
) -> CalibrationResult:
    """Fit the gate to a clinic's questions.

    Args:
        clinic: what is searched.
        questions: what is asked.
        recall: share of the questions with an answer to let through.
        keep: put the calibration in use, stored with the collection.

    Raises:
        CalibrationError: there are too few questions; nothing was changed.
    """
    samples = take_samples(questions, clinic)
    if len(samples.answerable) < FEWEST_QUESTIONS:
        raise CalibrationError(too_few(samples))
    if not samples.asked and not samples.removed_found:
        raise CalibrationError(
            "No search came out without an answer: with a question's documents left out, nothing "
            "is found. Nothing was changed. Add questions that the documents do not answer."
        )
    before = clinic.knowledge.calibrations.of(clinic.tenant)
    embedding = clinic.knowledge.embedder.name
    fitted, after = choose(samples, embedding, shipped_calibration(embedding), recall)
    fitted = fitted.model_copy(update={"made_at": datetime.now(UTC)})
    if keep:
        clinic.knowledge.calibrations.keep(clinic.tenant, fitted)
    return CalibrationResult(
        calibration=fitted,
        kept=keep,
        answerable=len(samples.answerable),
        asked=len(samples.asked),
        removed=len(samples.removed_found),
        off_topic=len(samples.off_topic),
        skipped=samples.skipped,
        copied=samples.copied,
        before=measure(str(before), before, samples) if before else None,
        after=after,
    )


class CalibrationInUse(Record):
    """What judges a clinic's questions and orders their passages.

    Attributes:
        calibration: the gate's; None: every question goes to the model.
        embedding: the embedding model's; None: it has none, and the default weights are used.
        model: the embedding model.
    """

    calibration: Calibration | None
    embedding: EmbeddingCalibration | None
    model: str


def in_use(clinic: Clinic, *, reset: Literal["", "clinic", "embedding"] = "") -> CalibrationInUse:
    """The calibrations in use; with `reset`, after dropping the clinic's own or the embedding's."""
    calibrations = clinic.knowledge.calibrations
    if reset == "clinic":
        calibrations.keep(clinic.tenant, None)
    elif reset == "embedding":
        calibrations.keep_embedding(None)
    return CalibrationInUse(
        calibration=calibrations.of(clinic.tenant),
        embedding=calibrations.of_embedding(),
        model=clinic.knowledge.embedder.name,
    )


def too_few(samples: Samples) -> str:
    """What the user is told where there are too few questions."""
    reasons = (
        (samples.skipped, "name documents that the knowledge base does not hold"),
        (samples.copied, "stand in the documents word for word, so they tell nothing of patients"),
    )
    more = "; ".join(f"{count} more {reason}" for count, reason in reasons if count)
    return (
        f"There are {len(samples.answerable)} questions with an answer in the documents"
        f"{f' ({more})' if more else ''}; a calibration needs "
        f"{FEWEST_QUESTIONS} at least, and is good from about 100 on. Nothing was changed. "
        "Add questions that patients ask, each with the `document` that answers it."
    )


def choose(
    samples: Samples, embedding: str, prior: Calibration | None, recall: float
) -> tuple[Calibration, CalibrationFigures]:
    """The better of fitted weights and the prior's, with a threshold; and its held-out figures.

    Args:
        samples: the searches.
        embedding: the model that made them.
        prior: the weights to start from; None for a model that nobody measured.
        recall: share of the questions with an answer to let through.
    """
    examples = samples.examples()
    count = len(samples.answerable)
    fitted = fit(examples, embedding, prior)
    scores = held_out(examples, embedding, prior)
    if prior is not None:
        prior_scores = [prior.score(example.evidence) for example in examples]
        if _quality(samples, prior_scores) >= _quality(samples, scores):
            fitted, scores = prior, prior_scores
    # The threshold, too, is judged on questions that it was not chosen from.
    passed = _count_passed(scores[:count], recall)
    limit = threshold_for(scores[:count], recall)
    judged = [*[limit] * passed, *[limit - 1] * (count - passed), *scores[count:]]
    figures = _figures("new", samples, scores, judged, limit)
    threshold = threshold_for([fitted.score(e) for e in samples.answerable], recall)
    calibration = fitted.model_copy(
        update={
            "threshold": threshold,
            "questions": count,
            "recall": figures.recall,
            "area": figures.area,
        }
    )
    return calibration, figures


def _figures(
    name: str,
    samples: Samples,
    scores: Sequence[float],
    judged: Sequence[float],
    threshold: float,
) -> CalibrationFigures:
    """The figures of scores, in the order of `Samples.examples`.

    Args:
        name: which calibration.
        samples: the searches.
        scores: what the areas are of.
        judged: what the threshold judges.
        threshold: lowest score that is let through.
    """
    count = len(samples.answerable)
    own, kinds = scores[:count], _by_kind(samples, scores)
    gate = gate_figures(judged[:count], judged[count:], threshold)
    stopped = {
        kind: gate_figures([], each, threshold).stopped
        for kind, each in _by_kind(samples, judged).items()
    }
    return CalibrationFigures(
        name=name,
        area=area(own, scores[count:]),
        area_asked=area(own, kinds["asked"]),
        area_removed=area(own, kinds["removed"]),
        area_off_topic=area(own, kinds["off_topic"]),
        precision=gate.precision,
        recall=gate.recall,
        stopped=gate.stopped,
        stopped_asked=stopped["asked"],
        stopped_removed=stopped["removed"],
        stopped_off_topic=stopped["off_topic"],
    )


def _by_kind(samples: Samples, scores: Sequence[float]) -> dict[str, Sequence[float]]:
    """The scores of the searches without an answer, by kind."""
    by_kind, start = {}, len(samples.answerable)
    for kind, evidence in samples.kinds.items():
        by_kind[kind] = scores[start : start + len(evidence)]
        start += len(evidence)
    return by_kind


def _count_passed(scores: Sequence[float], recall: float) -> int:
    """How many pass a threshold chosen from the others."""
    return sum(
        score >= threshold_for([*scores[:index], *scores[index + 1 :]], recall)
        for index, score in enumerate(scores)
    )


def _quality(samples: Samples, scores: Sequence[float]) -> float:
    """Mean area under the ROC curve against the kinds without an answer that there are."""
    own = scores[: len(samples.answerable)]
    areas = [area(own, kind) for kind in _by_kind(samples, scores).values()]
    values = [value for value in areas if value is not None]
    return sum(values) / max(1, len(values))


def measure(name: str, calibration: Calibration, samples: Samples) -> CalibrationFigures:
    """The figures of a calibration as it is."""
    scores = [calibration.score(example.evidence) for example in samples.examples()]
    return _figures(name, samples, scores, scores, calibration.threshold)
