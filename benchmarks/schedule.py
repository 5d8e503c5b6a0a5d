"""When questions arrive, and what a list of times says. Pure."""

import math
import random
from collections.abc import Sequence
from itertools import accumulate


def arrivals(count: int, mean: float, seed: int) -> list[float]:
    """Seconds from the start at which independent askers ask: exponential gaps, the same each time.

    Args:
        count: how many.
        mean: seconds between two; gaps over three times that are cut, so that the length is known.
        seed: of the random numbers.
    """
    chance = random.Random(seed)  # noqa: S311 - a schedule, no secret
    return list(accumulate(min(chance.expovariate(1 / mean), 3 * mean) for _ in range(count)))


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of all are at or below: one of them, the nearest rank.

    Raises:
        ValueError: there are none.
    """
    if not values:
        raise ValueError("no values: no percentile")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
