"""The report: one HTML file that needs nothing else, and opens from a mail or a memory stick."""

import math
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from pydantic import TypeAdapter

from workers.answering.language import Language
from workers.evaluation.comparison import Comparison
from workers.evaluation.figures import Figures, figures
from workers.evaluation.plots import draw
from workers.evaluation.run import Run

_FOLDER = Path(__file__).parent
_LABELS = TypeAdapter(dict[str, str])

#: The figures that are shown, by their heading.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "search": ("recall_1", "recall_5", "mrr_10", "ndcg_10", "search_p50", "search_p95"),
    "gate": (
        "gate_area",
        "gate_area_removed",
        "gate_recall",
        "gate_stopped",
        "gate_stopped_removed",
        "gate_precision",
    ),
    "answers": ("answered", "answer_f1", "answer_exact", "answer_p50", "answer_p95"),
}
#: Figures that are no share: shown as they are.
_PLAIN = frozenset({"mrr_10", "ndcg_10", "gate_area", "gate_area_removed"})


@cache
def labels_of(language: Language) -> Mapping[str, str]:
    """The report's words in a language."""
    return _LABELS.validate_json((_FOLDER / "labels" / f"{language}.json").read_bytes())


def page(run: Run, language: Language) -> str:
    """One evaluation as HTML."""
    labels = labels_of(language)
    plots = {name: Markup(svg) for name, svg in draw(run, labels).items()}  # noqa: S704 - matplotlib escapes its texts
    return (
        _environment(language)
        .get_template("evaluation.html.j2")
        .render(run=run, figures=groups(figures(run), language), plots=plots, **_common(language))
    )


def comparison_page(before: Run, after: Run, comparison: Comparison, language: Language) -> str:
    """Two evaluations as HTML."""
    template = _environment(language).get_template("comparison.html.j2")
    return template.render(before=before, after=after, comparison=comparison, **_common(language))


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


def _common(language: Language) -> dict[str, object]:
    return {"t": labels_of(language), "language": language}


def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["share"] = lambda value: _signed(value, language)
    environment.filters["shown"] = lambda value, name: figure_text(name, value, language)
    environment.filters["when"] = lambda run: (
        f"{run.made_at:%d/%m/%Y %H:%M} UTC"
        if language == "pt"
        else f"{run.made_at:%Y-%m-%d %H:%M} UTC"
    )
    environment.filters["calibration"] = lambda run: calibration_text(run, language)
    return environment


def _signed(value: float, language: Language) -> str:
    if math.isclose(value, 0.0, abs_tol=5e-4):
        return "0"
    text = f"{100 * value:+.1f}"
    return text.replace(".", ",") if language == "pt" else text
