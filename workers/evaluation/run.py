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
from workers.evaluation.reply import Asking, Reply
from workers.evaluation.search import Search, SearchResult
from workers.evaluation.verdicts import BAD, Judgement, Verdict, judge

#: Version of the JSON.
FORMAT = 2
#: Hits that a model may be shown: what is not among them counts as missed.
FIRST_HITS = 5


class Result(Record):
    """One question with what was found, and what was answered each time that it was asked."""

    asked: KnownQuestion
    searched: SearchResult
    replies: tuple[Reply, ...] = ()

    @property
    def reply(self) -> Reply | None:
        """The first reply; None where the stack was not asked."""
        return self.replies[0] if self.replies else None

    @property
    def judgements(self) -> list[Judgement | None]:
        """The verdict on each reply, with its reasons; None where nothing can be said."""
        return [judge(self.asked, reply, self.searched.numbers) for reply in self.replies]

    @property
    def judgement(self) -> Judgement | None:
        """The verdict on the first reply; None where there is none."""
        return next(iter(self.judgements), None)

    @property
    def verdict(self) -> Verdict | None:
        """The first reply's, without its reasons."""
        return self.judgement.verdict if self.judgement else None

    @property
    def targets(self) -> list[tuple[int, ...]]:
        """For each hit, the targets that it is the first to bring."""
        return [hit.targets for hit in self.searched.hits]

    @property
    def rank(self) -> int | None:
        """Rank from 1 of the first hit that brings anything expected."""
        return metrics.first_rank(self.targets)

    def recall(self, depth: int) -> float:
        """Share of what was expected that is among the first hits."""
        return metrics.recall(self.targets, len(self.asked.expected), depth)

    def document_recall(self, depth: int) -> float:
        """Share of the expected documents that are among the first hits, by whatever passage."""
        names = [hit.document for hit in self.searched.hits]
        gained = metrics.document_gains(self.asked, names)
        return metrics.recall(gained, len(self.asked.documents), depth)

    @property
    def missing(self) -> list[str]:
        """The passages, else the documents, that are not among the first hits."""
        targets = {each for hit in self.targets[:FIRST_HITS] for each in hit}
        return [name for place, name in enumerate(self.asked.expected) if place not in targets]

    @property
    def reciprocal_rank(self) -> float:
        """One over the rank."""
        return metrics.reciprocal_rank(self.targets)

    @property
    def ndcg(self) -> float:
        """Discounted gain at ten."""
        return metrics.ndcg(self.targets, len(self.asked.expected))


class Run(Record):
    """A whole evaluation.

    Attributes:
        name: of the file of questions.
        made_at: in UTC.
        bad_rows: rows of the file that could not be used, as text.
        floor: lowest cosine, where it is set and takes the calibration's place.
        at_once: for each time that the stack was asked, how many questions ran at once; 0: all.
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
    at_once: tuple[int, ...] = ()
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
        missed = [result for result in self.answerable if result.missing]
        return sorted(missed, key=lambda result: result.recall(FIRST_HITS))

    @property
    def judged(self) -> list[Result]:
        """Questions that the stack was asked and whose end has a verdict."""
        return [result for result in self.results if result.judgement]

    @property
    def bad_answers(self) -> list[Result]:
        """Questions with a dangerous or a wrong answer, the dangerous ones first."""
        bad = [result for result in self.results if result.verdict in BAD]
        return sorted(bad, key=lambda result: result.verdict != Verdict.DANGEROUS)

    @property
    def unsteady(self) -> list[Result]:
        """Questions that did not get the same verdict each time."""
        return [
            result
            for result in self.judged
            if len({each.verdict for each in result.judgements if each}) > 1
        ]


def assemble(  # noqa: PLR0913 - the parts of a run
    *,
    name: str,
    tenant: str,
    made_at: datetime,
    questions: Sequence[KnownQuestion],
    search: Search,
    askings: Sequence[Asking],
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
        at_once=tuple(asking.at_once for asking in askings),
        results=tuple(
            Result(
                asked=known,
                searched=searched,
                replies=tuple(asking.replies[place] for asking in askings),
            )
            for place, (known, searched) in enumerate(zip(questions, search.results, strict=True))
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
