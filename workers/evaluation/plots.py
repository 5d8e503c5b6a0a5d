"""The report's plots, as SVG that stands in the page itself: no file, no script, no network."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.category import StrCategoryFormatter
from matplotlib.figure import Figure as Drawing
from matplotlib.ticker import MaxNLocator

from workers.evaluation.figures import gate_scores, threshold
from workers.evaluation.gate_figures import roc
from workers.evaluation.metrics import DEPTH
from workers.evaluation.run import Run

#: Inches; two stand side by side on a wide screen.
_SIZE = (6.0, 3.2)
#: Colours that the colour-blind tell apart (Okabe and Ito 2008): with an answer, without, left out.
ANSWERABLE, UNANSWERABLE, REMOVED = "#0072b2", "#d55e00", "#999999"
#: Text stays text, in the page's own font; ids do not change from run to run.
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "atende",
    "font.family": "sans-serif",
    "font.sans-serif": ["system-ui", "DejaVu Sans"],
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888",
}
_BINS = 24


def draw(run: Run, labels: Mapping[str, str]) -> dict[str, str]:
    """Each plot's SVG by the label of its title; only those that the run has data for."""
    answerable, asked, removed = gate_scores(run)
    kinds = {"with_answer": answerable, "without_answer": asked, "removed": removed}
    present = {name: scores for name, scores in kinds.items() if scores}
    replies = [result.reply for result in run.results if result.reply]
    plots = {}
    if run.answerable:
        plots["plot_rank"] = _svg(lambda axes: _ranks(axes, run, labels), labels)
    if answerable and len(present) > 1:
        plots["plot_roc"] = _svg(lambda axes: _roc(axes, present, labels), labels)
    if present:
        plots["plot_scores"] = _svg(
            lambda axes: _scores(axes, present, threshold(run), labels), labels
        )
    searches = [1000 * result.searched.seconds for result in run.results]
    plots["plot_latency"] = _svg(lambda axes: _times(axes, searches, labels["ms"], labels), labels)
    if replies:
        times = [reply.waited + reply.retrieved + reply.generated for reply in replies]
        plots["plot_answer_latency"] = _svg(
            lambda axes: _times(axes, times, labels["seconds"], labels), labels
        )
    return plots


def _ranks(axes: Axes, run: Run, labels: Mapping[str, str]) -> None:
    ranks = [result.rank for result in run.answerable]
    names = [*map(str, range(1, DEPTH + 1)), labels["missing"]]
    counts = [ranks.count(rank) for rank in (*range(1, DEPTH + 1), None)]
    bars = axes.bar(names, counts, color=[ANSWERABLE] * DEPTH + [UNANSWERABLE])
    axes.bar_label(bars, [str(count) if count else "" for count in counts], padding=1)
    axes.set(xlabel=labels["rank"], ylabel=labels["count"])
    axes.margins(y=0.12)


def _roc(axes: Axes, kinds: Mapping[str, Sequence[float]], labels: Mapping[str, str]) -> None:
    axes.plot([0, 1], [0, 1], ":", color="#bbb")
    for kind, colour in (("without_answer", UNANSWERABLE), ("removed", REMOVED)):
        if kind in kinds:
            across, up = zip(*roc(kinds["with_answer"], kinds[kind]), strict=True)
            axes.step(across, up, where="post", color=colour, label=labels[kind])
    axes.set(xlabel=labels["passed_wrongly"], ylabel=labels["passed_rightly"])
    axes.legend(frameon=False, loc="lower right")


def _scores(
    axes: Axes, kinds: Mapping[str, Sequence[float]], limit: float, labels: Mapping[str, str]
) -> None:
    together = np.concatenate([np.asarray(scores) for scores in kinds.values()])
    bins = np.linspace(together.min(), together.max() + 1e-9, _BINS)
    colours = {"with_answer": ANSWERABLE, "without_answer": UNANSWERABLE, "removed": REMOVED}
    for kind, scores in kinds.items():
        filled = kind != "removed"
        axes.hist(
            scores,
            bins.tolist(),
            color=colours[kind],
            alpha=0.65 if filled else 1.0,
            histtype="stepfilled" if filled else "step",
            label=labels[kind],
        )
    if np.isfinite(limit):
        axes.axvline(limit, color="#222", linestyle="--", linewidth=1, label=labels["threshold"])
    axes.set(xlabel=labels["score"], ylabel=labels["count"])
    axes.figure.legend(frameon=False, loc="outside lower center", ncols=2, fontsize=8)


def _times(axes: Axes, times: Sequence[float], unit: str, labels: Mapping[str, str]) -> None:
    axes.hist(times, _BINS, color=ANSWERABLE)
    for share, style in ((0.5, "-"), (0.95, "--")):
        limit = float(np.quantile(times, share))
        name = f"{100 * share:.0f} %: {limit:.3g}".replace(".", labels["decimal"])
        axes.axvline(limit, color="#222", linestyle=style, linewidth=1, label=name)
    axes.set(xlabel=unit, ylabel=labels["count"])
    axes.set_xlim(left=0)
    axes.legend(frameon=False)


def _svg(paint: Callable[[Axes], None], labels: Mapping[str, str]) -> str:
    decimal, whole = labels["decimal"], labels["count"]
    with rc_context(_STYLE):
        drawing = Drawing(figsize=_SIZE, layout="constrained")
        axes = drawing.subplots()
        paint(axes)
        for axis in (axes.xaxis, axes.yaxis):
            if axis.get_label_text() == whole:
                axis.set_major_locator(MaxNLocator(integer=True))
            if not isinstance(axis.get_major_formatter(), StrCategoryFormatter):
                axis.set_major_formatter(lambda value, _: f"{value:g}".replace(".", decimal))
        buffer = io.StringIO()
        drawing.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    content = buffer.getvalue()
    return content[content.index("<svg") :]
