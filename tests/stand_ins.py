"""A stand-in for vLLM, for tests in which the engine is not what is tested.

It keeps the engine's contract: one generation per request, cancellable, aborted and resumed, an
error for one question alone, and a death that every caller sees.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

from workers.answering.prompt import AnswerPrompt
from workers.engine.protocol import (
    EngineDeadError,
    EngineStartError,
    Generation,
    GenerationError,
    Prompt,
    Tokenizer,
)
from workers.settings import WorkerSettings

#: Tokens of a whole answer.
WHOLE = 7


class WordTokenizer:
    """One token a word: enough for budgets."""

    chat_template: str | None = None
    added_tokens_decoder: Mapping[int, Any] = {}

    def encode(self, text: str, *, add_special_tokens: bool = True) -> list[int]:
        """Token ids of a text."""
        return [len(word) for word in text.split()] + [0] * add_special_tokens

    def apply_chat_template(
        self, conversation: list[dict[str, str]], *, tokenize: bool, add_generation_prompt: bool
    ) -> str:
        """Never called: there is no chat template."""
        raise AssertionError(f"no template: {conversation} {tokenize} {add_generation_prompt}")


class StandInEngine:
    """Answers with the first passage's text.

    The question steers it: `devagar` waits until `go` is set, `quebra` fails alone, `mata` kills
    the engine. Asked for a chunk's questions, it asks about the chunk's last word; the chunk's text
    steers it alike. A whole answer is seven tokens, 0 to 6; aborted, it has one more than `resume`.
    """

    model = "stand-in"
    compute_bound = False
    tokenizer: Tokenizer = WordTokenizer()

    def __init__(self, slots: int = 4) -> None:
        self.slots = slots
        self.healthy = True
        self.go = asyncio.Event()
        self.started: list[str] = []
        self.cancelled: list[str] = []
        self.aborted: list[str] = []
        self.resumed: list[tuple[str, tuple[int, ...]]] = []
        self._aborts: dict[str, asyncio.Event] = {}
        self.running = 0
        self.most = 0

    async def start(self) -> None:
        """Nothing to load."""

    async def generate(
        self, request_id: str, prompt: Prompt, *, priority: int, resume: Sequence[int] = ()
    ) -> Generation:
        """See the class."""
        drafts = not isinstance(prompt, AnswerPrompt)
        asked = re.findall(r"Texto: (.*)" if drafts else r"Pergunta: (.*)", prompt.text)[-1]
        self.started.append(f"{priority}:{asked}")
        if resume:
            self.resumed.append((request_id, tuple(resume)))
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            if "mata" in asked or not self.healthy:
                self.healthy = False
                raise EngineDeadError("killed by a test")
            if "quebra" in asked:
                raise GenerationError(request_id)
            whole = await self._write(request_id, slow="devagar" in asked)
        except asyncio.CancelledError:
            self.cancelled.append(request_id)
            raise
        finally:
            self.running -= 1
        if isinstance(prompt, AnswerPrompt):
            text = prompt.passages[0].text
        else:
            about = re.findall(r"\w+", asked)[-1]
            text = f" vocês têm {about}? quanto custa {about}?"
        if whole:
            return Generation(text, "stop", len(prompt.token_ids), WHOLE, 0, tuple(range(WHOLE)))
        part = tuple(range(min(len(resume) + 1, WHOLE)))
        text = text[: len(text) * len(part) // WHOLE]
        return Generation(text, "abort", len(prompt.token_ids), len(part), 0, part)

    async def _write(self, request_id: str, *, slow: bool) -> bool:
        """Whether it came to its end: it was not aborted."""
        abort = self._aborts[request_id] = asyncio.Event()
        aborted = asyncio.create_task(abort.wait())
        ended = asyncio.create_task(self.go.wait())
        try:
            await asyncio.wait(
                {aborted, ended},
                timeout=None if slow else 0.005,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            del self._aborts[request_id]
            aborted.cancel()
            ended.cancel()
        return not abort.is_set()

    async def abort(self, request_id: str) -> None:
        """End a generation early; unknown ids are fine."""
        if request_id in self._aborts:
            self.aborted.append(request_id)
            self._aborts[request_id].set()

    async def shutdown(self) -> None:
        """Nothing to stop."""


def engine(_settings: WorkerSettings) -> StandInEngine:
    """For `ATENDE_ENGINE=tests.stand_ins:engine`."""
    return StandInEngine()


def engine_that_does_not_start(settings: WorkerSettings) -> StandInEngine:
    """An engine whose start is refused, as vLLM's is where memory is short."""
    made = engine(settings)

    async def start() -> None:
        raise EngineStartError("too little memory, says a test")

    made.start = start  # type: ignore[method-assign]
    return made
