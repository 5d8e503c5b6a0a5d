"""An engine that answers at once with what the documents say, for drills of all but the engine."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from workers.answering.prompt import AnswerPrompt
from workers.engine.protocol import Generation, Prompt, Tokenizer
from workers.settings import WorkerSettings


class WordTokenizer:
    """One token a word: enough for budgets."""

    chat_template: str | None = None
    added_tokens_decoder: Mapping[int, Any] = {}

    def encode(self, text: str, *, add_special_tokens: bool = True) -> list[int]:
        """Token ids of a text."""
        return [len(word) for word in re.findall(r"\S+", text)] + [0] * add_special_tokens

    def apply_chat_template(
        self,
        conversation: list[dict[str, Any]],
        *,
        tokenize: bool,
        add_generation_prompt: bool,
        **variables: Any,  # noqa: ANN401 - the template's own
    ) -> str:
        """Never called: there is no chat template."""
        raise AssertionError(f"{conversation} {tokenize} {add_generation_prompt} {variables}")


class PassageEngine:
    """Answers with the first passage's text; an `Engine`."""

    model = "passage"
    healthy = True
    compute_bound = False
    #: Few, so that a drain has little in hand that is killed with it.
    slots = 8
    tokenizer: Tokenizer = WordTokenizer()

    async def start(self) -> None:
        """Nothing to load."""

    async def generate(
        self, _request_id: str, prompt: Prompt, *, priority: int, resume: Sequence[int] = ()
    ) -> Generation:
        """The passage; nothing where a prompt has none."""
        text = prompt.passages[0].text if isinstance(prompt, AnswerPrompt) else ""
        return Generation(text, "stop", len(prompt.token_ids) + priority * 0, 10, len(resume))

    async def abort(self, _request_id: str) -> None:
        """Nothing runs for long."""

    async def shutdown(self) -> None:
        """Nothing to stop."""


def engine(_settings: WorkerSettings) -> PassageEngine:
    """For `ATENDE_ENGINE=benchmarks.drill_engine:engine`."""
    return PassageEngine()
