"""A stand-in for vLLM, for tests in which the engine is not what is tested.

It keeps the engine's contract: one generation per request, cancellable, aborted and resumed, an
error for one question alone, and a death that every caller sees.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from typing import Any

from workers.answering.prompt import AnswerPrompt
from workers.answering.rewrite import RewritePrompt
from workers.contracts.question import Outcome, Question
from workers.contracts.reply import EmailAddress, WhatsAppAddress
from workers.delivery.backoff import Result
from workers.engine.protocol import (
    EngineDeadError,
    EngineStartError,
    Generation,
    GenerationError,
    Prompt,
    Tokenizer,
)
from workers.settings import WorkerSettings

#: Tokens of a complete answer.
COMPLETE = 7


class WordTokenizer:
    """One token a word: enough for budgets."""

    chat_template: str | None = None
    added_tokens_decoder: Mapping[int, Any] = {}

    def encode(self, text: str, *, add_special_tokens: bool = True) -> list[int]:
        """Token ids of a text."""
        return [len(word) for word in text.split()] + [0] * add_special_tokens

    def apply_chat_template(
        self,
        conversation: list[dict[str, Any]],
        *,
        tokenize: bool,
        add_generation_prompt: bool,
        **variables: Any,  # noqa: ANN401 - the template's own
    ) -> str:
        """Never called: there is no chat template."""
        raise AssertionError(
            f"no template: {conversation} {tokenize} {add_generation_prompt} {variables}"
        )


class StandInEngine:
    """Answers with the first passage's text.

    The question steers it: `devagar` waits until `go` is set, `quebra` fails alone, `mata` kills
    the engine. Asked to rewrite a question, it writes `rewriting`, and that steers it alike. Asked
    for a chunk's questions, it asks about the chunk's last word; the chunk's text steers it alike.
    A complete answer has seven tokens, 0 to 6; an aborted one has one more than `resume`.
    """

    model = "stand-in"
    compute_bound = False
    tokenizer: Tokenizer = WordTokenizer()

    def __init__(self, slots: int = 4, rewriting: str = "") -> None:
        self.rewriting = rewriting
        self.slots = slots
        self.healthy = True
        self.go = asyncio.Event()
        self.started: list[str] = []
        self.cancelled: list[str] = []
        self.aborted: list[str] = []
        self.resumed: list[tuple[str, tuple[int, ...]]] = []
        self._aborts: dict[str, asyncio.Event] = {}
        self.running = 0
        self.most_running = 0

    async def start(self) -> None:
        """Nothing to load."""

    async def generate(
        self, request_id: str, prompt: Prompt, *, priority: int, resume: Sequence[int] = ()
    ) -> Generation:
        """See the class."""
        if isinstance(prompt, RewritePrompt):
            topic = self.rewriting
        else:
            asked = "Pergunta" if isinstance(prompt, AnswerPrompt) else "Texto"
            topic = re.findall(rf"{asked}: (.*)", prompt.text)[-1]
        self.started.append(f"{priority}:{topic}")
        if resume:
            self.resumed.append((request_id, tuple(resume)))
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            if "mata" in topic or not self.healthy:
                self.healthy = False
                raise EngineDeadError("killed by a test")
            if "quebra" in topic:
                raise GenerationError(request_id)
            complete = await self._write(request_id, slow="devagar" in topic)
        except asyncio.CancelledError:
            self.cancelled.append(request_id)
            raise
        finally:
            self.running -= 1
        if isinstance(prompt, AnswerPrompt):
            text = prompt.passages[0].text
        elif isinstance(prompt, RewritePrompt):
            text = self.rewriting
        else:
            word = re.findall(r"\w+", topic)[-1]
            text = f" vocês têm {word}? quanto custa {word}?"
        if complete:
            return Generation(
                text, "stop", len(prompt.token_ids), COMPLETE, 0, tuple(range(COMPLETE))
            )
        part = tuple(range(min(len(resume) + 1, COMPLETE)))
        text = text[: len(text) * len(part) // COMPLETE]
        return Generation(text, "abort", len(prompt.token_ids), len(part), 0, part)

    async def _write(self, request_id: str, *, slow: bool) -> bool:
        """Whether it came to its end, not to an abort."""
        abort = self._aborts[request_id] = asyncio.Event()
        waits = {asyncio.create_task(event.wait()) for event in (abort, self.go)}
        try:
            await asyncio.wait(
                waits, timeout=None if slow else 0.005, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            del self._aborts[request_id]
            for wait in waits:
                wait.cancel()
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
    stand_in = engine(settings)

    async def start() -> None:
        raise EngineStartError("too little memory, says a test")

    stand_in.start = start  # type: ignore[method-assign]
    return stand_in


class NoWhatsApp:
    """Stands for the sender of WhatsApp messages in tests of the other kinds."""

    def send(self, question: Question, outcome: Outcome, address: WhatsAppAddress) -> Result:
        """Never called."""
        raise AssertionError(f"nothing goes to WhatsApp: {question} {outcome} {address}")


class NoEmail:
    """Stands for the sender of mails in tests of the other kinds."""

    def send(self, question: Question, outcome: Outcome, address: EmailAddress) -> Result:
        """Never called."""
        raise AssertionError(f"nothing goes by e-mail: {question} {outcome} {address}")
