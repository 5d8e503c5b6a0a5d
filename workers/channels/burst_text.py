"""The bubbles of a burst as one question. Pure.

Patients write one thought in several bubbles, and several questions one after the other. Both are
asked as one text: its lines are the bubbles, but for one that goes on with the one before, which
stands in its line. Where two of them ask, each ends in a question mark, so that each is searched as
two questions of one message are.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
#: What asks, wherever it stands in a bubble, folded.
_ASKING: Final = re.compile(
    r"\b(?:qua[li]s?|quant[oa]s?|quando|onde|como|quem|por que|posso|podem?|poderi\w+|precis\w+"
    r"|abr(?:e|em|ir)|fech(?:a|am)|funciona\w*|atende\w*|aceita\w*|faz(?:em)?|tem|custa\w*|cobra\w*"
    r"|fica\w*|vale|demora|consigo|da pra|da para|devo|tenho que|what|how|when|where|who|can|may"
    r"|do (?:i|you|we|they)|does|is|are)\b"
)
#: How a bubble begins that goes on with the one before, folded.
_GOES_ON: Final = re.compile(
    r"\W*(?!do (?:you|i|we|they)\b)(?:antes|depois|apos|durante|dentro|perto|alem"
    r"|sobre|desde|ate|de|da|do|das|dos|com|sem|para|pra|pro|pras|pros|p/|no|na|nos|nas|num|numa"
    r"|em|por|pelo|pela|ao|a partir|ou|of|with|without|for|in|on|at|or|before|after)\b"
)
#: How one begins that does so where the one before is no whole question, folded.
_NAMES: Final = re.compile(r"\W*(?:o|a|os|as|um|uma|ess[ea]s?|est[ea]s?|meus?|minhas?|the|an|my)\b")
#: How one begins that asks the same of something else, folded.
_MORE: Final = re.compile(r"\W*(?:e|and)\b")
#: Whom a question is about, without the question, and how it goes on, folded.
_WHO: Final = re.compile(r"\W*quem (?:tem|usa|toma|faz|fez|esta|e|operou|nao)\b[^?]*\Z")
_MAY: Final = re.compile(r"\W*(?:pode|precisa|deve|tem que|consegue)\b")
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
    return BurstText("\n".join(_with_marks(_joined(_said(bubbles)))), media, urgent)


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


def _joined(bubbles: Iterable[str]) -> list[str]:
    """The bubbles, what goes on with the one before in its line."""
    texts: list[str] = []
    for bubble in bubbles:
        if texts and _is_rest(bubble, texts[-1]):
            last = texts[-1].rstrip("? ")
            mark = "?" if texts[-1].endswith("?") and not bubble.endswith("?") else ""
            texts[-1] = f"{last} {bubble}{mark}"
        else:
            texts.append(bubble)
    return texts


def _is_rest(bubble: str, before: str) -> bool:
    """Whether a bubble is the rest of the question that the one before began."""
    if not _ASKING.search(fold(before)):
        return False
    plain = fold(bubble)
    asks = _ASKING.search(plain) is not None
    if _GOES_ON.match(plain) and not asks:
        return True
    if _ENDS.search(before):
        return False
    if _WHO.match(fold(before)) and _MAY.match(plain):
        return True
    names = not asks and (bubble.endswith("?") or _NAMES.match(plain) is not None)
    return load_unfinished().looks(before) or (names and _MORE.match(plain) is None)


def _with_marks(texts: Sequence[str]) -> list[str]:
    """The bubbles, those that ask with their question mark, where more than one does."""
    asking = [asks(text) for text in texts]
    if sum(asking) <= 1:
        return list(texts)
    return [
        f"{text}?" if is_asking and not text.endswith("?") else text
        for text, is_asking in zip(texts, asking, strict=True)
    ]


def asks(text: str) -> bool:
    """Whether a text asks something, with a question mark or without."""
    if text.endswith("?"):
        return True
    is_whole = not _ENDS.search(text) and not load_unfinished().looks(text)
    return is_whole and bool(_ASKS.match(fold(text)))
