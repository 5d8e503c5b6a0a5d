"""One evaluation: what was asked and found, and its figures. Kept as JSON, read by `compare`."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
from pydantic import ValidationError

from ingestion.knowledge.search.calibration import Calibration
from workers.contracts.record import Record
from workers.evaluation import metrics
from workers.evaluation.gauge import area, gauge
from workers.evaluation.questions import Asked
from workers.evaluation.searching import Search, Searched

Item = TypeVar("Item")
#: Version of the JSON.
FORMAT = 1


class RunError(Exception):
    """A file holds no evaluation. The message says what it should be."""


class Reply(Record):
    """What the running stack answered; seconds are of the question's record.

    Attributes:
        status: as the API gives it; `unanswered` where it did not end in time.
        reason: why there is no answer.
        citations: names of the documents that were quoted.
        f1: word overlap with the nearest right answer; None where none is given.
        exact: whether it equals one; None likewise.
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
    """One question with what came of it."""

    asked: Asked
    searched: Searched
    reply: Reply | None = None

    @property
    def found(self) -> list[int | None]:
        """For each hit, the target that it brings."""
        return [hit.target for hit in self.searched.hits]

    @property
    def rank(self) -> int | None:
        """Rank from 1 of the first hit that brings what was expected."""
        return metrics.first(self.found)

    def recall(self, depth: int) -> float:
        """Share of what was expected that is among the first hits."""
        return metrics.recall(self.found, metrics.targets(self.asked), depth)

    @property
    def reciprocal_rank(self) -> float:
        """One over the rank."""
        return metrics.reciprocal_rank(self.found)

    @property
    def ndcg(self) -> float:
        """Discounted gain at ten."""
        return metrics.ndcg(self.found, metrics.targets(self.asked))


class Run(Record):
    """A whole evaluation.

    Attributes:
        name: of the file of questions.
        made_at: in UTC.
        bad_rows: rows of the file that could not be used, as text.
        floor: lowest cosine that takes the calibration's place, where it is set.
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
        return [each for each in self.results if each.asked.answerable]

    @property
    def unanswerable(self) -> list[Result]:
        """Questions that they should not."""
        return [each for each in self.results if not each.asked.answerable]

    @property
    def misses(self) -> list[Result]:
        """Questions of which not everything is among the first five, the worst first."""
        missed = [each for each in self.answerable if each.recall(5) < 1]
        return sorted(missed, key=lambda each: each.recall(5))


class Figures(Record):
    """The figures of a run, 0 to 1 or seconds; None where the questions say nothing of it."""

    recall_1: float | None
    recall_5: float | None
    mrr_10: float | None
    ndcg_10: float | None
    gate_area: float | None
    gate_area_removed: float | None
    gate_precision: float | None
    gate_recall: float | None
    gate_stopped: float | None
    gate_stopped_removed: float | None
    answer_f1: float | None
    answer_exact: float | None
    answered: float | None
    search_p50: float | None
    search_p95: float | None
    answer_p50: float | None
    answer_p95: float | None


def assemble(  # noqa: PLR0913 - the parts of a run
    *,
    name: str,
    tenant: str,
    made_at: datetime,
    asked: Sequence[Asked],
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
            Result(asked=one, searched=found, reply=reply)
            for one, found, reply in zip(asked, search.results, replies, strict=True)
        ),
    )


def load(path: Path) -> Run:
    """The run that was kept in a file.

    Raises:
        RunError: it is not there, or holds no run.
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


def gate_score(run: Run, searched: Searched, *, without: bool = False) -> float | None:
    """A search's score in the gate, as far as one threshold decides; None where nothing is found.

    Args:
        run: whose calibration or floor it is.
        searched: the search.
        without: of the search with the expected documents left out.
    """
    evidence = searched.without if without else searched.evidence
    if evidence is None:
        return None
    if run.calibration is None or run.floor is not None:
        return evidence.best
    return run.calibration.score(evidence)


def threshold(run: Run) -> float:
    """The score that lets a question through; minus infinity where every one is let through."""
    if run.floor is not None:
        return run.floor
    return run.calibration.threshold if run.calibration else float("-inf")


def gate_scores(run: Run) -> tuple[list[float], list[float], list[float]]:
    """Scores of the answerable, of those without an answer, and of those with it left out."""

    def of(results: Iterable[Result], *, without: bool = False) -> list[float]:
        scores = (gate_score(run, each.searched, without=without) for each in results)
        return [score for score in scores if score is not None]

    return of(run.answerable), of(run.unanswerable), of(run.answerable, without=True)


def figures(run: Run) -> Figures:
    """The figures of a run."""
    there = run.answerable
    answerable, asked, removed = gate_scores(run)
    limit = threshold(run)
    at = gauge(answerable, asked or removed, limit)
    stopped = {"asked": gauge([], asked, limit), "removed": gauge([], removed, limit)}
    replies = [each.reply for each in run.results if each.reply]
    compared = [reply for reply in replies if reply.f1 is not None]
    searches = [each.searched.seconds for each in run.results]
    answers = [reply.waited + reply.retrieved + reply.generated for reply in replies]
    expected = [each.reply for each in there if each.reply]
    return Figures(
        recall_1=_mean(there, lambda each: each.recall(1)),
        recall_5=_mean(there, lambda each: each.recall(5)),
        mrr_10=_mean(there, lambda each: each.reciprocal_rank),
        ndcg_10=_mean(there, lambda each: each.ndcg),
        gate_area=area(answerable, asked),
        gate_area_removed=area(answerable, removed),
        gate_precision=at.precision,
        gate_recall=at.recall,
        gate_stopped=stopped["asked"].stopped,
        gate_stopped_removed=stopped["removed"].stopped,
        answer_f1=_mean(compared, lambda reply: reply.f1 or 0.0),
        answer_exact=_mean(compared, lambda reply: float(bool(reply.exact))),
        answered=_mean(expected, lambda reply: float(reply.status == "answered")),
        search_p50=_quantile(searches, 0.5),
        search_p95=_quantile(searches, 0.95),
        answer_p50=_quantile(answers, 0.5),
        answer_p95=_quantile(answers, 0.95),
    )


def _mean(items: Sequence[Item], value: Callable[[Item], float]) -> float | None:
    return sum(map(value, items)) / len(items) if items else None


def _quantile(values: Sequence[float], at: float) -> float | None:
    return float(np.quantile(values, at)) if values else None
