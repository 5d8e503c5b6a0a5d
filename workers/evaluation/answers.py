"""Asks the running stack an evaluation's questions, in the bulk lane, as any asker would."""

import time
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any

import httpx

from workers.evaluation.metrics import exact, f1
from workers.evaluation.questions import KnownQuestion
from workers.evaluation.run import Reply
from workers.stack.api import body_of
from workers.stack.errors import ApiError

#: Questions of one request.
_BATCH = 200
#: Longest wait of one request, in seconds.
_LONG_POLL_SECONDS = 20


def ask_all(
    client: httpx.Client,
    questions: Sequence[KnownQuestion],
    wait: float,
    note: Callable[[int], None],
) -> list[Reply]:
    """Enqueue every question, then wait for each.

    Args:
        client: of the API, with its key.
        questions: what is asked.
        wait: seconds without any answer after which the rest is given up.
        note: called with the number of questions that have ended.

    Raises:
        ApiError: the API refused the questions, or does not answer.
    """
    try:
        rest, ids = iter(questions), []
        while batch := list(islice(rest, _BATCH)):
            ids += _enqueue(client, batch)
        replies, heard_at = [], time.monotonic()
        for number, (question, question_id) in enumerate(zip(questions, ids, strict=True), 1):
            record = _ended(client, question_id, heard_at + wait)
            heard_at = time.monotonic() if record else heard_at
            replies.append(_reply(question, record))
            note(number)
    except httpx.TransportError as error:
        raise ApiError(
            f"{client.base_url} does not answer ({type(error).__name__}). Questions that were "
            "accepted are still answered; no report was written. Start the stack, then evaluate "
            "again."
        ) from error
    return replies


def _enqueue(client: httpx.Client, batch: Sequence[KnownQuestion]) -> list[str]:
    body = {"questions": [{"question": known.question, "lane": "bulk"} for known in batch]}
    items = body_of(client.post("/v1/questions/batch", json=body))["items"]
    for known, item in zip(batch, items, strict=True):
        if not item.get("accepted"):
            reason = (item.get("problem") or {}).get("detail", "no reason given")
            raise ApiError(f"Line {known.line} of the questions was refused: {reason}")
    return [item["accepted"]["id"] for item in items]


def _ended(client: httpx.Client, question_id: str, deadline: float) -> dict[str, Any] | None:
    """A question's record once it has ended; None where it has not by the deadline."""
    while True:
        wait = max(0.0, min(_LONG_POLL_SECONDS, deadline - time.monotonic()))
        record = body_of(client.get(f"/v1/questions/{question_id}", params={"wait": wait}))
        if record.get("outcome"):
            return record
        if time.monotonic() >= deadline:
            return None


def _reply(known: KnownQuestion, record: dict[str, Any] | None) -> Reply:
    if record is None:
        compared = {"f1": 0.0, "exact": False} if known.answers else {"f1": None, "exact": None}
        empty = {"reason": "no_end_in_time", "text": "", "citations": (), "model": None}
        times = {"waited": 0.0, "retrieved": 0.0, "generated": 0.0}
        return Reply.model_validate({"status": "unanswered", **empty, **compared, **times})
    outcome = record["outcome"]
    answer = outcome["text"] if record["status"] == "answered" else ""
    return Reply(
        status=record["status"],
        reason=outcome.get("reason"),
        text=outcome["text"],
        citations=tuple(dict.fromkeys(cited["document"] for cited in outcome["citations"])),
        model=outcome.get("model"),
        f1=f1(answer, known.answers) if known.answers else None,
        exact=exact(answer, known.answers) if known.answers else None,
        **{part: outcome["timings"][part] for part in ("waited", "retrieved", "generated")},
    )
