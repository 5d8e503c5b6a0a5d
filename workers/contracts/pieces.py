"""A long row of things, a few at a time."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

_Thing = TypeVar("_Thing")


def pieces(things: Iterable[_Thing], size: int) -> Iterator[list[_Thing]]:
    """Lists of `size` things, the last one shorter; as `itertools.batched` of Python 3.12.

    >>> [*pieces("abcde", 2)]
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    rest = iter(things)
    while piece := list(islice(rest, size)):
        yield piece
