"""What generates answers, as the rest of the worker sees it.

Errors:
    EngineStartError: it cannot start; a setting must change.
    GenerationError: this question alone; the others go on.
    EngineDeadError: leave the process: claims expire, and a supervisor starts it again.
"""

from dataclasses import dataclass
from typing import Protocol

from workers.prompting import Prompt, Tokenizer


class EngineStartError(Exception):
    """The engine cannot start. The message says what was found and which setting to change."""


class GenerationError(Exception):
    """This question cannot be generated (too long, refused by vLLM); the others go on."""


class EngineDeadError(Exception):
    """The engine's processes are gone. Leave this process; don't start the engine again in it."""


@dataclass(frozen=True, slots=True)
class Generation:
    """What the model wrote for one prompt.

    Attributes:
        text: without the stop text.
        finish_reason: `stop`, `length` (the token limit cut it) or `abort`.
        prompt_tokens: length of the prompt.
        completion_tokens: length of the text.
        cached_tokens: prompt tokens that the prefix cache already held.
    """

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int


class Engine(Protocol):
    """What the drain needs of an engine."""

    @property
    def model(self) -> str:
        """The model's name, as answers show it."""

    @property
    def slots(self) -> int:
        """Questions generated at the same time. Known before the start."""

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer. Only after the start."""

    @property
    def healthy(self) -> bool:
        """Whether it runs."""

    async def start(self) -> None:
        """Load the model. Raises EngineStartError."""

    async def generate(self, request_id: str, prompt: Prompt, *, priority: int) -> Generation:
        """Generate one answer; a lower priority number goes first.

        Raises:
            GenerationError: this question only.
            EngineDeadError: leave the process.
        """

    async def abort(self, request_id: str) -> None:
        """End a generation early; its `generate` returns with `abort`. Unknown ids are fine."""

    async def shutdown(self) -> None:
        """End the engine's processes. Safe twice, and after a failed start."""
