"""What to do next, told by the figures of an evaluation. Pure."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from workers.evaluation.figures import Figures
from workers.evaluation.run import Result, Run
from workers.evaluation.verdicts import Verdict

#: Most steps that are named: who is told everything does nothing.
MOST: Final = 3
#: Shares, 0 to 1, beyond which a figure needs something done.
STOPPED: Final = 0.8
LET_THROUGH: Final = 0.95
RECALL: Final = 0.9
WRONG: Final = 0.05
HANDED_OVER: Final = 0.2
#: Documents that are named.
_DOCUMENTS: Final = 3
#: Reasons of an outcome by which the gate stopped the question.
_GATE_REASONS: Final = frozenset({"weak_evidence", "no_documents"})


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: the name of its sentence among the report's labels, and what fills it."""

    name: str
    values: Mapping[str, object]


def next_steps(run: Run, figures: Figures) -> list[Step]:
    """What to do next, the most urgent first; one step where nothing stands out."""
    steps = [*_about_safety(run), *_about_search(run, figures), *_about_gate(run, figures)]
    steps += [*_about_answers(run, figures), *_about_file(run)]
    return steps[:MOST] or [Step("next_nothing", {})]


def _about_safety(run: Run) -> Iterator[Step]:
    if dangerous := [each for each in run.judged if each.verdict == Verdict.DANGEROUS]:
        yield Step("next_dangerous", {"count": len(dangerous)})


def _about_search(run: Run, figures: Figures) -> Iterator[Step]:
    if run.absent:
        yield Step("next_absent", {"count": len(run.absent)})
    elif _below(figures.recall_5, RECALL):
        name = "next_recall" if _lacking(run) else "next_recall_anywhere"
        yield Step(name, {"count": len(run.misses), "documents": _lacking(run)})


def _about_gate(run: Run, figures: Figures) -> Iterator[Step]:
    values = {"file": run.name}
    if run.calibration is None and run.floor is None:
        yield Step("next_no_calibration", values)
    elif _below(figures.gate_stopped, STOPPED):
        yield Step("next_stopped", values | {"share": _percent(figures.gate_stopped)})
    elif _below(figures.gate_recall, LET_THROUGH):
        yield Step("next_let_through", values | {"share": _percent(figures.gate_recall)})


def _about_answers(run: Run, figures: Figures) -> Iterator[Step]:
    answerable = [each for each in run.judged if each.asked.answerable]
    handed_over = [each for each in answerable if each.verdict == Verdict.TO_PERSON_WRONGLY]
    by_model = [each for each in handed_over if not _stopped_by_gate(each)]
    if figures.wrong_of_sent is not None and figures.wrong_of_sent > WRONG:
        readable = [each for each in run.bad_answers if each.asked.answerable and not each.missing]
        values = {"count": len(run.bad_answers), "readable": len(readable)}
        yield Step("next_wrong", values)
    if len(by_model) > HANDED_OVER * len(answerable):
        yield Step("next_by_model", {"count": len(by_model)})


def _about_file(run: Run) -> Iterator[Step]:
    without_facts = sum(not each.asked.facts for each in run.answerable)
    if without_facts:
        yield Step("next_facts", {"count": without_facts})
    elif run.answerable and not run.at_once:
        yield Step("next_answers", {"file": run.name})


def _lacking(run: Run) -> str:
    """The documents that most of the misses expected."""
    names = Counter(name for result in run.misses for name in result.asked.documents)
    return ", ".join(f"{name} ({count})" for name, count in names.most_common(_DOCUMENTS))


def _stopped_by_gate(result: Result) -> bool:
    return result.reply is not None and result.reply.reason in _GATE_REASONS


def _below(value: float | None, limit: float) -> bool:
    return value is not None and value < limit


def _percent(value: float | None) -> str:
    return f"{100 * (value or 0):.0f} %"
