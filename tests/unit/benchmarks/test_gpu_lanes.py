from benchmarks.gpu_lanes import MODELS, Rules, ratio, simulate
from workers.drain.slots import GPU_BESIDE

SMALL, SEVEN_B = MODELS["0.5B"], MODELS["7B"]


def test_a_steps_length_is_its_work_or_the_reading_of_the_weights() -> None:
    assert SEVEN_B.seconds(1, 0) == SEVEN_B.seconds(2, 0) == 0.003 + 15.2e9 / 2.4e12
    assert SEVEN_B.seconds(4096, 0) > 0.1
    assert SEVEN_B.seconds(1, 100_000) > SEVEN_B.seconds(1, 0)


def test_the_bare_engine_is_as_fast_as_one_that_was_measured() -> None:
    """The 0.5B shape on an H100: 256 prompts at once, 227 answers/s (docs/figures.md)."""
    rate = simulate(SMALL, Rules("stays"), 0.0, seconds=24.0, bulk=True).bulk
    assert 200 < rate < 350


def test_slots_kept_for_live_users_are_not_what_they_wait_for() -> None:
    """They have a slot at once, and every step of their answer carries bulk's prompts."""
    seconds, rate = 50.0, 1.0
    alone = simulate(SEVEN_B, Rules("stays"), rate, seconds=seconds, bulk=False)
    kept = simulate(SEVEN_B, Rules("stays", extra=64), rate, seconds=seconds, bulk=True)
    beside = int(256 * GPU_BESIDE)
    yields = simulate(SEVEN_B, Rules("yields", beside), rate, seconds=seconds, bulk=True)
    assert ratio(kept.seconds, alone.seconds) > 5
    assert ratio(yields.seconds, alone.seconds) <= 1.5
    assert yields.bulk > 0.4 * kept.bulk


def test_bulk_that_yields_loses_nothing_while_nobody_live_is_there() -> None:
    rates = [
        simulate(SMALL, rules, 0.0, seconds=24.0, bulk=True).bulk
        for rules in (Rules("stays"), Rules("yields", 12))
    ]
    assert rates[0] == rates[1]
