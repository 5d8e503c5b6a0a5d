"""The figures of an evaluation. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np

from workers.contracts.record import Record
from workers.evaluation.gate_figures import area, gate_figures
from workers.evaluation.run import Result, Run
from workers.evaluation.search import SearchResult
from workers.evaluation.verdicts import BAD, SENT, Verdict

Item = TypeVar("Item")


class Figures(Record):
    """The figures of a run, 0 to 1 or seconds; None where the questions do not tell."""

    recall_1: float | None
    recall_5: float | None
    document_recall_1: float | None
    document_recall_5: float | None
    mrr_10: float | None
    ndcg_10: float | None
    gate_area: float | None
    gate_area_removed: float | None
    gate_precision: float | None
    gate_recall: float | None
    gate_stopped: float | None
    gate_stopped_removed: float | None
    right_of_answerable: float | None
    wrong_of_sent: float | None
    dangerous_of_sent: float | None
    answered_without: float | None
    answer_f1: float | None
    answer_exact: float | None
    answered: float | None
    search_p50: float | None
    search_p95: float | None
    answer_p50: float | None
    answer_p95: float | None


def gate_score(run: Run, searched: SearchResult, *, without: bool = False) -> float | None:
    """A search's score in the gate, as far as one threshold decides; None where nothing was found.

    Args:
        run: its calibration or floor makes the score.
        searched: what was found.
        without: score the search with the expected documents left out.
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
    """Scores of answerable questions, of those without an answer, of those with it left out."""

    def scores_of(results: Iterable[Result], *, without: bool = False) -> list[float]:
        scores = (gate_score(run, result.searched, without=without) for result in results)
        return [score for score in scores if score is not None]

    removed = scores_of(run.answerable, without=True)
    return scores_of(run.answerable), scores_of(run.unanswerable), removed


def figures(run: Run) -> Figures:
    """The figures of a run."""
    answerable, asked, removed = gate_scores(run)
    limit = threshold(run)
    gate = gate_figures(answerable, asked or removed, limit)
    stopped = {"asked": gate_figures([], asked, limit), "removed": gate_figures([], removed, limit)}
    replies = [result.reply for result in run.results if result.reply]
    compared = [reply for reply in replies if reply.f1 is not None]
    searches = [result.searched.seconds for result in run.results]
    answers = [reply.waited + reply.retrieved + reply.generated for reply in replies]
    expected = [result.reply for result in run.answerable if result.reply]
    # Where no row names a passage, recall is by document anyway.
    by_passage = any(each.asked.passages for each in run.answerable)
    both = [each for each in run.answerable if by_passage and each.asked.documents]
    return Figures(
        **_verdict_shares(run),
        document_recall_1=_mean(both, lambda result: result.document_recall(1)),
        document_recall_5=_mean(both, lambda result: result.document_recall(5)),
        recall_1=_mean(run.answerable, lambda result: result.recall(1)),
        recall_5=_mean(run.answerable, lambda result: result.recall(5)),
        mrr_10=_mean(run.answerable, lambda result: result.reciprocal_rank),
        ndcg_10=_mean(run.answerable, lambda result: result.ndcg),
        gate_area=area(answerable, asked),
        gate_area_removed=area(answerable, removed),
        gate_precision=gate.precision,
        gate_recall=gate.recall,
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


def verdict_counts(run: Run) -> dict[Verdict, list[int]]:
    """For each verdict, how many questions ended with it, each time that they were asked."""
    columns = [
        Counter(judged.verdict for result in run.judged if (judged := result.judgements[time]))
        for time in range(len(run.at_once))
    ]
    return {verdict: [column[verdict] for column in columns] for verdict in Verdict}


def _verdict_shares(run: Run) -> dict[str, float | None]:
    """The shares that verdicts have; None as long as no answerable question has facts."""
    answerable = [result for result in run.judged if result.asked.answerable]
    others = [result for result in run.judged if not result.asked.answerable]
    sent = [result for result in run.judged if result.verdict in SENT] if answerable else []
    return {
        "right_of_answerable": _mean(answerable, lambda each: each.verdict == Verdict.RIGHT),
        "wrong_of_sent": _mean(sent, lambda each: each.verdict in BAD),
        "dangerous_of_sent": _mean(sent, lambda each: each.verdict == Verdict.DANGEROUS),
        "answered_without": _mean(others, lambda each: each.verdict in BAD),
    }


def _mean(items: Sequence[Item], value: Callable[[Item], float]) -> float | None:
    return sum(map(value, items)) / len(items) if items else None


def _quantile(values: Sequence[float], share: float) -> float | None:
    return float(np.quantile(values, share)) if values else None
