"""From a clinic's questions to its own calibration of the gate."""

from collections.abc import Sequence
from datetime import UTC, datetime

from ingestion.knowledge.search.calibration import Calibration, shipped_calibration
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
        area: under the ROC curve, against all questions without an answer.
        area_asked: against the file's questions without an answer.
        area_removed: against the same questions with their documents left out.
        precision: share of the questions let through that have an answer.
        recall: share of the questions with an answer that is let through.
        stopped: share of the questions without one that is stopped.
    """

    name: str
    area: float | None
    area_asked: float | None
    area_removed: float | None
    precision: float | None
    recall: float | None
    stopped: float | None


class CalibrationResult(Record):
    """A new calibration, with its figures and those of the one before.

    Attributes:
        calibration: what is kept, or would be.
        kept: whether it is in use from now on.
        answerable: number of questions with an answer.
        asked: number of questions of the file without one.
        removed: number of searches with the documents left out.
        skipped: number of questions with an answer whose documents the knowledge base does not
            hold.
        before: the calibration in use until now, on all questions.
        after: the new one, each question by weights and threshold made without it.
    """

    calibration: Calibration
    kept: bool
    answerable: int
    asked: int
    removed: int
    skipped: int
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
        raise CalibrationError(too_few(len(samples.answerable), samples.skipped))
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
        skipped=samples.skipped,
        before=_measure(str(before), before, samples) if before else None,
        after=after,
    )


class CalibrationInUse(Record):
    """The calibration that judges a clinic's questions; None: there is none for the model."""

    calibration: Calibration | None


def in_use(clinic: Clinic, *, reset: bool) -> CalibrationInUse:
    """The calibration in use; with `reset`, after dropping the clinic's own."""
    if reset:
        clinic.knowledge.calibrations.keep(clinic.tenant, None)
    return CalibrationInUse(calibration=clinic.knowledge.calibrations.of(clinic.tenant))


def too_few(count: int, skipped: int) -> str:
    """What the user is told where there are too few questions."""
    more = (
        f" ({skipped} more name documents that the knowledge base does not hold)" if skipped else ""
    )
    return (
        f"There are {count} questions with an answer in the documents{more}; a calibration needs "
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
    count, asked = len(samples.answerable), len(samples.asked)
    fitted = fit(examples, embedding, prior)
    scores = held_out(examples, embedding, prior)
    if prior is not None:
        prior_scores = [prior.score(example.evidence) for example in examples]
        if _quality(prior_scores, count, asked) >= _quality(scores, count, asked):
            fitted, scores = prior, prior_scores
    answerable = scores[:count]
    others = scores[count : count + asked], scores[count + asked :]
    # The threshold, too, is judged on questions that it was not chosen from.
    passed = _count_passed(answerable, recall)
    limit = threshold_for(answerable, recall)
    figures = gate_figures(
        [1.0] * passed + [-1.0] * (count - passed), [x - limit for x in scores[count:]], 0
    )
    measure = CalibrationFigures(
        name="new",
        area=area(answerable, scores[count:]),
        area_asked=area(answerable, others[0]),
        area_removed=area(answerable, others[1]),
        precision=figures.precision,
        recall=figures.recall,
        stopped=figures.stopped,
    )
    threshold = threshold_for([fitted.score(e) for e in samples.answerable], recall)
    calibration = fitted.model_copy(
        update={
            "threshold": threshold,
            "questions": count,
            "recall": measure.recall,
            "area": measure.area,
        }
    )
    return calibration, measure


def _count_passed(scores: Sequence[float], recall: float) -> int:
    """How many pass a threshold chosen from the others."""
    return sum(
        score >= threshold_for([*scores[:index], *scores[index + 1 :]], recall)
        for index, score in enumerate(scores)
    )


def _quality(scores: Sequence[float], count: int, asked: int) -> float:
    """Mean area under the ROC curve against the kinds without an answer that there are."""
    kinds = scores[count : count + asked], scores[count + asked :]
    areas = [area(scores[:count], kind) for kind in kinds]
    values = [value for value in areas if value is not None]
    return sum(values) / max(1, len(values))


def _measure(name: str, calibration: Calibration, samples: Samples) -> CalibrationFigures:
    answerable = [calibration.score(each) for each in samples.answerable]
    asked = [calibration.score(each) for each in samples.asked]
    removed = [calibration.score(each) for each in samples.removed_found]
    figures = gate_figures(answerable, asked + removed, calibration.threshold)
    return CalibrationFigures(
        name=name,
        area=area(answerable, asked + removed),
        area_asked=area(answerable, asked),
        area_removed=area(answerable, removed),
        precision=figures.precision,
        recall=figures.recall,
        stopped=figures.stopped,
    )
