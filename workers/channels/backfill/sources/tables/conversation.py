"""The messages of a request to a chat model: its last question, and the turns before. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from workers.contracts.backfill import MOST_TURNS
from workers.contracts.conversation import Turn

_USER: Final = "user"
_ASSISTANT: Final = "assistant"


class Asked(NamedTuple):
    """What a request asks.

    Attributes:
        question: the user's last messages; empty where there is none.
        context: pairs of question and answer before it, oldest first.
        answer: what the assistant said after the question, where the request holds that.
    """

    question: str
    context: tuple[Turn, ...] = ()
    answer: str = ""


def asked_of(body: Mapping[str, Any]) -> Asked | None:
    """What the body of a request asks; None where it is no chat.

    Messages of the system and of developers are left out: a clinic's prompt is its own. Parts that
    are no text are left out too.

    Args:
        body: of `/v1/chat/completions` (`messages`), `/v1/responses` (`input`) or `/v1/completions`
            (`prompt`).
    """
    messages = body.get("messages", body.get("input", body.get("prompt")))
    if isinstance(messages, str):
        return Asked(messages)
    if not isinstance(messages, list):
        return None
    spoken = [(role, text) for role, text in map(_spoken, messages) if role and text]
    return _split(_joined(spoken))


def _split(turns: Sequence[tuple[str, str]]) -> Asked:
    """Messages, each by another speaker than the one before, as question, context and answer."""
    users = [place for place, (role, _) in enumerate(turns) if role == _USER]
    if not users:
        return Asked("")
    last = users[-1]
    context = tuple(
        Turn(question=turns[place][1], answer=turns[place + 1][1], at=0.0) for place in users[:-1]
    )
    answer = turns[last + 1][1] if last + 1 < len(turns) else ""
    return Asked(turns[last][1], context[-MOST_TURNS:], answer)


def _joined(spoken: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """What one speaker says in several messages, in one."""
    turns: list[tuple[str, str]] = []
    for role, text in spoken:
        if turns and turns[-1][0] == role:
            turns[-1] = (role, f"{turns[-1][1]}\n{text}")
        else:
            turns.append((role, text))
    return turns


def _spoken(message: object) -> tuple[str, str]:
    """Who says what; empty where it is neither a user nor an assistant."""
    if isinstance(message, str):
        return _USER, message
    if not isinstance(message, dict) or message.get("role") not in {_USER, _ASSISTANT}:
        return "", ""
    content = message.get("content")
    if isinstance(content, str):
        return message["role"], content.strip()
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") for part in parts if isinstance(part, dict)]
    return message["role"], "\n".join(text for text in texts if isinstance(text, str)).strip()
