"""The key-value cache in blocks of 16 tokens, shared by equal beginnings; the oldest go first.

Pure. As vLLM's: only whole blocks are shared, a block is known by all tokens up to its end, and
one that nobody uses stays until its memory is needed.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

#: Tokens of a block, as vLLM has it on a GPU.
BLOCK_TOKENS: Final = 16


def block_keys(tokens: Sequence[int]) -> tuple[int, ...]:
    """What the whole blocks of these tokens are known by: equal keys mean equal beginnings."""
    keys, key = [], 0
    for end in range(BLOCK_TOKENS, len(tokens) + 1, BLOCK_TOKENS):
        key = hash((key, *tokens[end - BLOCK_TOKENS : end]))
        keys.append(key)
    return tuple(keys)


@dataclass(slots=True)
class Lease:
    """The blocks of one sequence.

    Attributes:
        keys: of its whole blocks, in their order.
        hits: blocks that were there already.
        own: blocks that are not shared yet, or never will be.
        known: blocks from the beginning that were looked at for sharing.
        shared: keys of the blocks that others may use too.
    """

    keys: tuple[int, ...]
    hits: int
    own: int
    known: int
    shared: list[int] = field(default_factory=list)


class BlockCache:
    """The cache of one engine.

    Args:
        blocks: how many there are.
    """

    def __init__(self, blocks: int) -> None:
        self.blocks = blocks
        self._free = blocks
        self._users: dict[int, int] = {}
        self._idle: OrderedDict[int, None] = OrderedDict()  # without users, the oldest first

    @property
    def available(self) -> int:
        """Blocks that nobody uses."""
        return self._free + len(self._idle)

    def take(self, keys: tuple[int, ...], prompt: int, total: int) -> Lease | None:
        """Blocks for a whole sequence, its answer included; None where too few are left.

        vLLM takes them as they are needed, and drops a sequence where it runs out; taken at once,
        none has to be dropped.

        Args:
            keys: of its blocks.
            prompt: tokens of the prompt; its last one is always computed.
            total: tokens of prompt and answer.
        """
        hits = 0
        for key in keys[: (prompt - 1) // BLOCK_TOKENS]:
            if key not in self._users:
                break
            hits += 1
        own = -(-total // BLOCK_TOKENS) - hits
        if own > self.available - sum(key in self._idle for key in keys[:hits]):
            return None
        for key in keys[:hits]:
            self._users[key] += 1
            self._idle.pop(key, None)
        while self._free < own:
            oldest, _ = self._idle.popitem(last=False)
            del self._users[oldest]
            self._free += 1
        self._free -= own
        return Lease(keys, hits, own, hits, list(keys[:hits]))

    def share(self, lease: Lease, tokens: int) -> None:
        """Let others use the whole blocks of the first `tokens` tokens, which are computed."""
        for key in lease.keys[lease.known : tokens // BLOCK_TOKENS]:
            lease.known += 1
            if key not in self._users:  # else two computed the same at once
                self._users[key] = 1
                lease.shared.append(key)
                lease.own -= 1

    def give_back(self, lease: Lease) -> None:
        """End of a sequence. Its last blocks are forgotten first: fewer begin like them."""
        for key in reversed(lease.shared):
            self._users[key] -= 1
            if not self._users[key]:
                self._idle[key] = None
        self._free += lease.own
