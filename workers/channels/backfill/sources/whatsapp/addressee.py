"""Whom the clinic's words in a chat are for. Pure."""

import re
from collections.abc import Mapping
from typing import Final

from ingestion.folding import fold
from workers.channels.backfill.sources.whatsapp.exchange import BURST_SECONDS, Asker

#: Seconds in which a question of a group still waits for an answer without a name.
_GROUP_SECONDS: Final = 2 * 3600
#: Letters of the shortest first name that is taken for one at the beginning of a sentence.
_SHORTEST_NAME: Final = 3
_WORD: Final = re.compile(r"[^\W\d_]+")


def addressee(
    text: str, askers: Mapping[str, Asker], seconds: float, before: Asker | None
) -> Asker | None:
    """Of those who ask in a chat, whom a message of the clinic is for; None where nobody can tell.

    In a group a wrong guess would give a question somebody else's answer. So it is who is named,
    who was spoken to just before, or the only one who waits.

    Args:
        text: of the message.
        askers: by name.
        seconds: when it was sent, in Unix seconds.
        before: whom the clinic's message before was for, where nobody has written since.
    """
    if len(askers) == 1:
        return next(iter(askers.values()))
    if named := _named(text, askers):
        return named
    if before is not None and seconds - before.spoken_to_at <= BURST_SECONDS:
        return before
    waiting = [asker for asker in askers.values() if _waits(asker, seconds)]
    return waiting[0] if len(waiting) == 1 else None


def _named(text: str, askers: Mapping[str, Asker]) -> Asker | None:
    """Who is named where a message begins: "@Ana Souza", "Ana, ..."; None where two may be."""
    plain = fold(text)
    for mark in ("@", ""):
        named = [asker for asker in askers.values() if _begins(plain, f"{mark}{asker.plain}")]
        if len(named) == 1:
            return named[0]
    first = _WORD.match(plain)
    if first is None or len(first.group()) < _SHORTEST_NAME:
        return None
    named = [asker for asker in askers.values() if _begins(asker.plain, first.group())]
    return named[0] if len(named) == 1 else None


def _begins(text: str, name: str) -> bool:
    return text.startswith(name) and not text[len(name) : len(name) + 1].isalnum()


def _waits(asker: Asker, seconds: float) -> bool:
    if asker.burst.bubbles and seconds - asker.burst.bubbles[0].seconds <= _GROUP_SECONDS:
        return True
    return any(
        exchange.answered_at is None
        and exchange.awaits(seconds)
        and seconds - exchange.asked_at.timestamp() <= _GROUP_SECONDS
        for exchange in asker.open
    )
