"""How long a step takes on a GPU, from public figures. Pure.

A step computes and reads memory at the same time, so the longer of the two counts, and the launch
of its kernels comes on top:

    seconds = overhead + sequences x each + max(2 x parameters x tokens / arithmetic,
                                                (weights + cached keys and values) / bandwidth)

| figure | value | from |
| --- | --- | --- |
| H100 SXM, dense bfloat16 | 989 TFLOP/s; half of it is reached | NVIDIA's data sheet; vLLM's and
  TensorRT-LLM's published prefill rates lie between 45 and 60 % |
| its memory | 80 GB at 3.35 TB/s; four fifths are reached | the same; copies reach 85 to 90 % |
| Qwen2.5-7B | 7.6e9 parameters; 28 layers x 4 heads of keys x 128 | its `config.json` |
| Qwen2.5-0.5B | 0.49e9 parameters; 24 layers x 2 heads of keys x 64 | likewise |
| a step's overhead | 1.5 ms, and 5 µs for each sequence | small models take 2 to 3 ms a token |

So a 7B decodes alone at 7 ms a token and reads 32,000 tokens of prompts a second. Nothing here was
measured on a GPU.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: Bytes of a number in bfloat16.
_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class Shape:
    """A model, as far as its speed goes.

    Attributes:
        parameters: how many; each token costs two operations of each.
        cache_bytes: of the keys and values of one token.
    """

    parameters: float
    cache_bytes: int

    @property
    def weight_bytes(self) -> float:
        """Bytes that each step reads."""
        return self.parameters * _BYTES


#: By the name that the command line takes.
SHAPES: Final[Mapping[str, Shape]] = {
    "7b": Shape(7.6e9, 2 * 28 * 4 * 128 * _BYTES),
    "0.5b": Shape(0.49e9, 2 * 24 * 2 * 64 * _BYTES),
}


@dataclass(frozen=True, slots=True)
class Load:
    """What one step does.

    Attributes:
        prefill: tokens of prompts.
        decodes: sequences that get their next token.
        sequences: all that take part.
        held: tokens whose keys and values lie in the cache for them.
    """

    prefill: int
    decodes: int
    sequences: int
    held: int


@dataclass(frozen=True, slots=True)
class Card:
    """A GPU with a model on it. By default an H100.

    Attributes:
        shape: of the model.
        speed: how many times as fast as the real one, in everything.
        arithmetic: operations/s that are reached.
        bandwidth: bytes/s that are reached.
        memory_bytes: for weights and cache together: `gpu_memory_utilization` of 80 GB.
        overhead: seconds of a step that does nothing.
        each: seconds for each sequence of a step.
    """

    shape: Shape
    speed: float = 1.0
    arithmetic: float = 0.5 * 989e12
    bandwidth: float = 0.8 * 3.35e12
    memory_bytes: float = 0.85 * 80e9
    overhead: float = 0.0015
    each: float = 5e-6

    def seconds(self, load: Load) -> float:
        """Of one step."""
        shape = self.shape
        computed = 2 * shape.parameters * (load.prefill + load.decodes) / self.arithmetic
        read = (shape.weight_bytes + load.held * shape.cache_bytes) / self.bandwidth
        fixed = self.overhead + self.each * load.sequences
        return (fixed + max(computed, read)) / self.speed

    @property
    def cache_tokens(self) -> int:
        """Tokens whose keys and values fit beside the weights."""
        return int((self.memory_bytes - self.shape.weight_bytes) / self.shape.cache_bytes)
