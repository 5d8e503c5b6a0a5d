"""What vLLM's scheduler puts into each step: decodes, then chunks of prompts, by priority. Pure.

Nothing here loops over the sequences that decode, so that the stand-in takes little of the
processor that the product is measured on.
"""

import heapq
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import count
from typing import Final

from benchmarks.gpu.blocks import BLOCK_TOKENS, BlockCache, Lease
from benchmarks.gpu.card import Card, Load

#: What `AsyncLLM.from_engine_args` takes where nothing is set.
STEP_TOKENS: Final = 2048


@dataclass(frozen=True, slots=True)
class Asked:
    """One request.

    Attributes:
        id: unique among those under way.
        keys: of the blocks of prompt and answer.
        prompt: tokens of the prompt.
        answer: tokens to generate.
        priority: lower numbers first.
    """

    id: str
    keys: tuple[int, ...]
    prompt: int
    answer: int
    priority: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """A request's end. `cached`: tokens of its prompt that were in the cache."""

    id: str
    cached: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    Attributes:
        load: what it costs.
        began: requests whose first token it gives.
        ended: requests whose last token it gives.
    """

    load: Load
    began: tuple[str, ...]
    ended: tuple[Ended, ...]


@dataclass(eq=False, slots=True)
class _Sequence:
    asked: Asked
    lease: Lease | None = None
    computed: int = 0  # tokens of the prompt
    cached: int = 0
    first: int = -1  # the step that gave its first token
    over: bool = False


class Scheduler:
    """Continuous batching with chunked prefill.

    Args:
        sequences: at the same time (`max_num_seqs`).
        step_tokens: of one step (`max_num_batched_tokens`), at least as many.
        cache: for keys and values.

    Raises:
        ValueError: a step holds fewer tokens than sequences.
    """

    def __init__(self, sequences: int, step_tokens: int, cache: BlockCache) -> None:
        if step_tokens < sequences:
            raise ValueError(f"{step_tokens} tokens a step are too few for {sequences} sequences")
        self.step_tokens = step_tokens
        self._sequences = sequences
        self._cache = cache
        self._number = 0
        self._order = count()
        self._by_id: dict[str, _Sequence] = {}
        self._waiting: list[tuple[int, int, _Sequence]] = []
        self._prefilling: deque[_Sequence] = deque()
        self._decoding: set[_Sequence] = set()
        self._due: dict[int, list[_Sequence]] = {}  # by the step that gives the last token
        self._held = 0

    def __len__(self) -> int:
        """Requests under way."""
        return len(self._by_id)

    def add(self, asked: Asked) -> None:
        """Queue one.

        Raises:
            ValueError: the whole cache is too small for it.
        """
        if asked.prompt + asked.answer > self._cache.blocks * BLOCK_TOKENS:
            raise ValueError(
                f"{asked.id}: {asked.prompt + asked.answer} tokens are more than the cache holds"
            )
        sequence = self._by_id[asked.id] = _Sequence(asked)
        heapq.heappush(self._waiting, (asked.priority, next(self._order), sequence))

    def abort(self, request_id: str) -> None:
        """Forget one; what it computed stays in the cache. Unknown ids are fine."""
        if sequence := self._by_id.get(request_id):
            self._leave(sequence)

    def step(self) -> Step | None:
        """The next step; None where nothing is to do."""
        if not self._by_id:
            return None
        self._number += 1
        decodes = len(self._decoding)
        self._held += decodes
        budget, prefill, taking_part, began = self.step_tokens - decodes, 0, decodes, []
        while budget > 0 and (sequence := self._next_prompt()):
            tokens = min(budget, sequence.asked.prompt - sequence.computed)
            budget -= tokens
            prefill += tokens
            taking_part += 1
            if self._compute(sequence, tokens):
                began.append(sequence.asked.id)
            else:
                break  # the step is full
        load = Load(prefill, decodes, taking_part, self._held)
        ended = []
        for sequence in self._due.pop(self._number, ()):
            if not sequence.over:
                self._leave(sequence)
                ended.append(Ended(sequence.asked.id, sequence.cached))
        return Step(load, tuple(began), tuple(ended))

    def _next_prompt(self) -> _Sequence | None:
        """The prompt that was begun, else the first that waits, if there is a place for it."""
        if self._prefilling:
            return self._prefilling[0]
        while self._waiting and self._waiting[0][2].over:
            heapq.heappop(self._waiting)
        if not self._waiting or len(self._decoding) >= self._sequences:
            return None
        sequence = self._waiting[0][2]
        asked = sequence.asked
        lease = self._cache.take(asked.keys, asked.prompt, asked.prompt + asked.answer)
        if lease is None:
            return None
        heapq.heappop(self._waiting)
        sequence.lease = lease
        sequence.cached = sequence.computed = lease.hits * BLOCK_TOKENS
        self._held += sequence.computed
        self._prefilling.append(sequence)
        return sequence

    def _compute(self, sequence: _Sequence, tokens: int) -> bool:
        """Compute so many tokens of its prompt; whether that was its end."""
        sequence.computed += tokens
        self._held += tokens
        if sequence.lease is not None:
            self._cache.share(sequence.lease, sequence.computed)
        if sequence.computed < sequence.asked.prompt:
            return False
        self._prefilling.popleft()
        self._decoding.add(sequence)
        sequence.first = self._number
        last = self._number + sequence.asked.answer - 1
        self._due.setdefault(last, []).append(sequence)
        return True

    def _leave(self, sequence: _Sequence) -> None:
        sequence.over = True
        del self._by_id[sequence.asked.id]
        if sequence.lease is None:
            return  # it still waits
        computed = sequence.computed
        if sequence.first >= 0:
            computed += self._number - sequence.first  # the last token is never computed
            self._decoding.discard(sequence)
        else:
            self._prefilling.remove(sequence)
        self._held -= computed
        self._cache.share(sequence.lease, computed)
        self._cache.give_back(sequence.lease)


def scheduler_for(card: Card, sequences: int, step_tokens: int) -> Scheduler:
    """A scheduler with an empty cache as large as the card has room for."""
    return Scheduler(sequences, step_tokens, BlockCache(card.cache_tokens // BLOCK_TOKENS))


def seconds_alone(requests: Iterable[Asked], card: Card, sequences: int, step_tokens: int) -> float:
    """What the engine takes for these where all are there at once and nothing else is in its way.

    No time passes: this is the sum of its steps, as `LLM.chat` would have them at best.
    """
    scheduler = scheduler_for(card, sequences, step_tokens)
    for asked in requests:
        scheduler.add(asked)
    seconds = 0.0
    while step := scheduler.step():
        seconds += card.seconds(step.load)
    return seconds
