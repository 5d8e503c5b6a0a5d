"""What jobs do with known questions: evaluate the search, calibrate the gate or the embedding."""

from pathlib import Path

from workers.evaluation.calibration import CalibrationInUse, CalibrationResult, in_use
from workers.evaluation.calibration import calibrate as fit_gate
from workers.evaluation.embedding import (
    EmbeddingResult,
    calibrate_embedding,
    seconds_expected,
)
from workers.evaluation.errors import CalibrationError, QuestionsError
from workers.evaluation.open_sets import open_sets
from workers.evaluation.search import QUESTIONS, Clinic, Search, search
from workers.jobs.errors import JobError
from workers.jobs.running_job import RunningJob


def evaluate(job: RunningJob) -> Search:
    """Search with each question, and again with its documents left out."""
    asked = QUESTIONS.validate_python(job.args["questions"])
    return search(_clinic(job), asked, job.args.get("gate_similarity"))


def calibrate(job: RunningJob) -> CalibrationResult:
    """Fit the gate to a clinic's questions, and keep the calibration unless it is a dry run.

    Raises:
        JobError: there are too few questions; nothing was changed.
    """
    asked = QUESTIONS.validate_python(job.args["questions"])
    keep = not job.args.get("dry_run", False)
    try:
        return fit_gate(_clinic(job), asked, job.args["recall"], keep=keep)
    except CalibrationError as error:
        raise JobError(str(error)) from None


def embedding(job: RunningJob) -> EmbeddingResult:
    """Fit the embedding model's weights and gate to the open sets, and keep them.

    Raises:
        JobError: a folder holds no open set, or it would take longer than `seconds`; nothing was
            changed.
    """
    limit = job.args.get("seconds")
    if limit is not None and (expected := seconds_expected(job.knowledge.embedder)) > limit:
        raise JobError(f"Here that takes about {expected / 60:.0f} minutes, so it was not begun.")
    try:
        sets = open_sets([Path(folder) for folder in job.args.get("folders", ())])
    except QuestionsError as error:
        raise JobError(str(error)) from None
    keep = not job.args.get("dry_run", False)
    return calibrate_embedding(job.knowledge, sets, job.args["recall"], job.note, keep=keep)


def calibration(job: RunningJob) -> CalibrationInUse:
    """The calibrations in use; with `reset`, after dropping the clinic's own or the embedding's."""
    return in_use(_clinic(job), reset=job.args.get("reset", ""))


def _clinic(job: RunningJob) -> Clinic:
    return Clinic(job.tenant, job.knowledge, job.note)
