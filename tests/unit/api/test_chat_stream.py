import json
from typing import Any

from api.chat_schemas import ChatCompletionOut
from api.chat_stream import events
from workers.contracts.question import Outcome, Question, Request, Status

TEXT = 'Não: "só água".\n\nData: [DONE]\u2028Fim\x85 da folha.\r'


def chunks(*, usage: bool) -> list[dict[str, Any]]:
    outcome = Outcome(status=Status.NEEDS_HUMAN, text=TEXT, reason="unsure")
    asked = Request(tenant="clinica", question="jejum?", asked_at=1000.0)
    record = Question(id="a" * 32, request=asked, status=outcome.status, outcome=outcome)
    stream = events(ChatCompletionOut.of(record, outcome), usage=usage)
    assert stream.splitlines() == stream.split("\n")[:-1]  # by whatever a reader cuts it
    *lines, last, end = stream.split("\n\n")
    assert (last, end) == ("data: [DONE]", "")
    return [json.loads(line.removeprefix("data: ")) for line in lines]


def test_the_text_is_one_chunk_and_the_next_one_ends_it() -> None:
    first, second = chunks(usage=False)
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": TEXT}
    assert first["choices"][0]["finish_reason"] is None
    assert first["atende"]["reason"] == "unsure"
    assert second["choices"][0] == {
        "index": 0,
        "delta": {},
        "logprobs": None,
        "finish_reason": "stop",
    }
    assert first["object"] == second["object"] == "chat.completion.chunk"
    assert "usage" not in first


def test_the_tokens_come_last_where_they_are_wanted() -> None:
    first, second, third = chunks(usage=True)
    assert first["usage"] is None
    assert second["usage"] is None
    assert third["choices"] == []
    assert third["usage"]["total_tokens"] == 0
