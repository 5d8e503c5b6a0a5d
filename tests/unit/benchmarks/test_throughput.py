from benchmarks.peers.work import Measurement, Run
from benchmarks.throughput import differing_sets, figures_of, ratios


def result(name: str, *seconds: float, tokens: int = 1000, questions: int = 100) -> Measurement:
    return Measurement(name, 40.0, tuple(Run(questions, each, tokens, 90, 10) for each in seconds))


def test_a_ratio_compares_the_same_set() -> None:
    assert ratios(result("ours", 20.0, 10.0), result("other", 40.0, 30.0)) == (2.0, 3.0)


def test_each_system_has_a_speed_and_a_ratio_with_its_target() -> None:
    figures = figures_of({"reference": result("bare", 20.0), "whole_system": result("A", 25.0)})
    assert [(figure.name, figure.value, figure.target) for figure in figures] == [
        ("answers, bare", 5.0, None),
        ("answers, A", 4.0, None),
        ("A ÷ bare", 0.8, 0.95),
    ]


def test_differing_prompts_are_named_and_shorter_sets_are_not() -> None:
    same, short = result("a", 1.0), result("b", 1.0, tokens=300, questions=30)
    assert differing_sets([same, short]) == []
    assert differing_sets([same, result("c", 1.0, tokens=999)]) == [(0, 100)]
