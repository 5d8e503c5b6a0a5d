"""An answer that goes on after it was aborted, so that nobody sees where it was cut.

The result is what a single generation would have given: the tokens of both parts are turned into
text together, by vLLM's own detokeniser.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from workers.engine.protocol import Prompt, Tokenizer

if TYPE_CHECKING:  # vLLM takes 10 s to import: only who starts the engine waits for that
    from vllm.tokenizers import TokenizerLike
    from vllm.v1.engine.detokenizer import IncrementalDetokenizer


class Continuation:
    """An answer's first part, from which it goes on.

    The last tokens are generated again where the cut fell inside a character of several bytes, or
    inside what may become a stop text: vLLM looks for stop texts in new text alone.

    Attributes:
        prefix: the tokens that stay; the rest is generated after these.
    """

    def __init__(self, tokenizer: Tokenizer, prompt: Prompt, resume: Sequence[int]) -> None:
        self._tokenizer = cast("TokenizerLike", tokenizer)
        self._prompt = prompt
        self._stopped = False
        self.prefix = self._clean_prefix(tuple(resume[: prompt.max_tokens]))

    @property
    def ended(self) -> str | None:
        """Why nothing is left to generate, as `Generation.finish_reason` says it; else None."""
        if self._stopped:
            return "stop"
        return "length" if len(self.prefix) >= self._prompt.max_tokens else None

    def text(self, tokens: Sequence[int], *, end_token: bool = False) -> str:
        """The whole answer's text.

        Args:
            tokens: of the whole answer.
            end_token: the last one is the model's end of text, which is not shown.
        """
        detokenizer = self._detokenizer()
        detokenizer.update(list(tokens), end_token)
        return detokenizer.get_next_output_text(finished=True, delta=False)

    def _clean_prefix(self, tokens: tuple[int, ...]) -> tuple[int, ...]:
        """The tokens up to the last place where a cut hurts no character and no stop text."""
        if len(tokens) >= self._prompt.max_tokens:
            return tokens
        detokenizer = self._detokenizer()
        clean_length, previous_text = 0, ""
        for length, token in enumerate(tokens, start=1):
            if detokenizer.update([token], stop_terminated=False) is not None:
                self._stopped = True
                return tokens[:length]
            text = detokenizer.get_next_output_text(finished=True, delta=False)
            if text != previous_text and not _may_stop(text, self._prompt.stop):
                clean_length = length
            previous_text = text
        return tokens[:clean_length]

    def _detokenizer(self) -> "IncrementalDetokenizer":
        from vllm import SamplingParams  # noqa: PLC0415
        from vllm.v1.engine import EngineCoreRequest  # noqa: PLC0415
        from vllm.v1.engine.detokenizer import IncrementalDetokenizer  # noqa: PLC0415

        request = EngineCoreRequest(
            request_id="",
            prompt_token_ids=list(self._prompt.token_ids),
            mm_features=None,
            sampling_params=SamplingParams(
                stop=list(self._prompt.stop),
                skip_special_tokens=self._prompt.thinking.special is None,
            ),
            pooling_params=None,
            arrival_time=0.0,
            lora_request=None,
            cache_salt=None,
            data_parallel_rank=None,
        )
        return IncrementalDetokenizer.from_new_request(self._tokenizer, request)


def _may_stop(text: str, stops: Sequence[str]) -> bool:
    """Whether the text ends with the beginning of a stop text."""
    return any(text.endswith(stop[:length]) for stop in stops for length in range(1, len(stop)))
