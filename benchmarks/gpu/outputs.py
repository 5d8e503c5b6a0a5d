"""What the drain's process does with each token: vLLM's own code, or nothing."""

import asyncio
import time
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

from workers.engine.protocol import Prompt, Tokenizer

if TYPE_CHECKING:  # vLLM takes 10 s to import
    from vllm.outputs import RequestOutput
    from vllm.tokenizers import TokenizerLike
    from vllm.v1.engine.output_processor import RequestOutputCollector

#: Tokens after which vLLM's output handler lets others run (`VLLM_V1_OUTPUT_PROC_CHUNK_SIZE`).
CHUNK = 128


class Token(NamedTuple):
    """One new token; `last` ends its answer."""

    request_id: str
    token: int
    last: bool


class OutputSide(Protocol):
    """Turns tokens into an answer's text."""

    def open(self, request_id: str, prompt: Prompt) -> Awaitable[str]:
        """Begin one; what it returns gives the text after its last token, or after `abort`."""

    def put(self, tokens: Sequence[Token]) -> None:
        """The tokens of one step, or a part of them."""

    def abort(self, request_id: str) -> None:
        """End one early."""


class NoOutputs:
    """Turns each answer into text once, at its end."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._decode = getattr(tokenizer, "decode", str)
        self._open: dict[str, tuple[list[int], asyncio.Future[str]]] = {}

    def open(self, request_id: str, _prompt: Prompt) -> Awaitable[str]:
        """See `OutputSide`."""
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._open[request_id] = ([], future)
        return future

    def put(self, tokens: Sequence[Token]) -> None:
        """See `OutputSide`."""
        for request_id, token, last in tokens:
            if request_id in self._open:
                self._open[request_id][0].append(token)
                if last:
                    self.abort(request_id)

    def abort(self, request_id: str) -> None:
        """See `OutputSide`."""
        if request_id in self._open:
            tokens, future = self._open.pop(request_id)
            if not future.done():
                future.set_result(self._decode(tokens))


class VllmOutputs:
    """vLLM's `OutputProcessor`, as `AsyncLLM` uses it: a detokeniser steps for every token."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        from vllm.v1.engine.output_processor import OutputProcessor  # noqa: PLC0415

        self._processor = OutputProcessor(cast("TokenizerLike", tokenizer), log_stats=False)

    def open(self, request_id: str, prompt: Prompt) -> Awaitable[str]:
        """See `OutputSide`. The made-up answers ignore stop texts: their length is given."""
        from vllm import SamplingParams  # noqa: PLC0415
        from vllm.sampling_params import RequestOutputKind  # noqa: PLC0415
        from vllm.v1.engine import EngineCoreRequest  # noqa: PLC0415
        from vllm.v1.engine.output_processor import RequestOutputCollector  # noqa: PLC0415

        kind = RequestOutputKind.FINAL_ONLY
        request = EngineCoreRequest(
            request_id=request_id,
            prompt_token_ids=list(prompt.token_ids),
            mm_features=None,
            sampling_params=SamplingParams(
                temperature=0.0, max_tokens=prompt.max_tokens, output_kind=kind
            ),
            pooling_params=None,
            arrival_time=time.time(),
            lora_request=None,
            cache_salt=None,
            data_parallel_rank=None,
            external_req_id=request_id,
        )
        collector = RequestOutputCollector(kind, request_id)
        self._processor.add_request(request, None, queue=collector)
        return self._text(collector)

    @staticmethod
    async def _text(collector: "RequestOutputCollector") -> str:
        output = cast("RequestOutput", await collector.get())
        return output.outputs[0].text

    def put(self, tokens: Sequence[Token]) -> None:
        """See `OutputSide`."""
        from vllm.v1.engine import EngineCoreOutput, FinishReason  # noqa: PLC0415

        self._processor.process_outputs(
            [
                EngineCoreOutput(
                    request_id, [token], finish_reason=FinishReason.LENGTH if last else None
                )
                for request_id, token, last in tokens
            ]
        )

    def abort(self, request_id: str) -> None:
        """See `OutputSide`."""
        self._processor.abort_requests([request_id], internal=True)
