"""What a drain counts of itself, and how it travels."""

import pytest

from workers.contracts.metrics import Family, pack, unpack
from workers.contracts.question import Lane, Outcome, Shared, Status, Usage, Way
from workers.monitor.meters import Meters, Stage, TokenWindow

ANSWERED = Outcome(status=Status.ANSWERED, text="Sim.")


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meters(clock: Clock) -> Meters:
    return Meters(clock)


def read(meters: Meters) -> dict[str, Family]:
    """As another process reads them, by name without the prefix."""
    families = unpack(pack(meters.snapshot()))
    return {family.name.removeprefix("atende_drain_"): family for family in families}


def test_a_claim_counts_its_size_and_an_empty_one_only_as_a_call(meters: Meters) -> None:
    meters.claimed({Lane.INTERACTIVE: 3, Lane.BULK: 2})
    meters.claimed({})
    meters.claimed({Lane.BULK: 0})
    figures = read(meters)
    assert figures["claims"].total("_total") == 3
    assert figures["claim_size"].total("_count") == 1
    assert figures["claim_size"].total("_sum") == 5
    assert figures["claim_size"].total("_bucket", le="4.0") == 0
    assert figures["claim_size"].total("_bucket", le="8.0") == 1
    assert figures["claimed"].total("_total", lane="bulk") == 2


def test_each_stage_has_its_times(meters: Meters) -> None:
    meters.waited(Lane.BULK, 40.0)
    meters.waited(Lane.BULK, -0.5)  # two machines' clocks
    meters.retrieved(8, 0.02)
    meters.generated(Lane.INTERACTIVE, 2.0, Usage(prompt_tokens=90, completion_tokens=30))
    meters.settled(3, 0.004)
    meters.lagged(0.02)
    meters.lagged(-0.001)  # a clock of coarse steps
    meters.ended(Lane.INTERACTIVE, ANSWERED, 2.5)
    figures = read(meters)
    assert figures["wait_seconds"].total("_sum", lane="bulk") == 40
    assert figures["retrieve_seconds"].total("_count") == 1
    assert figures["loop_lag_seconds"].total("_sum") == pytest.approx(0.02)
    assert figures["retrieved"].total("_total") == 8
    assert figures["generate_seconds"].total("_sum", lane="interactive") == 2
    assert figures["tokens"].total("_total", kind="completion") == 30
    assert figures["settled"].total("_total") == 3
    assert figures["ended"].total("_total", lane="interactive", status="answered") == 1
    assert figures["question_seconds"].total("_count", lane="interactive") == 1


def test_ends_without_an_answer_from_the_documents_are_counted_by_reason(meters: Meters) -> None:
    emergency = Outcome(status=Status.NEEDS_HUMAN, text="Ligue 192.", reason="emergency")
    meters.ended(Lane.INTERACTIVE, ANSWERED, 2.5)
    meters.ended(Lane.INTERACTIVE, emergency, 0.1)
    meters.ended(Lane.BULK, emergency, 0.1)
    meters.ended(Lane.BULK, ANSWERED.model_copy(update={"reason": "greeting"}), 0.1)
    reasons = read(meters)["reasons"]
    assert reasons.total("_total") == 3
    assert reasons.total("_total", reason="emergency") == 2


def test_answers_are_counted_by_the_way_they_were_made(meters: Meters) -> None:
    assert read(meters)["answers"].total("_total", way="quote") == 0  # there before the first one
    quoted = ANSWERED.model_copy(update={"way": Way.QUOTE})
    meters.ended(Lane.INTERACTIVE, quoted, 0.1)
    meters.ended(Lane.BULK, quoted.model_copy(update={"shared": Shared.CACHED}), 0.1)
    meters.ended(Lane.BULK, ANSWERED.model_copy(update={"way": Way.WRITE}), 0.1)
    meters.ended(Lane.BULK, ANSWERED.model_copy(update={"reason": "greeting"}), 0.1)
    answers = read(meters)["answers"]
    assert answers.total("_total", way="quote") == 2
    assert answers.total("_total", way="write") == 1


def test_what_is_wrong_with_a_text_is_counted_by_kind_once_for_all_who_asked(
    meters: Meters,
) -> None:
    refused = Outcome(
        status=Status.NEEDS_HUMAN, text="Uma pessoa responde.", faults=("number", "name")
    )
    meters.ended(Lane.INTERACTIVE, refused, 2.0)
    meters.ended(Lane.INTERACTIVE, refused.model_copy(update={"shared": Shared.COALESCED}), 2.0)
    meters.ended(Lane.BULK, refused.model_copy(update={"faults": ("number",)}), 2.0)
    faults = read(meters)["faults"]
    assert faults.total("_total", kind="number") == 2
    assert faults.total("_total", kind="name") == 1


def test_shared_yielded_resumed_and_taken_over_are_counted(meters: Meters) -> None:
    meters.shared(Lane.BULK, "coalesced", 4)
    meters.shared(Lane.INTERACTIVE, "cached")
    meters.yielded(2)
    meters.resumed(55)
    meters.taken_over(7)
    figures = read(meters)
    assert figures["shared"].total("_total", how="coalesced") == 4
    assert figures["shared"].total("_total", lane="interactive", how="cached") == 1
    assert figures["yielded"].total("_total") == 2
    assert figures["resumed_tokens"].total("_total") == 55
    assert figures["taken_over"].total("_total") == 7


def test_flights_are_as_last_counted(meters: Meters) -> None:
    meters.flights({(Lane.BULK, Stage.GENERATING): 12, (Lane.BULK, "slot"): 3})
    meters.flights({(Lane.BULK, Stage.GENERATING): 11})
    meters.paused(paused=True)
    figures = read(meters)
    assert figures["flights"].total(lane="bulk", stage="generating") == 11
    assert figures["flights"].total(lane="bulk", stage="slot") == 0
    assert len(figures["flights"].samples) == len(Lane) * len(Stage)
    assert figures["paused"].total() == 1


def test_tokens_a_second_are_those_of_the_last_minute(meters: Meters, clock: Clock) -> None:
    usage = Usage(prompt_tokens=100, completion_tokens=50, cached_tokens=80)
    for _ in range(30):
        clock.now += 5
        meters.generated(Lane.BULK, 1.0, usage)
        meters.snapshot()
    assert read(meters)["tokens_per_second"].total() == 10
    clock.now += 60
    assert read(meters)["tokens_per_second"].total() == 0


def test_the_cached_share_is_that_of_the_last_minutes_and_none_without_prompts(
    meters: Meters, clock: Clock
) -> None:
    assert read(meters)["cached_prompt_share"].samples == []
    meters.generated(Lane.BULK, 1.0, Usage(prompt_tokens=100, cached_tokens=0))
    clock.now += 5
    meters.snapshot()
    meters.generated(Lane.BULK, 1.0, Usage(prompt_tokens=100, cached_tokens=80))
    assert read(meters)["cached_prompt_share"].total() == 0.4
    clock.now += 300
    assert read(meters)["cached_prompt_share"].total() == 0.8
    clock.now += 300
    assert read(meters)["cached_prompt_share"].samples == []


def test_the_window_stays_small() -> None:
    window = TokenWindow(0.0)
    for tenth in range(10_000):
        window.mark(tenth / 10)
    assert len(window.points) < 310
