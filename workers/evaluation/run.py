"""One evaluation: what was asked, found and answered. Stored as JSON, read by `compare`."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from ingestion.knowledge.search.calibration import Calibration
from workers.contracts.record import Record
from workers.evaluation import metrics
from workers.evaluation.errors import RunError
from workers.evaluation.questions import KnownQuestion
from workers.evaluation.search import Search, SearchResult

#: Version of the JSON.
FORMAT = 1


class Reply(Record):
    """What the running stack replied; the seconds are those of the question's record.

    Attributes:
        status: as the API gives it; `unanswered` where the question did not end in time.
        reason: why there is no answer.
        citations: names of the documents that were quoted.
        f1: word overlap with the nearest right answer; None where the file has none.
        exact: whether it equals a right answer; None likewise.
    """

    status: str
    reason: str | None
    text: str
    citations: tuple[str, ...]
    model: str | None
    f1: float | None
    exact: bool | None
    waited: float
    retrieved: float
    generated: float


class Result(Record):
    """One question with what was found and answered."""

    asked: KnownQuestion
    searched: SearchResult
    reply: Reply | None = None

    @property
    def targets(self) -> list[int | None]:
        """For each hit, the target that it is the first to bring; None: it brings none."""
        return [hit.target for hit in self.searched.hits]

    @property
    def rank(self) -> int | None:
        """Rank from 1 of the first hit that brings what was expected."""
        return metrics.first_rank(self.targets)

    def recall(self, depth: int) -> float:
        """Share of what was expected that is among the first hits."""
        return metrics.recall(self.targets, metrics.target_count(self.asked), depth)

    @property
    def reciprocal_rank(self) -> float:
        """One over the rank."""
        return metrics.reciprocal_rank(self.targets)

    @property
    def ndcg(self) -> float:
        """Discounted gain at ten."""
        return metrics.ndcg(self.targets, metrics.target_count(self.asked))


class Run(Record):
    """A whole evaluation.

    Attributes:
        name: of the file of questions.
        made_at: in UTC.
        bad_rows: rows of the file that could not be used, as text.
        floor: lowest cosine, where it is set and takes the calibration's place.
    """

    format: int = FORMAT
    name: str
    tenant: str
    made_at: datetime
    version: str
    embedding: str
    documents: int
    calibration: Calibration | None
    floor: float | None
    absent: tuple[str, ...]
    bad_rows: tuple[str, ...]
    results: tuple[Result, ...]

    @property
    def answerable(self) -> list[Result]:
        """Questions that the documents should answer."""
        return [result for result in self.results if result.asked.answerable]

    @property
    def unanswerable(self) -> list[Result]:
        """Questions that they should not."""
        return [result for result in self.results if not result.asked.answerable]

    @property
    def misses(self) -> list[Result]:
        """Questions whose targets are not all among the first five hits, the worst first."""
        missed = [result for result in self.answerable if result.recall(5) < 1]
        return sorted(missed, key=lambda result: result.recall(5))


def assemble(  # noqa: PLR0913 - the parts of a run
    *,
    name: str,
    tenant: str,
    made_at: datetime,
    questions: Sequence[KnownQuestion],
    search: Search,
    replies: Sequence[Reply | None],
    bad_rows: Sequence[str],
    floor: float | None,
) -> Run:
    """A run from its parts, which belong together place by place."""
    return Run(
        name=name,
        tenant=tenant,
        made_at=made_at,
        version=search.version,
        embedding=search.embedding,
        documents=search.documents,
        calibration=search.calibration,
        floor=floor,
        absent=search.absent,
        bad_rows=tuple(bad_rows),
        results=tuple(
            Result(asked=known, searched=searched, reply=reply)
            for known, searched, reply in zip(questions, search.results, replies, strict=True)
        ),
    )


def load_run(path: Path) -> Run:
    """The run that a file holds.

    Raises:
        RunError: it cannot be read, or holds no run.
    """
    try:
        run = Run.model_validate_json(path.read_bytes())
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}.") from error
    except ValidationError as error:
        raise RunError(
            f"{path} holds no evaluation. Give the .json that `atende evaluate` wrote beside "
            "its report."
        ) from error
    if run.format != FORMAT:
        raise RunError(f"{path} was written by another version of Atende. Evaluate again.")
    return run
