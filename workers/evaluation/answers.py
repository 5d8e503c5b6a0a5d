"""Asks the running stack an evaluation's questions, in the bulk lane, as users' questions come."""

import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import httpx

from workers.evaluation.metrics import exact, f1
from workers.evaluation.questions import Asked
from workers.evaluation.run import Reply

#: Questions handed in with one request.
_BATCH = 200
#: Longest wait of one request, in seconds.
_POLL = 20


class AskingError(Exception):
    """The API refused, or does not answer."""


def ask_all(
    client: httpx.Client,
    asked: Sequence[Asked],
    wait: float,
    note: Callable[[int], None],
) -> list[Reply]:
    """Hand in every question, then wait for each.

    Args:
        client: of the API, with its key.
        asked: the questions.
        wait: seconds without any answer after which the rest is given up.
        note: told how many have ended.

    Raises:
        AskingError: the API refused the questions, or went away.
    """
    try:
        ids = [each for batch in _batches(asked) for each in _hand_in(client, batch)]
        replies, heard = [], time.monotonic()
        for number, (one, key) in enumerate(zip(asked, ids, strict=True), 1):
            ended = _ended(client, key, heard + wait)
            heard = time.monotonic() if ended else heard
            replies.append(_reply(one, ended))
            note(number)
    except httpx.TransportError as error:
        raise AskingError(
            f"{client.base_url} does not answer ({type(error).__name__}). Questions that were "
            "accepted are still answered; no report was written."
        ) from error
    return replies


def _hand_in(client: httpx.Client, batch: Sequence[Asked]) -> list[str]:
    body = {"questions": [{"question": each.question, "lane": "bulk"} for each in batch]}
    items = _checked(client.post("/v1/questions/batch", json=body))["items"]
    for one, item in zip(batch, items, strict=True):
        if not item.get("accepted"):
            told = (item.get("problem") or {}).get("detail", "no reason given")
            raise AskingError(f"Line {one.line} of the questions was refused: {told}")
    return [item["accepted"]["id"] for item in items]


def _ended(client: httpx.Client, key: str, until: float) -> dict[str, Any] | None:
    while True:
        left = max(0.0, min(_POLL, until - time.monotonic()))
        found = _checked(client.get(f"/v1/questions/{key}", params={"wait": left}))
        if found.get("outcome"):
            return found
        if time.monotonic() >= until:
            return None


def _reply(asked: Asked, ended: dict[str, Any] | None) -> Reply:
    if ended is None:
        compared = {"f1": 0.0, "exact": False} if asked.answers else {"f1": None, "exact": None}
        empty = {"reason": "no_end_in_time", "text": "", "citations": (), "model": None}
        times = {"waited": 0.0, "retrieved": 0.0, "generated": 0.0}
        return Reply.model_validate({"status": "unanswered", **empty, **compared, **times})
    outcome = ended["outcome"]
    said = outcome["text"] if ended["status"] == "answered" else ""
    return Reply(
        status=ended["status"],
        reason=outcome.get("reason"),
        text=outcome["text"],
        citations=tuple(dict.fromkeys(each["document"] for each in outcome["citations"])),
        model=outcome.get("model"),
        f1=f1(said, asked.answers) if asked.answers else None,
        exact=exact(said, asked.answers) if asked.answers else None,
        **{part: outcome["timings"][part] for part in ("waited", "retrieved", "generated")},
    )


def _batches(asked: Sequence[Asked]) -> Iterator[list[Asked]]:
    rest = iter(asked)
    while batch := list(islice(rest, _BATCH)):
        yield batch


def _checked(response: httpx.Response) -> dict[str, Any]:
    if response.is_success:
        found: dict[str, Any] = response.json()
        return found
    try:
        told = response.json().get("detail", response.reason_phrase)
    except ValueError:
        told = response.reason_phrase
    raise AskingError(f"The API refused ({response.status_code}): {told}")
