"""Meta's limits as token buckets: one pair of parties, and one business number."""

from dataclasses import dataclass

#: Seconds that earn one more message to the same person, and how many may be borrowed.
PAIR_SECONDS, PAIR_BURST = 6.0, 45


@dataclass
class Bucket:
    """Holds up to `size` messages and earns `rate` a second."""

    size: float
    rate: float
    filled_at: float
    left: float

    @classmethod
    def full(cls, size: float, rate: float, now: float) -> "Bucket":
        """A bucket from which nothing was taken."""
        return cls(size, rate, now, size)

    def take(self, now: float) -> bool:
        """Take one message; False where none is left."""
        self.left = min(self.size, self.left + max(0.0, now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Limits:
    """The limits of one business number.

    Args:
        per_second: messages, in and out together.
    """

    def __init__(self, per_second: float) -> None:
        self.per_second = per_second
        self._pairs: dict[str, Bucket] = {}
        self._number: Bucket | None = None

    def pair(self, user_id: str, now: float) -> bool:
        """Take a message to one person; False: 131056."""
        if user_id not in self._pairs:
            self._pairs[user_id] = Bucket.full(PAIR_BURST, 1 / PAIR_SECONDS, now)
        return self._pairs[user_id].take(now)

    def number(self, now: float) -> bool:
        """Take a message of this number; False: 130429."""
        if self._number is None or self._number.rate != self.per_second:
            self._number = Bucket.full(self.per_second, self.per_second, now)
        return self._number.take(now)
