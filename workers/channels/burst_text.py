"""The bubbles of a burst as one question. Pure.

Patients write one thought in several bubbles, and several questions one after the other. Both are
asked as one text: its lines are the bubbles, and where two of them ask, each ends in a question
mark, so that each is searched as two questions of one message are.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from ingestion.folding import fold
from workers.answering.triage.unfinished import load_unfinished
from workers.contracts.conversation import PatientMessage

#: How a bubble begins that asks something, folded.
_ASKS: Final = re.compile(
    r"\W*(?:(?:oi|ola|bom dia|boa tarde|boa noite|e|mas|ah|entao|tb|tambem|ai|so|me diz)\b\W*)*"
    r"(?:qual|quais|ql|quant[oa]s?|qto|qnto|quando|qnd|qdo|onde|aonde|como|o que|oq|oque|que|quem"
    r"|por que|pq|porque|tem|teria|ha|existe|voces?|vcs?|posso|podem?|poderiam?|precisam?|preciso"
    r"|aceitam?|atendem?|fazem?|faz|realizam?|abrem?|fecham?|funcionam?|ficam?|da pra|da para"
    r"|consigo|consegue|serve|vale|demora|dura|sai|custa|cobram?|eh?|tenho que|devo|sera"
    r"|what|how|when|where|who|which|why|do|does|can|could|is|are|will|should|may)\b"
)
#: How a bubble begins that goes on with the one before, folded.
_GOES_ON: Final = re.compile(
    r"\W*(?!do (?:you|i|we|they)\b)(?:de|da|do|das|dos|com|sem|para|pra|pro|p/|no|na|nos|nas"
    r"|em|por|pelo|pela|ao|a partir|ou|of|with|without|for|in|on|at|or)\b"
)
_ENDS: Final = re.compile(r"[.!?:;,\u2026]\s*\Z")


@dataclass(frozen=True, slots=True)
class BurstText:
    """What a burst says.

    Attributes:
        question: its text; empty where it has none.
        media: what it holds that is not read, as the channel calls it, in its order.
        urgent: the first bubble that is an emergency by its own words, or with those before it that
            are; empty where none is.
    """

    question: str
    media: tuple[str, ...] = ()
    urgent: str = ""


def burst_text(messages: Sequence[PatientMessage], waiting: str | None = None) -> BurstText:
    """The bubbles in one text, by the sender's time, else as they came.

    Args:
        messages: the bubbles as they came.
        waiting: the text of an earlier question that these are merged with.
    """
    ordered = sorted(messages, key=lambda message: message.sent_at)
    bubbles = [*(waiting or "").splitlines(), *(message.text for message in ordered)]
    media = tuple(message.media or "media" for message in ordered if message.kind == "media")
    urgent = next((m.emergency or m.text for m in ordered if m.urgent), "")
    return BurstText("\n".join(_with_marks(_said(bubbles))), media, urgent)


def _said(bubbles: Iterable[str]) -> list[str]:
    """The bubbles once each; a "?" alone belongs to the one before."""
    texts: dict[str, str] = {}
    for bubble in map(str.strip, bubbles):
        if texts and bubble and not bubble.strip("?! "):
            last = next(reversed(texts))
            texts[last] = texts[last] if texts[last].endswith("?") else f"{texts[last]}?"
        elif bubble:
            texts.setdefault(fold(bubble).rstrip("?!. "), bubble)
    return list(texts.values())


def _with_marks(texts: Sequence[str]) -> list[str]:
    """The bubbles, those that ask with their question mark, where more than one does."""
    asking = [_asks(text, after) for text, after in zip_longest(texts, texts[1:], fillvalue="")]
    if sum(asking) <= 1:
        return list(texts)
    return [
        f"{text}?" if asks and not text.endswith("?") else text
        for text, asks in zip(texts, asking, strict=True)
    ]


def _asks(text: str, after: str) -> bool:
    if text.endswith("?"):
        return True
    is_whole = not _ENDS.search(text) and not load_unfinished().looks(text)
    return is_whole and not _GOES_ON.match(fold(after)) and bool(_ASKS.match(fold(text)))
