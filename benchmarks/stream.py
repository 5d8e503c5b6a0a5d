"""What a day brings: messages of many people, some of them the same. Pure, and seeded.

The sets hold each phrasing once, so how often one is sent has to be assumed:

- an intent is as frequent as it has phrasings in its set: their authors wrote down what they saw;
- within an intent, phrasings follow Zipf's law in the order of the set, which begins with the plain
  ones. The exponent of 0.8 lies at the upper end of what Breslau et al. saw in requests to the web
  ("Web Caching and Zipf-like Distributions", 1999: 0.64 to 0.83).

So the share of repeats grows with the day's length; `repeated` computes it for any.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any, Final

from benchmarks.sets import read
from workers.contracts.question import Lane

#: Of Zipf's law over an intent's phrasings.
EXPONENT: Final = 0.8
#: Share of messages that come as bulk: forms and mails of the night before.
BULK: Final = 0.25
#: Intents of the other utterances that any office is sent; the rest teases the bot.
SMALL_TALK: Final = ("greeting_", "vocative_", "comment_", "user_")

Intents = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Kind:
    """Messages of one kind.

    Attributes:
        name: what they are.
        share: of all messages.
        intents: phrasings by intent.
    """

    name: str
    share: float
    intents: Intents


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the day."""

    text: str
    lane: Lane
    kind: str


def kinds(data: Path) -> list[Kind]:
    """The three kinds, over the documents of `cosibot_ptbr`.

    Args:
        data: the folder with `retrieval/` and `streams/`.
    """
    cosibot = data / "retrieval" / "cosibot_ptbr"
    other = read(cosibot / "other_utterances.jsonl")
    talk = [row for row in other if row["intent"].startswith(SMALL_TALK)]
    chat = read(data / "streams" / "lappis_tais_ptbr.jsonl")
    return [
        Kind("about the documents", 0.6, by_intent(read(cosibot / "questions.jsonl"))),
        Kind("greetings, thanks, small talk", 0.2, by_intent(talk)),
        Kind("another office's questions", 0.2, by_intent(chat)),
    ]


def by_intent(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Phrasings by intent, in the order of the set, each once."""
    phrasings: dict[str, dict[str, None]] = {}
    for row in rows:
        if row["text"].strip():
            phrasings.setdefault(row["intent"], {})[row["text"]] = None
    return {intent: list(texts) for intent, texts in phrasings.items()}


def day(message_kinds: Sequence[Kind], count: int, seed: int) -> list[Message]:
    """`count` messages in the order of their arrival."""
    chance = random.Random(seed)  # noqa: S311 - a stream, no secret
    sequence = chance.choices(message_kinds, [kind.share for kind in message_kinds], k=count)
    return [_message(kind, chance) for kind in sequence]


def _message(kind: Kind, chance: random.Random) -> Message:
    intents = list(kind.intents)
    sizes = [len(kind.intents[intent]) for intent in intents]
    texts = kind.intents[chance.choices(intents, sizes)[0]]
    text = chance.choices(texts, cum_weights=zipf(len(texts)))[0]
    lane = Lane.BULK if chance.random() < BULK else Lane.INTERACTIVE
    return Message(text, lane, kind.name)


def zipf(count: int) -> list[float]:
    """Cumulative weights of ranks 1 to `count`."""
    return list(accumulate(rank**-EXPONENT for rank in range(1, count + 1)))


def repeated(messages: Sequence[Message]) -> float:
    """Share of messages whose very text came before."""
    return 1 - len({message.text for message in messages}) / len(messages)
