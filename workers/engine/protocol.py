"""What generates answers, as the rest of the worker sees it, and what can go wrong there.

EngineError
├── EngineStartError     it cannot start; a setting must change
│   └── ModelError       the model or its adapter cannot be used (`model`, `lora`)
├── ConversionError      a GGUF file was not converted rightly; `preparation` makes it a ModelError
├── GenerationError      this question alone; the others go on
└── EngineDeadError      leave the process: claims expire, and a supervisor starts it again

vLLM's own errors end in `vllm_engine`: none leaves it untranslated.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from workers.engine.thinking import Thinking


class EngineError(Exception):
    """Whatever the engine reports."""


class EngineStartError(EngineError):
    """The engine cannot start. The message says why, and which setting to change."""


class GenerationError(EngineError):
    """This question cannot be generated (too long, refused by vLLM); the others go on."""


class EngineDeadError(EngineError):
    """The engine's processes are gone. Leave this process; don't start the engine again in it."""


class Tokenizer(Protocol):
    """What prompts need of a tokenizer; those of transformers have it."""

    @property
    def chat_template(self) -> str | None:
        """The model's chat template; base models have none."""

    @property
    def added_tokens_decoder(self) -> Mapping[int, Any]:
        """Tokens that stand for themselves, by id; `special` marks structure."""

    def encode(self, text: str, *, add_special_tokens: bool = True) -> list[int]:
        """Token ids of a text."""

    def apply_chat_template(
        self,
        conversation: list[dict[str, Any]],
        *,
        tokenize: bool,
        add_generation_prompt: bool,
        **variables: Any,  # noqa: ANN401 (the template's own)
    ) -> Any:  # noqa: ANN401 (a text, as tokenize is False)
        """The prompt's text of chat messages."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the engine generates from.

    Attributes:
        text: the prompt as text, for logs and tests.
        token_ids: the same as the model's tokens; this is what is sent.
        stop: texts at which generation ends; not part of the answer.
        max_tokens: longest answer, in tokens, together with what is thought before it.
        thinking: how that is told apart.
        temperature: of its sampling; None: as the settings say.
    """

    text: str
    token_ids: tuple[int, ...]
    stop: tuple[str, ...]
    max_tokens: int
    thinking: Thinking = field(default=Thinking(), kw_only=True)
    temperature: float | None = field(default=None, kw_only=True)


@dataclass(frozen=True, slots=True)
class Generation:
    """What the model wrote for one prompt.

    Attributes:
        text: without the stop text, and without what the model thought.
        finish_reason: `stop`, `length` (the token limit cut it, or it ended inside its thinking) or
            `abort` (the text is a part).
        prompt_tokens: length of the prompt, without the tokens after which a resumed one goes on.
        completion_tokens: length of the whole answer, with what was thought.
        cached_tokens: prompt tokens that the prefix cache already held.
        token_ids: the whole answer, for `resume` where it was aborted. May end with an end token.
    """

    text: str
    finish_reason: str
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    token_ids: tuple[int, ...] = ()


class Engine(Protocol):
    """What the drain needs of an engine."""

    @property
    def model(self) -> str:
        """The model's name, as answers show it."""

    @property
    def slots(self) -> int:
        """Questions generated at the same time. Known before the start."""

    @property
    def compute_bound(self) -> bool:
        """Whether one generation alone fills it, as on a processor. Known before the start."""

    @property
    def tokenizer(self) -> Tokenizer:
        """The model's tokenizer. Only after the start."""

    @property
    def healthy(self) -> bool:
        """Whether it runs."""

    async def start(self) -> None:
        """Load the model. Raises EngineStartError."""

    async def generate(
        self, request_id: str, prompt: Prompt, *, priority: int, resume: Sequence[int] = ()
    ) -> Generation:
        """Generate one answer; a lower priority number goes first.

        Args:
            request_id: for `abort`; used once at a time.
            prompt: where an aborted generation is resumed, the same as before.
            priority: lower numbers first.
            resume: `token_ids` of an aborted generation of this prompt. It goes on after these,
                and returns the whole answer, as if nothing had cut it.

        Raises:
            GenerationError: this question only.
            EngineDeadError: leave the process.
        """

    async def abort(self, request_id: str) -> None:
        """End a generation early; its `generate` returns with `abort` and what there is so far.

        One that ends at the same moment returns as it ended. Unknown ids are fine.

        Raises:
            EngineDeadError: leave the process.
        """

    async def shutdown(self) -> None:
        """End the engine's processes. Safe twice, and after a failed start."""
