"""How many tokens one step of the engine takes on a GPU, and why. Pure.

A question that comes during a step waits for its end, and for the one that vLLM has planned behind
it. More tokens a step fill the GPU better only until its arithmetic units are full: a simulated
H100 answers 25.8, 26.8, 27.2 and 27.2 questions/s with 1,024, 2,048, 4,096 and 8,192 tokens and a
model of 7 billion parameters, 190, 267, 315 and 315 with one of 0.5 (`benchmarks.gpu_lanes`).
"""

from dataclasses import dataclass
from typing import Final

GIB: Final = 1 << 30

#: Seconds that a step of prompts may take by what the card reaches.
STEP_SECONDS: Final = 0.25

#: Operations/s that vLLM reaches on dense 16-bit matrices, by compute capability: about half of
#: what is promised (H100 989, B200 2,250, A100 312 TFLOP/s).
REACHED: Final = {(10, 0): 900e12, (10, 3): 900e12, (9, 0): 400e12, (8, 0): 160e12}
#: Of other cards: half of an L4's or an A10's from Ampere on, of a T4's before.
REACHED_BY_OTHERS: Final = {True: 60e12, False: 30e12}
#: The share of their own speed that several GPUs of one layer keep beside exchanging its results.
SHARED_LAYER: Final = 0.8

#: vLLM's own numbers of tokens (`EngineArgs.get_batch_defaults`), by whether the card is a large
#: one: for `LLM`, which nobody waits for, and for `vllm serve`.
OFFLINE_TOKENS: Final = {True: 16_384, False: 8_192}
SERVER_TOKENS: Final = {True: 8_192, False: 2_048}

#: Fewest tokens: below, the matrices no longer fill a card.
FEWEST_TOKENS: Final = 512


@dataclass(frozen=True, slots=True)
class Card:
    """A GPU, as its driver describes it.

    Attributes:
        name: the product's, as in `NVIDIA H100 80GB HBM3`.
        memory: in bytes, all of it.
        capability: NVIDIA's compute capability; None where it is of another maker.
    """

    name: str
    memory: int
    capability: tuple[int, int] | None

    @property
    def large(self) -> bool:
        """Whether vLLM counts it with the H100: larger steps made an A100 slower."""
        return self.memory >= 70 * GIB and "a100" not in self.name.lower()

    @property
    def reached(self) -> float | None:
        """Operations/s that vLLM reaches; None where nothing is known."""
        if self.capability is None:
            return None
        return REACHED.get(self.capability, REACHED_BY_OTHERS[self.capability >= (8, 0)])


def step_tokens(
    card: Card, parameters: int | None, ranks: int = 1, least: int = 1
) -> tuple[int, str]:
    """Tokens of a step, prompts and answers together, and the reason.

    A token costs two operations for each parameter that it passes. The result is a power of two,
    so that a step takes between half of `STEP_SECONDS` and all of it, where vLLM's own number for
    offline work does not end it earlier.

    Args:
        card: one of the GPUs.
        parameters: that a token passes in all layers; None where the model's files are not here.
        ranks: GPUs that share each layer (`tensor_parallel_size`).
        least: tokens that a step must hold: one for each slot.
    """
    reached = card.reached
    if parameters is None or reached is None:
        unknown = "the model's size" if parameters is None else "the card's speed"
        return max(SERVER_TOKENS[card.large], least), f"as `vllm serve`: {unknown} is not known yet"
    reached *= ranks * SHARED_LAYER if ranks > 1 else 1
    in_time = int(STEP_SECONDS * reached / (2 * parameters))
    most = OFFLINE_TOKENS[card.large]
    tokens = max(min(_power_of_two(in_time), most), FEWEST_TOKENS, least)
    seconds = 2 * parameters * tokens / reached
    return tokens, (
        f"a question that comes during a step waits for its end: {seconds:.2f} s with "
        f"{parameters / 1e9:.1f} billion parameters a token at {reached / 1e12:.0f} TFLOP/s"
    )


def _power_of_two(number: int) -> int:
    """The largest that is not above the number; 1 at least."""
    return 1 << max(0, number.bit_length() - 1)
