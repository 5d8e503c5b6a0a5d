"""From ranked chunks to passages: documents mixed, repeats dropped, neighbours joined. Pure."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from ingestion.knowledge.passage import Passage
from ingestion.knowledge.words import fold

#: Share of the words that two passages have in common from which on they say the same.
ALIKE: Final = 0.9

#: What a chunk's fused score loses for each better one of its document. The chunks of one document
#: share their title, so they come together: on a clinic's questions the first three then hold the
#: right document 91.8 % of the time instead of 89.6. A much better chunk stays where it is.
CROWDED: Final = 0.4

#: Words that turn or narrow a sentence: passages that differ in one say something else.
_TURNS: Final = frozenset({"nao", "sem", "nem", "nunca", "jamais", "nenhum", "nenhuma"}) | {
    *("exceto", "salvo", "menos", "apenas", "somente", "so"),
    *("not", "no", "never", "none", "without", "except", "unless", "only"),
}

_WORD: Final = re.compile(r"\w+")


def mixed(ranked: Sequence[Passage]) -> list[Passage]:
    """The same chunks, best first, with the second and later ones of a document set back."""
    waiting = list(ranked)
    before: Counter[str] = Counter()
    done: list[Passage] = []
    while waiting:
        best = max(waiting, key=lambda each: each.score - CROWDED * before[each.document])
        waiting.remove(best)
        before[best.document] += 1
        done.append(best)
    return done


def assembled(ranked: Sequence[Passage], limit: int) -> list[Passage]:
    """The best `limit` passages, best first.

    A passage that says what a better one says is dropped. One that stands right beside a better
    one in its document, under the same heading, is joined to it: what was cut is whole again.

    Args:
        ranked: chunks, best first.
        limit: passages to keep.
    """
    kept: list[Passage] = []
    said: list[frozenset[str]] = []
    for passage in ranked:
        # "8 horas" under another heading is of another exam.
        words = frozenset(_WORD.findall(fold(" ".join((*passage.heading, passage.text)))))
        if any(_same(words, other) for other in said):
            continue
        beside = next((at for at, other in enumerate(kept) if _beside(passage, other)), None)
        if beside is not None:
            kept[beside] = _joined(kept[beside], passage)
            said[beside] |= words
        elif len(kept) < limit:
            kept.append(passage)
            said.append(words)
    return kept


def _same(words: frozenset[str], other: frozenset[str]) -> bool:
    """Equal but for a few words more in one, none of which is a number or turns the sense round.

    Where each has a word of its own, one stands in the other's place: another day, another doctor.
    """
    if not (words <= other or other <= words):
        return False
    differ = words ^ other
    if any(char.isdigit() for word in differ for char in word) or differ & _TURNS:
        return False
    return len(words & other) >= ALIKE * len(words | other)


def _beside(passage: Passage, other: Passage) -> bool:
    same_place = (passage.document, passage.heading) == (other.document, other.heading)
    return same_place and (passage.order == other.last + 1 or passage.last == other.order - 1)


def _joined(better: Passage, worse: Passage) -> Passage:
    first, second = sorted((better, worse), key=lambda passage: passage.order)
    shift = len(first.text) + 1
    moved = [(start + shift, page) for start, page in second.turns]
    return replace(
        better,
        text=f"{first.text}\n{second.text}",
        page=first.page,
        order=first.order,
        last=second.last,
        turns=(*first.turns, (shift, second.page), *moved),
    )
