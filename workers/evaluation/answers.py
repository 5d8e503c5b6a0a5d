"""Asks the running stack an evaluation's questions, in the bulk lane, as any asker would."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import uuid4

import httpx

from workers.evaluation.metrics import exact, f1
from workers.evaluation.questions import KnownQuestion
from workers.evaluation.reply import Reply
from workers.stack.api import body_of
from workers.stack.errors import ApiError

#: Questions of one request.
_BATCH = 200
#: Longest wait of one request, in seconds.
_LONG_POLL_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Manner:
    """How the questions are asked.

    Attributes:
        wait: seconds without any answer after which the rest is given up.
        at_once: how many run at once; 0: all.
        fresh: no answer is taken from an identical question asked before.
    """

    wait: float
    at_once: int = 0
    fresh: bool = False


def ask_all(
    client: httpx.Client,
    questions: Sequence[KnownQuestion],
    manner: Manner,
    note: Callable[[int], None],
) -> list[Reply]:
    """Enqueue the questions, so many at once, and wait for each.

    Args:
        client: of the API, with its key.
        questions: what is asked.
        manner: how.
        note: called with the number of questions that have ended.

    Raises:
        ApiError: the API refused the questions, or does not answer.
    """
    window, ids = manner.at_once or len(questions), list[str]()
    replies, deadline = list[Reply](), time.monotonic() + manner.wait
    try:
        for place, question in enumerate(questions):
            if time.monotonic() <= deadline:
                ids += _enqueue(client, questions[len(ids) : place + window], fresh=manner.fresh)
            record = _ended(client, ids[place], deadline) if place < len(ids) else None
            deadline = time.monotonic() + manner.wait if record else deadline
            replies.append(_reply(question, record))
            note(place + 1)
    except httpx.TransportError as error:
        raise ApiError(
            f"{client.base_url} does not answer ({type(error).__name__}). Questions that were "
            "accepted are still answered; no report was written. Start the stack, then evaluate "
            "again."
        ) from error
    return replies


def _enqueue(
    client: httpx.Client, questions: Sequence[KnownQuestion], *, fresh: bool
) -> Iterator[str]:
    """The ids of questions in the bulk lane; a fresh one is a conversation of its own."""
    rest = iter(questions)
    while batch := list(islice(rest, _BATCH)):
        items = [
            {"question": known.question, "lane": "bulk"}
            | ({"conversation_id": f"evaluate-{uuid4()}"} if fresh else {})
            for known in batch
        ]
        reply = body_of(client.post("/v1/questions/batch", json={"questions": items}))
        for known, item in zip(batch, reply["items"], strict=True):
            if not item.get("accepted"):
                reason = (item.get("problem") or {}).get("detail", "no reason given")
                raise ApiError(f"Line {known.line} of the questions was refused: {reason}")
            yield item["accepted"]["id"]


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
        faults=tuple(outcome.get("faults") or ()),
        refused=outcome.get("refused") or "",
        way=outcome.get("way"),
        **{part: outcome["timings"][part] for part in ("waited", "retrieved", "generated")},
    )
