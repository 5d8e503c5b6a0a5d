"""From the messages of a chat to the question, and to the turns that it may go on from. Pure."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from api.chat_schemas import ChatMessage
from api.problems import FieldError, invalid
from workers.contracts.conversation import Turn

#: Turns that a question is asked with: a channel's have as many.
_MOST_TURNS: Final = 3
#: Of an earlier message as many characters are kept: a question goes on from what they are about.
_MOST_CHARS: Final = 2000
#: Messages that a client sends for a model's ear alone.
_NOT_SAID: Final = frozenset({"system", "developer", "tool", "function"})


class Chat(NamedTuple):
    """What a chat asks."""

    question: str
    context: tuple[Turn, ...]


def chat_of(messages: Sequence[ChatMessage], now: float, longest: int) -> Chat:
    """The question, of `longest` characters at most, and the turns before it, oldest first.

    What the user wrote since the last answer is one question, as bubbles of a channel are. When
    earlier turns were said is not known: as far as anybody can tell, just `now`.

    Raises:
        ProblemError: the last message is not the user's, has other parts than text, is empty or
            too long.
    """
    said = [(place, each) for place, each in enumerate(messages) if each.role not in _NOT_SAID]
    if not said or said[-1][1].role != "user":
        raise _wrong("the last message must be the user's: it is the question")
    begin = len(said)
    while begin and said[begin - 1][1].role == "user":
        begin -= 1
    question = "\n".join(_words(each, place) for place, each in said[begin:]).strip()
    if not question or "\0" in question:
        raise _wrong("the last message must have text, and no NUL in it")
    if len(question) > longest:
        raise _wrong(f"the question must be at most {longest} characters long")
    return Chat(question, _turns([each for _, each in said[:begin]], now))


def _turns(messages: Sequence[ChatMessage], now: float) -> tuple[Turn, ...]:
    turns: list[Turn] = []
    asked: list[str] = []
    for each in messages:
        text = _text(each)
        if each.role == "user":
            asked.append(text)
        elif not text:
            continue  # a call of a tool
        elif asked:
            turns.append(Turn(question=_cut("\n".join(asked)), answer=_cut(text), at=now))
            asked = []
        elif turns:
            answer = _cut(f"{turns[-1].answer}\n{text}")
            turns[-1] = turns[-1].model_copy(update={"answer": answer})
    return tuple(turn for turn in turns if turn.question)[-_MOST_TURNS:]


def _cut(text: str) -> str:
    return text.replace("\0", "").strip()[:_MOST_CHARS]


def _text(message: ChatMessage) -> str:
    """What stands in a message as text; pictures and the like of an earlier one are not read."""
    if isinstance(message.content, list):
        return "\n".join(part.text for part in message.content if part.type == "text" and part.text)
    return message.content or ""


def _words(message: ChatMessage, place: int) -> str:
    parts = message.content if isinstance(message.content, list) else []
    if any(part.type != "text" for part in parts):
        raise _wrong("only text is read: ask without pictures, sound and files", f"/{place}")
    return _text(message)


def _wrong(detail: str, place: str = "") -> Exception:
    return invalid([FieldError(field=f"/messages{place}", detail=detail)])
