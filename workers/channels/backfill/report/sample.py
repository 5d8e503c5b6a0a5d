"""Some of very many things, each as likely as any other, in memory that does not grow."""

from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Sample(Generic[T]):
    """At most `most` of what is offered: reservoir sampling (Vitter 1985, algorithm R).

    The same offers give the same sample.

    Attributes:
        offered: how many there were.
    """

    def __init__(self, most: int) -> None:
        self.offered = 0
        self._most = most
        self._random = Random(0)  # noqa: S311 - nothing secret: a report shall come out the same twice
        self._kept: list[tuple[int, T]] = []

    def offer(self, thing: T) -> None:
        """One more."""
        number = self.offered
        self.offered += 1
        if number < self._most:
            self._kept.append((number, thing))
        elif (place := self._random.randrange(self.offered)) < self._most:
            self._kept[place] = number, thing

    @property
    def kept(self) -> list[T]:
        """Those that were drawn, in the order of their offers."""
        return [thing for _, thing in sorted(self._kept, key=lambda numbered: numbered[0])]

    @property
    def is_part(self) -> bool:
        """Whether there were more than are kept."""
        return self.offered > self._most
