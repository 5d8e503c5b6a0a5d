"""From a clinic's questions to its own calibration of the gate."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from ingestion.knowledge.search.calibration import Calibration, shipped_calibration
from ingestion.knowledge.search.evidence import Evidence
from workers.contracts.record import Record
from workers.evaluation.fitting import Example, fit, held_out
from workers.evaluation.gauge import area, gauge, threshold_for
from workers.evaluation.metrics import same_document
from workers.evaluation.questions import Asked
from workers.evaluation.searching import Clinic, Step, with_and_without

#: Fewest questions with an answer: the threshold is a low quantile of their scores.
LEAST = 20


class CalibrationError(Exception):
    """The questions are too few to fit a gate to; the message is for the user."""


class Measure(Record):
    """The gate's figures with one calibration; None where nothing can be said.

    Attributes:
        name: which calibration.
        area: under the ROC curve, against all questions without an answer.
        area_asked: against the file's questions without an answer.
        area_removed: against the same questions with their documents left out.
        precision: share of what is let through that has an answer.
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


class Calibrated(Record):
    """What a calibration came to.

    Attributes:
        calibration: what is kept, or would be.
        kept: whether it is in use now.
        answerable: questions with an answer.
        asked: questions of the file without one.
        removed: searches with the documents left out.
        skipped: questions with an answer whose documents the knowledge base does not hold.
        before: the calibration in use until now, on all questions.
        after: the new one, each question by weights and threshold made without it.
    """

    calibration: Calibration
    kept: bool
    answerable: int
    asked: int
    removed: int
    skipped: int
    before: Measure | None
    after: Measure


@dataclass(frozen=True, slots=True)
class Samples:
    """The searches to learn from; the first two lists belong together, place by place."""

    answerable: list[Evidence]
    removed: list[Evidence | None]
    asked: list[Evidence]
    skipped: int

    @property
    def left(self) -> list[Evidence]:
        """What is left with the documents gone, where anything is."""
        return [each for each in self.removed if each is not None]

    def examples(self) -> list[Example]:
        """Answerable ones, the file's without an answer, then those with the documents left out.

        Both sides weigh alike, and so does each kind without an answer that there is.
        """
        weight = len(self.answerable) / max(1, bool(self.asked) + bool(self.left))
        left = [(group, each) for group, each in enumerate(self.removed) if each is not None]
        return [
            *(
                Example(e, answerable=True, share=1.0, group=g)
                for g, e in enumerate(self.answerable)
            ),
            *_without_answer(list(enumerate(self.asked)), weight),
            *_without_answer(left, weight),
        ]


def _without_answer(found: Sequence[tuple[int, Evidence]], weight: float) -> list[Example]:
    share = weight / max(1, len(found))
    return [Example(each, answerable=False, share=share, group=group) for group, each in found]


def calibrate(clinic: Clinic, asked: Sequence[Asked], recall: float, *, keep: bool) -> Calibrated:
    """Fit the gate to a clinic's questions.

    Args:
        clinic: what is searched.
        asked: the questions.
        recall: share of the questions with an answer to let through.
        keep: put it in use, kept with the collection.

    Raises:
        CalibrationError: there are too few questions; nothing was changed.
    """
    samples = _samples(asked, clinic)
    if len(samples.answerable) < LEAST:
        raise CalibrationError(too_few(len(samples.answerable), samples.skipped))
    if not samples.asked and not samples.left:
        raise CalibrationError(
            "No search came out without an answer: leave the documents of a question out and "
            "nothing is left. Nothing was changed. Add questions that the documents do not answer."
        )
    before = clinic.knowledge.calibrations.of(clinic.tenant)
    embedding = clinic.knowledge.embedder.name
    chosen, after = choose(samples, embedding, shipped_calibration(embedding), recall)
    chosen = chosen.model_copy(update={"made_at": datetime.now(UTC)})
    if keep:
        clinic.knowledge.calibrations.keep(clinic.tenant, chosen)
    return Calibrated(
        calibration=chosen,
        kept=keep,
        answerable=len(samples.answerable),
        asked=len(samples.asked),
        removed=len(samples.left),
        skipped=samples.skipped,
        before=_measure(str(before), before, samples) if before else None,
        after=after,
    )


class InUse(Record):
    """The calibration that a clinic's questions meet; None: there is none for the model."""

    calibration: Calibration | None


def in_use(clinic: Clinic, *, reset: bool) -> InUse:
    """The calibration in use, after going back to the shipped one where that is asked."""
    if reset:
        clinic.knowledge.calibrations.keep(clinic.tenant, None)
    return InUse(calibration=clinic.knowledge.calibrations.of(clinic.tenant))


def too_few(there: int, skipped: int) -> str:
    """What to do where there are too few questions."""
    lost = (
        f" ({skipped} more name documents that the knowledge base does not hold)" if skipped else ""
    )
    return (
        f"There are {there} questions with an answer in the documents{lost}; a calibration needs "
        f"{LEAST} at least, and is good from about 100. Nothing was changed. Add questions that "
        "patients ask, each with the `document` that answers it."
    )


def choose(
    samples: Samples, embedding: str, prior: Calibration | None, recall: float
) -> tuple[Calibration, Measure]:
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
        given = [prior.score(each.evidence) for each in examples]
        if _quality(given, count, asked) >= _quality(scores, count, asked):
            fitted, scores = prior, given
    answerable = scores[:count]
    others = scores[count : count + asked], scores[count + asked :]
    # The threshold, too, is judged on questions that it was not chosen from.
    passed = _passed(answerable, recall)
    chosen = threshold_for(answerable, recall)
    at = gauge([1.0] * passed + [-1.0] * (count - passed), [x - chosen for x in scores[count:]], 0)
    measure = Measure(
        name="new",
        area=area(answerable, scores[count:]),
        area_asked=area(answerable, others[0]),
        area_removed=area(answerable, others[1]),
        precision=at.precision,
        recall=at.recall,
        stopped=at.stopped,
    )
    threshold = threshold_for([fitted.score(e) for e in samples.answerable], recall)
    made = fitted.model_copy(
        update={
            "threshold": threshold,
            "questions": count,
            "recall": measure.recall,
            "area": measure.area,
        }
    )
    return made, measure


def _passed(scores: Sequence[float], recall: float) -> int:
    """How many pass a threshold chosen from the others."""
    return sum(
        score >= threshold_for([*scores[:at], *scores[at + 1 :]], recall)
        for at, score in enumerate(scores)
    )


def _quality(scores: Sequence[float], count: int, asked: int) -> float:
    """Mean area under the ROC curve against the kinds without an answer that there are."""
    kinds = scores[count : count + asked], scores[count + asked :]
    areas = [found for kind in kinds if (found := area(scores[:count], kind)) is not None]
    return sum(areas) / max(1, len(areas))


def _measure(name: str, calibration: Calibration, samples: Samples) -> Measure:
    answerable = [calibration.score(each) for each in samples.answerable]
    asked = [calibration.score(each) for each in samples.asked]
    removed = [calibration.score(each) for each in samples.left]
    at = gauge(answerable, asked + removed, calibration.threshold)
    return Measure(
        name=name,
        area=area(answerable, asked + removed),
        area_asked=area(answerable, asked),
        area_removed=area(answerable, removed),
        precision=at.precision,
        recall=at.recall,
        stopped=at.stopped,
    )


def _samples(asked: Sequence[Asked], clinic: Clinic) -> Samples:
    names = clinic.documents()
    samples, skipped = Samples([], [], [], 0), 0
    for done, each in enumerate(asked, 1):
        found, without = with_and_without(each, clinic, names)
        clinic.note(Step(done=done, total=len(asked)))
        if found is None:
            skipped += each.answerable
        elif not each.answerable:
            samples.asked.append(found)
        elif each.documents and not _held(each, names):
            skipped += 1
        else:
            samples.answerable.append(found)
            samples.removed.append(without)
    return Samples(samples.answerable, samples.removed, samples.asked, skipped)


def _held(asked: Asked, names: Sequence[str]) -> bool:
    return any(same_document(each, name) for each in asked.documents for name in names)
