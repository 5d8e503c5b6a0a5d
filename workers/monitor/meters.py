"""What a drain counts of itself, for Prometheus, for `celery inspect` and for `atende drain`.

One call costs about a microsecond: a drain handles thousands of questions a second. No label
carries a tenant, a question or an id. All calls come from the drain's loop.
"""

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from itertools import product
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics_core import Metric

from workers.contracts.metrics import PREFIX, Family
from workers.contracts.question import Lane, Outcome, Status, Usage, Way

#: Upper bounds of the histograms, in seconds. A question may wait for hours, and be retrieved in a
#: millisecond.
_WAIT_BOUNDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 28800)
_GENERATION_BOUNDS: Final = (0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 30, 60, 120)
_ROUND_TRIP_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_LAG_BOUNDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5)
#: The same in questions.
_CLAIM_BOUNDS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)
#: Seconds over which tokens a second are counted.
_SPEED_SECONDS: Final = 60.0
#: Seconds over which the share of cached prompt tokens is counted.
_SHARE_SECONDS: Final = 300.0
#: Seconds between two points of that window, at least.
_POINT_SECONDS: Final = 1.0


class Stage(StrEnum):
    """Where a question in flight stands."""

    RETRIEVAL = "retrieval"  # waits for retrieval, or is retrieved
    SLOT = "slot"  # retrieved, waits for a slot of the engine
    GENERATING = "generating"
    QUOTING = "quoting"  # waits for the thread that selects quotes, or is in it
    SETTLING = "settling"
    FOLLOWING = "following"  # waits for an identical question's answer


class Meters:
    """The figures of one drain since it started.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._registry = CollectorRegistry(auto_describe=False)
        self._window = TokenWindow(clock())
        self._claims = self._counter("claims", "Claims made, empty ones too.")
        self._sizes = self._histogram("claim_size", "Questions of one claim.", _CLAIM_BOUNDS)
        claimed = self._counter("claimed", "Questions claimed.", "lane")
        self._claimed = {lane: claimed.labels(lane.value) for lane in Lane}
        self._taken_over = self._counter("taken_over", "Claims taken over from other workers.")
        self._waited = self._by_lane("wait_seconds", "From asked to claimed.", _WAIT_BOUNDS)
        self._retrieving = self._histogram(
            "retrieve_seconds", "Retrieval of one piece.", _ROUND_TRIP_BOUNDS
        )
        self._retrieved = self._counter("retrieved", "Questions retrieved.")
        self._generated = self._by_lane("generate_seconds", "One generation.", _GENERATION_BOUNDS)
        tokens = self._counter("tokens", "Tokens of the model.", "kind")
        self._prompt, self._completion, self._cached = (
            tokens.labels(kind) for kind in ("prompt", "completion", "cached")
        )
        self._quoting = self._histogram(
            "quote_seconds", "One selection of a quote, or of none.", _ROUND_TRIP_BOUNDS
        )
        self._settling = self._histogram(
            "settle_seconds", "One round trip that settles.", _ROUND_TRIP_BOUNDS
        )
        self._settled = self._counter("settled", "Questions settled.")
        self._seconds = self._by_lane("question_seconds", "From asked to ended.", _WAIT_BOUNDS)
        ended = self._counter("ended", "Questions ended by this drain.", "lane", "status")
        self._ended = {
            (lane, status): ended.labels(lane.value, status.value)
            for lane, status in product(Lane, Status)
            if status.ended
        }
        self._reasons = self._counter(
            "reasons", "Questions ended without an answer from the documents, by why.", "reason"
        )
        self._reasons.labels("emergency")  # there from the start: Prometheus sees the first one
        answers = self._counter(
            "answers", "Questions answered from the documents, by how the answer was made.", "way"
        )
        self._answers = {way: answers.labels(way.value) for way in Way}
        self._faults = self._counter(
            "faults", "Texts of the model that were not sent, by what is wrong with them.", "kind"
        )
        self._faults.labels("number")  # there from the start, as above
        self._rewrites = self._counter(
            "rewrites", "Follow-ups that the model was to rewrite, by what came of it.", "result"
        )
        self._rewrites.labels("rewritten")  # there from the start, as above
        shared = self._counter(
            "shared", "Questions answered with an identical question's answer.", "lane", "how"
        )
        self._shared = {
            (lane, how): shared.labels(lane.value, how)
            for lane, how in product(Lane, ("coalesced", "cached"))
        }
        self._lag = self._histogram(
            "loop_lag_seconds", "How late the drain's loop came to its next turn.", _LAG_BOUNDS
        )
        self._yielded = self._counter("yielded", "Bulk generations that yielded.")
        self._resumed = self._counter("resumed_tokens", "Tokens that those went on from.")
        self._flights = self._gauge("flights", "Questions in flight.", "lane", "stage")
        self.flights({})
        self._paused = self._gauge("paused", "1 while the drain claims nothing.")
        self._speed = self._gauge(
            "tokens_per_second", "Tokens that the model wrote a second, over the last minute."
        )
        self._share = self._gauge(
            "cached_prompt_share", "Share of prompt tokens found cached, over five minutes."
        )

    # -- events -----------------------------------------------------------------------------------

    def claimed(self, count_by_lane: Mapping[Lane, int]) -> None:
        """One claim, by the number of its questions from each lane; an empty one counts as well."""
        self._claims.inc()
        size = 0
        for lane, count in count_by_lane.items():
            if count:
                self._claimed[lane].inc(count)
                size += count
        if size:
            self._sizes.observe(size)

    def taken_over(self, count: int) -> None:
        """Claims taken over from other workers."""
        self._taken_over.inc(count)

    def waited(self, lane: Lane, seconds: float) -> None:
        """A question's time from asked to claimed."""
        self._waited[lane].observe(max(0.0, seconds))  # two machines' clocks

    def retrieved(self, questions: int, seconds: float) -> None:
        """One piece's retrieval."""
        self._retrieved.inc(questions)
        self._retrieving.observe(seconds)

    def quoted(self, seconds: float) -> None:
        """One selection of a quote, or of none."""
        self._quoting.observe(seconds)

    def generated(self, lane: Lane, seconds: float, usage: Usage) -> None:
        """One generation, with its tokens."""
        self._generated[lane].observe(seconds)
        self._prompt.inc(usage.prompt_tokens)
        self._completion.inc(usage.completion_tokens)
        self._cached.inc(usage.cached_tokens)
        self._window.add(usage)

    def rewritten(self, result: str) -> None:
        """What came of a follow-up that the model was to rewrite: `rewritten`, or why it is not."""
        self._rewrites.labels(result).inc()

    def settled(self, questions: int, seconds: float) -> None:
        """One round trip of settles."""
        self._settled.inc(questions)
        self._settling.observe(seconds)

    def ended(self, lane: Lane, outcome: Outcome, seconds: float) -> None:
        """What came of a question, and its whole time, from asked to ended."""
        self._ended[lane, outcome.status].inc()
        if outcome.reason is not None:
            self._reasons.labels(outcome.reason).inc()
        if outcome.way is not None:
            self._answers[outcome.way].inc()
        if outcome.shared is None:  # one text that was wrong is counted once
            for kind in outcome.faults:
                self._faults.labels(kind).inc()
        self._seconds[lane].observe(max(0.0, seconds))

    def shared(self, lane: Lane, how: Literal["coalesced", "cached"], count: int = 1) -> None:
        """Questions that got an identical one's answer, as it came or from the cache."""
        self._shared[lane, how].inc(count)

    def lagged(self, seconds: float) -> None:
        """How much later than asked for the loop came."""
        self._lag.observe(max(0.0, seconds))

    def yielded(self, count: int = 1) -> None:
        """Bulk generations that left their slots for interactive questions."""
        self._yielded.inc(count)

    def resumed(self, tokens: int) -> None:
        """Tokens that a generation kept while it yielded."""
        self._resumed.inc(tokens)

    # -- state ------------------------------------------------------------------------------------

    def flights(self, counts: Mapping[tuple[Lane, str], int]) -> None:
        """Questions in flight by lane and stage; a stage that is not named has none."""
        self._flights.clear()
        for lane, name in product(Lane, Stage):
            self._flights.labels(lane.value, name.value).set(0)
        for (lane, stage), count in counts.items():
            self._flights.labels(lane.value, str(stage)).set(count)

    def paused(self, paused: bool) -> None:  # noqa: FBT001 - the switch has no other state
        """Whether the drain claims nothing."""
        self._paused.set(paused)

    def snapshot(self) -> list[Family]:
        """Every figure as it is now. Called at each report: it moves the window."""
        now = self._clock()
        self._window.mark(now)
        self._speed.set(self._window.written_per_second(now))
        share = self._window.cached_share(now)
        # Without prompts there is no share, and no sample of it: a zero would raise an alarm.
        self._share.set(math.nan if share is None else share)
        return [_family(metric) for metric in self._registry.collect()]

    # -- making the metrics -----------------------------------------------------------------------

    def _counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(PREFIX + name, text, labels, registry=self._registry)

    def _gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(PREFIX + name, text, labels, registry=self._registry)

    def _histogram(self, name: str, text: str, buckets: Iterable[float], *labels: str) -> Histogram:
        return Histogram(
            PREFIX + name, text, labels, registry=self._registry, buckets=tuple(buckets)
        )

    def _by_lane(self, name: str, text: str, buckets: Iterable[float]) -> dict[Lane, Histogram]:
        histogram = self._histogram(name, text, buckets, "lane")
        return {lane: histogram.labels(lane.value) for lane in Lane}


class TokenWindow:
    """Tokens of the last minutes: sums at points of time, the oldest dropped.

    Args:
        now: seconds, by the same clock as every later `now`.
    """

    def __init__(self, now: float) -> None:
        self._sums = (0, 0, 0)  # prompt, completion, cached
        self.points = deque([(now, self._sums)])

    def add(self, usage: Usage) -> None:
        """Tokens of one generation."""
        prompt, completion, cached = self._sums
        self._sums = (
            prompt + usage.prompt_tokens,
            completion + usage.completion_tokens,
            cached + usage.cached_tokens,
        )

    def mark(self, now: float) -> None:
        """Add a point; keep one older than the window, at which the window begins."""
        if now - self.points[-1][0] >= _POINT_SECONDS:
            self.points.append((now, self._sums))
        while len(self.points) > 1 and now - self.points[1][0] >= _SHARE_SECONDS:
            self.points.popleft()

    def written_per_second(self, now: float) -> float:
        """Tokens written a second, over the last minute."""
        start, (_, completion, _) = self._point(now - _SPEED_SECONDS)
        return round((self._sums[1] - completion) / (now - start), 1) if now > start else 0.0

    def cached_share(self, now: float) -> float | None:
        """Share of prompt tokens found cached over five minutes; None where there were none."""
        _, (prompt, _, cached) = self._point(now - _SHARE_SECONDS)
        tokens = self._sums[0] - prompt
        return round((self._sums[2] - cached) / tokens, 4) if tokens else None

    def _point(self, start: float) -> tuple[float, tuple[int, int, int]]:
        """The last point that is not later than `start`; else the first."""
        latest = self.points[0]
        for point in self.points:
            if point[0] > start:
                break
            latest = point
        return latest


def _family(metric: Metric) -> Family:
    return Family.model_validate(
        {
            "name": metric.name,
            "help": metric.documentation,
            "kind": metric.type,
            "samples": [
                (sample.name.removeprefix(metric.name), sample.labels, sample.value)
                for sample in metric.samples
                if not sample.name.endswith("_created") and math.isfinite(sample.value)
            ],
        }
    )
