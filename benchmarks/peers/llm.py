"""`vllm.LLM` as its documentation shows it, with the product's arguments and prompts."""

import time
from collections.abc import Sequence
from typing import Any, cast

from benchmarks.peers.work import Prompts, Work, engine_plan
from ingestion.knowledge.passage import Passage
from workers.engine.protocol import Tokenizer
from workers.settings import WorkerSettings


class Chat:
    """An engine that is asked by `LLM.chat`, which returns once the last answer has ended.

    Attributes:
        seconds: that its start took.
    """

    def __init__(self, work: Work) -> None:
        self._settings: WorkerSettings = work.settings()
        start_time = time.perf_counter()
        plan = engine_plan(self._settings)
        from vllm import LLM  # noqa: PLC0415 - after the environment

        self._llm = LLM(**plan.arguments)
        self.seconds = time.perf_counter() - start_time
        self._prompts = Prompts(cast("Tokenizer", self._llm.get_tokenizer()), self._settings)

    def prompts(self, questions: Sequence[str], passages: Sequence[Sequence[Passage]]) -> list[str]:
        """The product's prompts."""
        pairs = zip(questions, passages, strict=True)
        return [self._prompts.write(*pair).text for pair in pairs]

    def answer(self, prompts: Sequence[str]) -> list[tuple[str, int, int, int]]:
        """Answers: text, tokens of the prompt, of the answer, and of the prompt from the cache."""
        from vllm import SamplingParams  # noqa: PLC0415

        sampling = SamplingParams(
            temperature=self._settings.temperature,
            max_tokens=self._settings.answer_tokens,
            stop=["\n"] if self._prompts.special else None,
        )
        messages: Any = [[{"role": "user", "content": prompt}] for prompt in prompts]
        outputs = self._llm.chat(
            messages,
            sampling,
            chat_template=self._prompts.chat_template,
            use_tqdm=False,
        )
        return [
            (
                output.outputs[0].text,
                len(output.prompt_token_ids or ()),
                len(output.outputs[0].token_ids),
                output.num_cached_tokens or 0,
            )
            for output in outputs
        ]
