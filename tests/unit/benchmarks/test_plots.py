from pathlib import Path
from typing import Any

import pytest

from benchmarks.plots import ALL, draw

RUN = {"prompt_tokens": 1, "completion_tokens": 1, "cached_tokens": 1, "questions": 100}


def system(name: str, *seconds: float) -> dict[str, Any]:
    return {"system": name, "runs": [RUN | {"seconds": each} for each in seconds]}


ROWS: dict[str, dict[str, Any]] = {
    name: {"value": value, "runs": [0.9 * value, value, 1.1 * value]}
    for name, value in {
        "control plane, 1 worker": 2100.0,
        "control plane, 2 workers": 3000.0,
        "control plane, 1 worker, an engine that waits 20 ms": 190.0,
        "control plane, 2 workers, an engine that waits 20 ms": 380.0,
        "control plane, 2 workers, an engine that waits 20 ms, ÷ 1 worker": 2.0,
        "an empty Flask view": 4000.0,
        "API: questions accepted": 2200.0,
        "API: questions in batches of 1,000": 9000.0,
        "API: accepted questions ÷ an empty view": 0.55,
        "day: coalesced": 6.0,
        "day: from the answer cache": 14.0,
    }.items()
}
DETAILS: dict[str, dict[str, Any]] = {
    "throughput": {
        "reference": system("LLM.chat, all at once", 20.0, 21.0),
        "whole_system": system("Atende", 21.0, 20.0),
        "one_task": system("one Celery task per question", 70.0, 69.0),
    },
    "lanes": {
        "alone": {"latencies": [1.0, 2.0, 3.0]},
        "with bulk": {"latencies": [1.5, 2.5, 4.0]},
    },
    "gpu_shape": {
        "stand-in GPU, 7b": [
            {"name": "live alone", "alone": 9.0, "rate": 2.0},
            {"name": "the card's own speed", "alone": 25.0, "rate": 24.0},
            {"name": "100 answers/s", "alone": 100.0, "rate": 50.0},
        ]
    },
    "day": {
        "passes": {
            "shared": {"ended": [[0.0, 0], [50.0, 400]]},
            "each alone": {"ended": [[0.0, 0], [80.0, 400]]},
        }
    },
}


def test_every_plot_is_drawn_and_the_same_figures_give_the_same_file(tmp_path: Path) -> None:
    paths = draw(ROWS, DETAILS, tmp_path / "plots")
    assert set(paths) == set(ALL)
    first = {name: path.read_bytes() for name, path in paths.items()}
    assert all(content.startswith(b"<?xml") for content in first.values())
    again = draw(ROWS, DETAILS, tmp_path / "plots")
    assert {name: path.read_bytes() for name, path in again.items()} == first


def test_what_was_not_measured_is_said_and_stops_no_other(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = draw(ROWS, {"lanes": DETAILS["lanes"]}, tmp_path / "plots")
    assert set(paths) == {"lanes", "scale", "api"}
    assert "no plot of systems" in capsys.readouterr().out
