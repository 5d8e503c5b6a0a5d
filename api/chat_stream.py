"""A chat completion as a stream of events: one chunk with all of the text. Pure."""

import json
from collections.abc import Iterator
from typing import Any, Final

from api.chat_schemas import ChatCompletionOut

EVENT_STREAM: Final = "text/event-stream; charset=utf-8"


def events(completion: ChatCompletionOut, *, usage: bool) -> str:
    """The whole stream. An answer is checked before it is sent, so there are no parts to send.

    The chunk with the text also has `atende`; the next one ends it; one with the tokens follows
    where `usage` is wanted. All is ASCII: a reader may take U+2028 or U+0085 for a line's end.
    """
    chunks = [json.dumps(chunk) for chunk in _chunks(completion, usage=usage)]
    return "".join(f"data: {each}\n\n" for each in [*chunks, "[DONE]"])


def _chunks(completion: ChatCompletionOut, *, usage: bool) -> Iterator[dict[str, Any]]:
    whole = completion.model_dump(mode="json")
    (choice,) = whole["choices"]
    head = {
        "id": whole["id"],
        "object": "chat.completion.chunk",
        "created": whole["created"],
        "model": whole["model"],
    } | ({"usage": None} if usage else {})
    delta = {"role": "assistant", "content": choice["message"]["content"]}
    yield head | {"choices": [_choice(delta, None)], "atende": whole["atende"]}
    yield head | {"choices": [_choice({}, choice["finish_reason"])]}
    if usage:
        yield head | {"choices": [], "usage": whole["usage"]}


def _choice(delta: dict[str, Any], finish_reason: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
