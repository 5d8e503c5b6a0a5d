"""What jobs do with the questions of a file: evaluate the search, calibrate the gate."""

from workers.evaluation.calibration import CalibrationInUse, CalibrationResult, in_use
from workers.evaluation.calibration import calibrate as fit_gate
from workers.evaluation.errors import CalibrationError
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


def calibration(job: RunningJob) -> CalibrationInUse:
    """The calibration in use; with `reset`, after dropping the clinic's own."""
    return in_use(_clinic(job), reset=job.args.get("reset", False))


def _clinic(job: RunningJob) -> Clinic:
    return Clinic(job.tenant, job.knowledge, job.note)
