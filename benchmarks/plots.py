"""The plots of docs/figures.md, from `results.json` and `details/`: `benchmarks/plots/*.svg`.

    python -m benchmarks.plots

A plot whose figures have not been measured yet is left out, and named.
"""

import json
import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl

mpl.use("svg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.figure import DETAILS, RESULTS
from benchmarks.schedule import percentile

PLOTS: Final = Path(__file__).parent / "plots"
OURS, OTHER, DARK = "#1f6f8b", "#b8c4cc", "#333f48"
STYLE: Final[Any] = {
    "font.size": 10,
    "font.family": "DejaVu Sans",
    "axes.edgecolor": DARK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlesize": 11,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "atende",  # the same figures give the same file
}

#: The figures of `benchmarks.scale_out`: how many drains, and which engine.
FLEET: Final = re.compile(r"control plane, (\d+) workers?(?:, (an engine that waits [^,]+))?")
#: Where a fleet's name says nothing of its engine.
INSTANT: Final = "an engine that answers at once"

#: The phases of `benchmarks.gpu_shape` that differ in speed alone.
SPEED: Final = re.compile(r"the card's own speed|[\d.]+ answers/s")

Rows = Mapping[str, Mapping[str, Any]]
Details = Mapping[str, Any]
#: Draws one plot; raises KeyError where a figure that it needs was not measured.
Draw = Callable[[Axes, Rows, Mapping[str, Details]], None]


def systems(axes: Axes, _: Rows, details: Mapping[str, Details]) -> None:
    """Answers per second of each system, with what ours is as a multiple of it."""
    systems = details["throughput"]
    rates = {
        name: [run["questions"] / run["seconds"] for run in result["runs"]]
        for name, result in systems.items()
    }
    ours, highest = rates["whole_system"], max(map(max, rates.values()))
    order = sorted(rates, key=lambda name: statistics.median(rates[name]))
    labels = [systems[name]["system"] for name in order]
    colors = [OURS if name == "whole_system" else OTHER for name in order]
    bars(axes, labels, [rates[name] for name in order], colors)
    for place, name in enumerate(order):
        pairs = zip(ours, rates[name], strict=True)
        ratio = statistics.median(own / other for own, other in pairs)
        label = f"{statistics.median(rates[name]):.2f}"
        if name != "whole_system":
            label += f"  (Atende: {ratio:.2f} x)"
        axes.text(max(rates[name]) + 0.02 * highest, place, label, va="center")
    axes.set_xlim(0, 1.5 * highest)
    axes.set_xlabel("answers per second; the line is the spread of the runs")
    axes.set_title("The same questions, engine and machine")


def bars(
    axes: Axes, labels: Sequence[str], runs: Sequence[Sequence[float]], colors: Sequence[str]
) -> None:
    """Horizontal bars of medians with a line from the lowest to the highest run."""
    middles = [statistics.median(each) for each in runs]
    axes.barh(labels, middles, color=colors, height=0.62)
    for place, each in enumerate(runs):
        axes.plot([min(each), max(each)], [place, place], color=DARK, linewidth=1.5)
    axes.tick_params(axis="y", length=0)


def lanes(axes: Axes, _: Rows, details: Mapping[str, Details]) -> None:
    """Which share of the live questions was answered within how many seconds."""
    phases = details["lanes"]
    for name, title, color in (
        ("alone", "live users alone", OTHER),
        ("with bulk", "while the bulk questions drain", OURS),
    ):
        times = sorted(phases[name]["latencies"])
        shares = [100 * (place + 1) / len(times) for place in range(len(times))]
        late = percentile(times, 0.95)
        label = f"{title} (p95 {late:.1f} s)"
        axes.step([0, *times], [0, *shares], where="post", color=color, linewidth=2.2, label=label)
        axes.plot([late], [95], "o", color=color, markersize=6)
    axes.set_ylim(0, 103)
    axes.set_xlim(left=0)
    axes.set_ylabel("% answered")
    axes.set_xlabel("seconds from the question to its answer")
    axes.legend(loc="lower right", frameon=False)
    axes.set_title("A live user's wait, with and without a backfill")


def scale(axes: Axes, rows: Rows, _: Mapping[str, Details]) -> None:
    """Questions per second of several workers as multiples of one's, by what their engine does."""
    engines: dict[str, dict[int, Mapping[str, Any]]] = {}
    for name, row in rows.items():
        if match := FLEET.fullmatch(name):
            engines.setdefault(match[2] or INSTANT, {})[int(match[1])] = row
    fleets = {kind: fleet for kind, fleet in engines.items() if 1 in fleet}
    if not fleets:
        raise KeyError("control plane, 1 worker")
    counts = sorted({count for fleet in fleets.values() for count in fleet})
    width = 0.8 / len(fleets)
    for place, (kind, fleet) in enumerate(sorted(fleets.items())):
        color, one = (OTHER, OURS)[place % 2], fleet[1]["value"]
        for column, count in enumerate(counts):
            if count in fleet:
                row = fleet[count]
                x, top = column + (place - (len(fleets) - 1) / 2) * width, max(row["runs"]) / one
                label = kind if column == 0 else ""
                axes.bar(x, row["value"] / one, width * 0.92, color=color, label=label)
                axes.plot([x, x], [min(row["runs"]) / one, top], color=DARK, linewidth=1.5)
                axes.annotate(
                    f"{row['value']:,.0f}/s",
                    (x, top),
                    xytext=(0, 4),
                    textcoords="offset points",
                    ha="center",
                )
    axes.set_xticks(range(len(counts)), [f"{count} worker{'s'[: count > 1]}" for count in counts])
    axes.set_ylim(0, 1.4 * max(counts))
    axes.set_ylabel("times as fast as one worker")
    axes.legend(loc="upper left", frameon=False)
    axes.set_title("The control plane alone, by the number of workers")


def day(axes: Axes, rows: Rows, details: Mapping[str, Details]) -> None:
    """How many messages of the day had ended after so many seconds."""
    passes = details["day"]["passes"]
    for name, label, color in (
        ("each alone", "each message for itself", OTHER),
        ("shared", "with coalescing and the answer cache", OURS),
    ):
        times, counts = zip(*passes[name]["ended"], strict=True)
        speed = f"{label} ({counts[-1] / times[-1]:.1f}/s)"
        axes.plot(times, counts, color=color, linewidth=2.2, label=speed)
    coalesced = rows["day: coalesced"]["value"]
    cached = rows["day: from the answer cache"]["value"]
    axes.set_title(f"A day's messages: {coalesced:.0f} % coalesced, {cached:.0f} % cached")
    axes.set_xlim(left=0)
    axes.set_ylim(0, 1.12 * max(count for _, count in passes["shared"]["ended"]))
    axes.set_xlabel("seconds")
    axes.set_ylabel("messages ended")
    axes.legend(loc="lower right", frameon=False)


def api(axes: Axes, rows: Rows, _: Mapping[str, Details]) -> None:
    """Accepted questions per second beside an empty view."""
    bar_rows = {
        "an empty Flask view": ("an empty Flask view", OTHER),
        "POST /v1/questions": ("API: questions accepted", OURS),
        "batches of 1,000": ("API: questions in batches of 1,000", OURS),
    }
    runs = [rows[name]["runs"] for name, _ in bar_rows.values()]
    labels, colors = list(bar_rows), [color for _, color in bar_rows.values()]
    bars(axes, labels[::-1], runs[::-1], colors[::-1])
    widest = max(map(max, runs))
    for place, each in enumerate(runs[::-1]):
        axes.text(max(each) + 0.02 * widest, place, f"{statistics.median(each):,.0f}", va="center")
    axes.set_xlim(0, 1.18 * widest)
    ratio = rows["API: accepted questions ÷ an empty view"]["value"]
    axes.set_xlabel("requests or questions per second, under the same gunicorn")
    axes.set_title(f"The API accepts {ratio:.2f} of what an empty view does")


def gpu(axes: Axes, _: Rows, details: Mapping[str, Details]) -> None:
    """Answers per second of the product over those of the engine alone, by the kind of search."""
    highest = 0.0
    for name, color in (
        ("stand-in GPU, 7b, instant search", OTHER),
        ("stand-in GPU, 7b", OURS),
    ):
        if name not in details["gpu_shape"]:
            continue
        phases = details["gpu_shape"][name]
        speeds = [each for each in phases if SPEED.fullmatch(each["name"])]
        points = sorted((each["alone"], each["rate"]) for each in speeds)
        if points:
            label = "without a search" if "instant" in name else "with the search"
            axes.plot(*zip(*points, strict=True), "o-", color=color, linewidth=2.2, label=label)
            highest = max(highest, *(alone for alone, _ in points))
    if not highest:
        raise KeyError("gpu_shape")
    axes.plot([0, highest], [0, highest], "--", color=DARK, linewidth=1, label="the engine alone")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("answers per second of the engine alone")
    axes.set_ylabel("of the product")
    axes.legend(loc="upper left", frameon=False)
    axes.set_title("Where the product stops following a faster GPU")


#: By file name: how it is drawn, and its height in inches (the width is 7, for 700 pixels).
ALL: Final[Mapping[str, tuple[Draw, float]]] = {
    "systems": (systems, 2.7),
    "lanes": (lanes, 3.3),
    "scale": (scale, 3.0),
    "day": (day, 3.3),
    "api": (api, 2.0),
    "gpu": (gpu, 3.3),
}


def draw(
    rows: Rows, details: Mapping[str, Details], folder: Path, form: str = "svg"
) -> dict[str, Path]:
    """Draw what can be drawn; the files by their plot's name."""
    folder.mkdir(exist_ok=True)
    paths = {}
    for name, (draw_plot, height) in ALL.items():
        with plt.rc_context(STYLE):
            figure, axes = plt.subplots(figsize=(7, height), layout="constrained")
            try:
                draw_plot(axes, rows, details)
            except KeyError as missing:
                print(f"no plot of {name}: {missing} was not measured")
            else:
                paths[name] = folder / f"{name}.{form}"
                plain = {"Date": None} if form == "svg" else {}
                figure.savefig(paths[name], format=form, dpi=100, metadata=plain)
            plt.close(figure)
    return paths


def main() -> None:
    """Draw all."""
    figures = json.loads(RESULTS.read_text("utf-8"))["figures"]
    rows = {row["name"]: row for row in figures}
    details = {path.stem: json.loads(path.read_text("utf-8")) for path in DETAILS.glob("*.json")}
    for path in draw(rows, details, PLOTS).values():
        print(path)


if __name__ == "__main__":
    main()
