import pytest

from benchmarks.gpu.blocks import BLOCK_TOKENS, BlockCache, block_keys
from benchmarks.gpu.card import SHAPES, Card
from benchmarks.gpu.scheduler import Asked, Scheduler, Step, seconds_alone


def asked(name: str, prompt: int = 100, answer: int = 5, priority: int = 0, salt: int = 0) -> Asked:
    """A request whose tokens are those of no other `salt`."""
    tokens = [salt * 1_000_000 + number for number in range(prompt + answer)]
    return Asked(name, block_keys(tokens), prompt, answer, priority)


def scheduler(sequences: int = 8, step_tokens: int = 64, blocks: int = 1000) -> Scheduler:
    return Scheduler(sequences, step_tokens, BlockCache(blocks))


def run(engine: Scheduler) -> list[Step]:
    steps = []
    while step := engine.step():
        steps.append(step)
    return steps


def test_every_token_is_computed_once_and_no_step_holds_too_many() -> None:
    engine = scheduler()
    requests = [asked(str(n), prompt=30 + 17 * n, answer=1 + n, salt=n) for n in range(20)]
    for one in requests:
        engine.add(one)
    steps = run(engine)
    assert sum(step.load.prefill for step in steps) == sum(one.prompt for one in requests)
    # an answer's first token comes from its prompt's last step
    assert sum(step.load.decodes for step in steps) == sum(one.answer - 1 for one in requests)
    assert max(step.load.prefill + step.load.decodes for step in steps) == 64
    assert max(step.load.sequences for step in steps) <= 8
    ended = [each.id for step in steps for each in step.ended]
    assert sorted(ended, key=int) == [one.id for one in requests]
    assert len(engine) == 0


def test_an_answer_takes_as_many_steps_as_it_has_tokens() -> None:
    engine = scheduler()
    engine.add(asked("a", prompt=100, answer=5))
    steps = run(engine)
    assert [step.load.prefill for step in steps] == [64, 36, 0, 0, 0, 0]
    assert [step.load.held for step in steps] == [64, 100, 101, 102, 103, 104]
    assert [step.began for step in steps] == [(), ("a",), (), (), (), ()]


def test_a_lower_priority_number_goes_first_but_stops_nobody() -> None:
    engine = scheduler(sequences=1)
    engine.add(asked("running", salt=1))
    engine.step()
    engine.add(asked("bulk", priority=1, salt=2))
    engine.add(asked("live", priority=0, salt=3))
    assert [each.id for step in run(engine) for each in step.ended] == ["running", "live", "bulk"]


def test_what_was_computed_before_is_not_computed_again() -> None:
    engine = scheduler()
    engine.add(asked("first", prompt=100))
    run(engine)
    engine.add(asked("again", prompt=100))
    steps = run(engine)
    whole_blocks = 100 // BLOCK_TOKENS * BLOCK_TOKENS
    assert sum(step.load.prefill for step in steps) == 100 - whole_blocks
    assert [each.cached for step in steps for each in step.ended] == [whole_blocks]


def test_an_abort_frees_the_place_and_keeps_what_was_computed() -> None:
    engine = scheduler(sequences=1, blocks=10)
    engine.add(asked("cut", prompt=100, answer=50))
    engine.add(asked("next", prompt=100, answer=50))
    for _ in range(10):
        engine.step()
    engine.abort("cut")
    engine.abort("unknown")
    steps = run(engine)
    assert [each.id for step in steps for each in step.ended] == ["next"]
    assert sum(step.load.prefill for step in steps) == 100 % BLOCK_TOKENS
    assert len(engine) == 0


def test_one_that_is_aborted_while_it_waits_takes_no_step() -> None:
    engine = scheduler(sequences=1)
    engine.add(asked("running"))
    engine.add(asked("waiting", salt=1))
    engine.abort("waiting")
    assert [each.id for step in run(engine) for each in step.ended] == ["running"]


def test_one_waits_while_the_cache_is_full_and_one_that_never_fits_is_refused() -> None:
    engine = scheduler(blocks=8)
    engine.add(asked("a", salt=1))
    engine.add(asked("b", salt=2))
    steps = run(engine)
    assert max(step.load.sequences for step in steps) == 1
    assert [each.id for step in steps for each in step.ended] == ["a", "b"]
    with pytest.raises(ValueError, match="more than the cache holds"):
        engine.add(asked("c", prompt=1000))


def test_a_step_must_hold_a_token_for_each_sequence() -> None:
    with pytest.raises(ValueError, match="too few for 8 sequences"):
        scheduler(sequences=8, step_tokens=7)


def test_alone_a_faster_card_takes_a_part_of_the_seconds() -> None:
    requests = [asked(str(n), prompt=900, answer=80, salt=n) for n in range(50)]
    one = seconds_alone(requests, Card(SHAPES["7b"]), 256, 8192)
    four = seconds_alone(requests, Card(SHAPES["7b"], speed=4.0), 256, 8192)
    assert one == pytest.approx(4 * four)
