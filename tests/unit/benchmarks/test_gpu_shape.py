from argparse import ArgumentTypeError

import pytest

from benchmarks.gpu.core import Limits
from benchmarks.gpu.product import Phase
from benchmarks.gpu_shape import _setting, figures_of, size


def phase(name: str, seconds: float, latencies: tuple[float, ...] = ()) -> Phase:
    cores = {"drain/drain": 0.6, "drain/retrieval_0": 0.9, "engine": 1.5}
    return Phase(
        name, Limits("7b", 1.0, 256, 2048), 100, seconds, 4.0, latencies, (0.001,), cores, 0.0, 9
    )


def test_the_ratios_are_of_the_same_prompts_and_of_the_95th_percentiles() -> None:
    phases = [
        phase("live alone", 4.0, (0.5, 1.0)),
        phase("the card's own speed", 5.0, (1.0, 3.0)),
        phase("200 answers/s", 8.0),
    ]
    figures = {figure.name: figure for figure in figures_of(phases, "gpu")}
    ratio = figures["gpu, the card's own speed: product ÷ engine alone"]
    assert (ratio.value, ratio.reached) == (0.8, False)
    assert figures["gpu, 200 answers/s: product ÷ engine alone"].target is None
    assert figures["gpu, the card's own speed: live p95 under bulk ÷ alone"].value == 3.0
    assert len(figures) == 4


def test_the_fullest_thread_is_one_of_the_drains() -> None:
    assert phase("any", 4.0).fullest == ("retrieval_0", 0.9)


def test_a_phase_is_long_enough_for_a_slow_engine_and_bounded_for_a_fast_one() -> None:
    assert size(25) >= 10 * 25
    assert size(10_000) == 1600


def test_a_setting_that_is_none_is_refused() -> None:
    assert _setting("ATENDE_ENGINE_SLOTS=320") == ("ATENDE_ENGINE_SLOTS", "320")
    with pytest.raises(ArgumentTypeError):
        _setting("SLOTS=320")
