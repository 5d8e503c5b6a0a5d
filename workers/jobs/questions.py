"""What jobs do with the questions of a file: evaluate the search, calibrate the gate."""

from workers.evaluation.calibrating import Calibrated, CalibrationError, InUse, in_use
from workers.evaluation.calibrating import calibrate as fit_gate
from workers.evaluation.searching import ASKED, Clinic, Search, search
from workers.jobs.work import JobError, Work


def evaluate(work: Work) -> Search:
    """Search with each question, and again with its documents left out."""
    asked = ASKED.validate_python(work.args["questions"])
    return search(_clinic(work), asked, work.args.get("gate_similarity"))


def calibrate(work: Work) -> Calibrated:
    """Fit the gate to a clinic's questions, and keep it unless it is only tried.

    Raises:
        JobError: there are too few questions; nothing was changed.
    """
    asked = ASKED.validate_python(work.args["questions"])
    keep = not work.args.get("dry_run", False)
    try:
        return fit_gate(_clinic(work), asked, work.args["recall"], keep=keep)
    except CalibrationError as error:
        raise JobError(str(error)) from None


def calibration(work: Work) -> InUse:
    """The calibration in use, after going back to the shipped one where that is asked."""
    return in_use(_clinic(work), reset=work.args.get("reset", False))


def _clinic(work: Work) -> Clinic:
    return Clinic(work.tenant, work.knowledge, work.note)
