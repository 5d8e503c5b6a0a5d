"""The words of a report, on a page and on a terminal: figures, verdicts, reasons, next steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter

from workers.answering.language import Language
from workers.evaluation.advice import next_steps
from workers.evaluation.checks import CheckFigures
from workers.evaluation.figures import Figures, verdict_counts
from workers.evaluation.run import Result, Run
from workers.evaluation.verdicts import BAD, Verdict

_FOLDER = Path(__file__).parent / "labels"
_LABELS = TypeAdapter(dict[str, str])

#: The figures that are shown, by their heading.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "search": (
        "recall_1",
        "recall_5",
        "document_recall_1",
        "document_recall_5",
        "mrr_10",
        "ndcg_10",
        "search_p50",
        "search_p95",
    ),
    "gate": (
        "gate_area",
        "gate_area_removed",
        "gate_recall",
        "gate_stopped",
        "gate_stopped_removed",
        "gate_precision",
    ),
    "answers": (
        "right_of_answerable",
        "wrong_of_sent",
        "dangerous_of_sent",
        "answered_without",
        "answered",
        "answer_f1",
        "answer_exact",
        "answer_p50",
        "answer_p95",
    ),
}
#: Figures that are no share: shown as they are.
_PLAIN = frozenset({"mrr_10", "ndcg_10", "gate_area", "gate_area_removed"})


#: Phrases of one reason that are shown, and what stands for the rest.
PHRASES, ELLIPSIS = 3, "…"


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """One verdict as it is shown.

    Attributes:
        name: in the reader's language.
        counts: of questions, each time that they were asked.
        share: of the first time, of all questions with a verdict, 0 to 1.
    """

    verdict: Verdict
    name: str
    counts: list[int]
    share: float


@cache
def labels_of(language: Language) -> Mapping[str, str]:
    """The report's words in a language."""
    return _LABELS.validate_json((_FOLDER / f"{language}.json").read_bytes())


def groups(run_figures: Figures, language: Language) -> dict[str, dict[str, str]]:
    """The figures that the run has, as text, by group."""
    values = run_figures.model_dump()
    return {
        group: {
            name: figure_text(name, values[name], language)
            for name in names
            if values[name] is not None
        }
        for group, names in GROUPS.items()
    }


def step_texts(run: Run, run_figures: Figures, language: Language) -> list[str]:
    """What to do next, in whole sentences."""
    labels = labels_of(language)
    return [labels[step.name].format(**step.values) for step in next_steps(run, run_figures)]


def verdict_rows(run: Run, language: Language) -> list[VerdictRow]:
    """The verdicts with their counts; none where no question has one."""
    labels, counts = labels_of(language), verdict_counts(run)
    return [
        VerdictRow(verdict, labels[f"verdict_{verdict}"], columns, columns[0] / len(run.judged))
        for verdict, columns in counts.items()
        if run.judged
    ]


def check_summary(check: CheckFigures, language: Language) -> str:
    """What the check let through and caught, in one sentence."""

    def share(value: float | None) -> str:
        return figure_text("share", value, language) if value is not None else "-"

    return labels_of(language)["check_slipped"].format(
        slipped=check.slipped,
        caught=share(check.caught_share),
        wrongly=share(check.wrongly_share),
    )


def asking_names(run: Run, language: Language) -> list[str]:
    """How the questions were asked each time."""
    labels = labels_of(language)
    return [
        labels["some_at_once"].format(count=count) if count else labels["all_at_once"]
        for count in run.at_once
    ]


def reasons(result: Result, language: Language) -> list[str]:
    """Why an answer is wrong, one sentence each."""
    labels, judgement = labels_of(language), result.judgement
    if judgement is None or judgement.verdict not in BAD:
        return []
    missing = [fact for fact in judgement.missing if not set(fact) & set(judgement.denied)]
    parts = [
        ("why_denied", judgement.denied),
        ("why_allowed", judgement.allowed),
        ("why_never", judgement.never),
        *(("why_missing", fact) for fact in missing),
        ("why_unsupported", judgement.unsupported),
    ]
    texts = [f"{labels[name]}: {_phrases(phrases)}" for name, phrases in parts if phrases]
    return texts or [labels["why_unasked"]]


def _phrases(phrases: Sequence[str]) -> str:
    more = [ELLIPSIS] if len(phrases) > PHRASES else []
    return " | ".join([*phrases[:PHRASES], *more])


def figure_text(name: str, value: float, language: Language) -> str:
    """One figure as text: a share in %, a time in ms or s, else a number.

    >>> figure_text("recall_5", 0.975, "pt"), figure_text("search_p50", 0.0213, "en")
    ('97,5 %', '21 ms')
    """
    if name.endswith(("_p50", "_p95")):
        text = f"{1000 * value:.0f} ms" if value < 1 else f"{value:.1f} s"
    elif name in _PLAIN:
        text = f"{value:.3f}"
    else:
        text = f"{100 * value:.1f} %"
    return text.replace(".", ",") if language == "pt" else text


def calibration_text(run: Run, language: Language) -> str:
    """Which calibration or floor the gate used."""
    labels = labels_of(language)
    if run.floor is not None:
        return labels["floor"].format(floor=run.floor)
    if run.calibration is None:
        return labels["none"]
    made_at = run.calibration.made_at
    if made_at is None:
        return labels["shipped"]
    date = f"{made_at:%d/%m/%Y}" if language == "pt" else f"{made_at:%Y-%m-%d}"
    return labels["own"].format(date=date, count=run.calibration.questions)
