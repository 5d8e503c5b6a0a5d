"""The report: one HTML file that needs nothing else, and opens from a mail or a memory stick."""

import math
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

from workers.answering.language import Language
from workers.evaluation.checks import check_figures
from workers.evaluation.comparison import Comparison
from workers.evaluation.figures import figures
from workers.evaluation.plots import draw
from workers.evaluation.run import Run
from workers.evaluation.texts import (
    asking_names,
    calibration_text,
    check_summary,
    figure_text,
    groups,
    labels_of,
    reasons,
    step_texts,
    verdict_rows,
)
from workers.pages.page import environment as templates

_TEMPLATES = Path(__file__).parent / "templates"


def page(run: Run, language: Language) -> str:
    """One evaluation as HTML."""
    labels = labels_of(language)
    values = figures(run)
    parts = {
        "run": run,
        "figures": groups(values, language),
        "verdicts": verdict_rows(run, language),
        "check": check_figures(run),
        "steps": step_texts(run, values, language),
        "plots": {name: Markup(svg) for name, svg in draw(run, labels).items()},  # noqa: S704 - matplotlib escapes its texts
    }
    template = _environment(language).get_template("evaluation.html.j2")
    return template.render(**parts, **_common(language))


def comparison_page(before: Run, after: Run, comparison: Comparison, language: Language) -> str:
    """Two evaluations as HTML."""
    template = _environment(language).get_template("comparison.html.j2")
    return template.render(before=before, after=after, comparison=comparison, **_common(language))


def _common(language: Language) -> dict[str, object]:
    return {"t": labels_of(language), "language": language}


def _environment(language: Language) -> Environment:
    environment = templates(_TEMPLATES)
    environment.filters["share"] = lambda value: _signed(value, language)
    environment.filters["shown"] = lambda value, name: figure_text(name, value, language)
    environment.filters["when"] = lambda run: (
        f"{run.made_at:%d/%m/%Y %H:%M} UTC"
        if language == "pt"
        else f"{run.made_at:%Y-%m-%d %H:%M} UTC"
    )
    environment.filters["reasons"] = lambda result: reasons(result, language)
    environment.filters["check_summary"] = lambda check: check_summary(check, language)
    environment.filters["askings"] = lambda run: asking_names(run, language)
    environment.filters["calibration"] = lambda run: calibration_text(run, language)
    return environment


def _signed(value: float, language: Language) -> str:
    if math.isclose(value, 0.0, abs_tol=5e-4):
        return "0"
    text = f"{100 * value:+.1f}"
    return text.replace(".", ",") if language == "pt" else text
