import json

import pytest

from benchmarks.corpora import cut, shuffled
from benchmarks.day import Pass
from benchmarks.lanes import Phase
from benchmarks.lanes import figures_of as figures_of_lanes
from benchmarks.peers.serve_client import flags
from benchmarks.peers.work import Measured, Run
from benchmarks.running import ended
from benchmarks.throughput import different, figures_of, ratios
from workers.contracts.question import Lane


def measured(name: str, *seconds: float, tokens: int = 1000, questions: int = 100) -> Measured:
    return Measured(name, 40.0, tuple(Run(questions, each, tokens, 90, 10) for each in seconds))


def test_a_result_is_read_from_among_other_lines() -> None:
    ours = measured("Atende", 20.0, 25.0)
    output = f"loading\n{ours.line()}\n(MainProcess) WARNING: ended\n"
    assert Measured.of(output) == ours


def test_a_process_without_a_result_is_an_error() -> None:
    with pytest.raises(ValueError, match="no result"):
        Measured.of("Traceback …\n")


def test_a_ratio_compares_the_same_set() -> None:
    assert ratios(measured("ours", 20.0, 10.0), measured("other", 40.0, 30.0)) == (2.0, 3.0)


def test_each_system_has_a_speed_and_a_ratio_with_its_target() -> None:
    figures = figures_of({"reference": measured("bare", 20.0), "whole_system": measured("A", 25.0)})
    assert [(figure.name, figure.value, figure.target) for figure in figures] == [
        ("answers, bare", 5.0, None),
        ("answers, A", 4.0, None),
        ("A ÷ bare", 0.8, 0.95),
    ]


def test_differing_prompts_are_told_and_shorter_sets_are_not() -> None:
    same, short = measured("a", 1.0), measured("b", 1.0, tokens=300, questions=30)
    assert different([same, short]) == []
    assert different([same, measured("c", 1.0, tokens=999)]) == [(0, 100)]


def test_engine_arguments_become_flags() -> None:
    arguments = {
        "model": "/m",
        "enforce_eager": True,
        "enable_prefix_caching": False,
        "max_num_seqs": 16,
        "compilation_config": {"level": 0},
    }
    assert flags(arguments) == [
        *("--model", "/m", "--enforce-eager", "--no-enable-prefix-caching"),
        *("--max-num-seqs", "16", "--compilation-config", json.dumps({"level": 0})),
    ]


def test_sets_share_no_question() -> None:
    warm, *sets = cut(shuffled(str(number) for number in range(30)), 4, 2, 10)
    everything = [*warm, *sets[0], *sets[1]]
    assert (len(warm), len(sets[0]), len(sets[1])) == (4, 10, 10)
    assert len(set(everything)) == 24


def test_too_few_questions_are_said_before_anything_starts() -> None:
    with pytest.raises(ValueError, match="30 distinct questions are too few for 3 sets of 10"):
        cut(shuffled(str(number) for number in range(30)), 4, 3, 10)


def test_ends_are_counted_by_lane() -> None:
    counters = {
        "ended:bulk:answered": 3,
        "ended:bulk:needs_human": 1,
        "ended:interactive:answered": 2,
        "taken_over": 7,
    }
    assert (ended(counters), ended(counters, Lane.BULK)) == (6, 4)


def test_the_lanes_ratio_is_of_the_95th_percentiles() -> None:
    phases = {
        "alone": Phase(60.0, (1.0, 2.0), 0.5, 0),
        "bulk alone": Phase(60.0, (), 0.0, 300),
        "with bulk": Phase(60.0, (1.5, 2.5), 0.5, 240),
    }
    values = {figure.name: figure.value for figure in figures_of_lanes(phases)}
    assert values["interactive p95 with bulk ÷ alone"] == 1.25
    assert values["bulk with interactive ÷ alone"] == 0.8


def test_shares_of_a_day_are_of_both_lanes() -> None:
    counters = {
        "ended:bulk:answered": 20,
        "ended:interactive:answered": 60,
        "ended:interactive:needs_human": 20,
        "shared:coalesced:bulk": 5,
        "shared:cached:interactive": 10,
        "shared:cached:bulk": 5,
    }
    day = Pass(50.0, ((0.0, 0), (50.0, 100)), counters)
    assert (day.rate, day.share("coalesced"), day.share("cached")) == (2.0, 5.0, 15.0)
    assert (day.status("answered"), day.status("needs_human")) == (80.0, 20.0)
