"""Figures of one question, from what it found and what it should have found. Pure.

Recall, reciprocal rank and discounted gain as in Manning, Raghavan and Schütze 2008, chapter 8;
answers as SQuAD compares them (Rajpurkar et al. 2016), with accents folded and Portuguese and
English articles dropped.
"""

import math
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import PurePosixPath

from ingestion.folding import fold
from ingestion.knowledge.passage import Passage
from workers.evaluation.questions import Asked

#: Hits that are looked at.
DEPTH = 10

_ARTICLES = frozenset({"o", "a", "os", "as", "um", "uma", "uns", "umas", "the", "an"})

#: For each hit, which of the question's targets it is the first to bring; None: none.
Gains = Sequence[int | None]


def gains(asked: Asked, passages: Sequence[Passage]) -> list[int | None]:
    """What each passage brings: the place of a target that none before it brought, or None.

    A target is a document (on the page and under the heading, where given), or the passage.
    """
    open_targets = list(range(targets(asked)))
    found: list[int | None] = []
    for passage in passages:
        hit = next((each for each in open_targets if _brings(asked, each, passage)), None)
        found.append(hit)
        if hit is not None:
            open_targets.remove(hit)
    return found


def targets(asked: Asked) -> int:
    """How many things should be found: the passage, else each of the documents."""
    return 1 if asked.passage else len(asked.documents)


def recall(found: Gains, wanted: int, depth: int) -> float:
    """Share of the targets that are among the first `depth` hits, 0 to 1."""
    return sum(each is not None for each in found[:depth]) / wanted


def reciprocal_rank(found: Gains, depth: int = DEPTH) -> float:
    """One over the rank of the first hit that brings a target; 0 where none does."""
    rank = first(found, depth)
    return 1 / rank if rank else 0.0


def first(found: Gains, depth: int = DEPTH) -> int | None:
    """Rank from 1 of the first hit that brings a target."""
    ranks = (rank for rank, each in enumerate(found[:depth], 1) if each is not None)
    return next(ranks, None)


def ndcg(found: Gains, wanted: int, depth: int = DEPTH) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002), gain 1 a target."""
    got = sum(_discount(rank) for rank, each in enumerate(found[:depth]) if each is not None)
    return got / sum(_discount(rank) for rank in range(min(wanted, depth)))


def f1(answer: str, gold: Sequence[str]) -> float:
    """Word overlap with the nearest right answer, 0 to 1."""
    return max((_overlap(words(answer), words(each)) for each in gold), default=0.0)


def exact(answer: str, gold: Sequence[str]) -> bool:
    """Whether the answer equals a right one, word for word."""
    return any(words(answer) == words(each) for each in gold)


def words(text: str) -> list[str]:
    """A text's words without case, accents, punctuation and articles."""
    return [word for word in re.findall(r"\w+", fold(text)) if word not in _ARTICLES]


def same_document(expected: str, name: str) -> bool:
    """Whether an expected document is this one: its name, or its file name alone."""
    wanted, there = expected.casefold(), name.casefold()
    return wanted in {there, PurePosixPath(there).name}


def _brings(asked: Asked, target: int, passage: Passage) -> bool:
    if asked.passage:
        return _is_passage(asked, passage)
    return same_document(asked.documents[target], passage.document) and _is_place(asked, passage)


def _is_passage(asked: Asked, passage: Passage) -> bool:
    if asked.passage == passage.id:
        return True
    if asked.documents and not any(
        same_document(each, passage.document) for each in asked.documents
    ):
        return False
    wanted, text = _letters(asked.passage), _letters(passage.text)
    return bool(wanted and text) and (wanted in text or text in wanted)


def _is_place(asked: Asked, passage: Passage) -> bool:
    if asked.page is not None and asked.page not in passage.pages:
        return False
    path = fold(" / ".join((passage.title, *passage.heading)))
    return not asked.heading or fold(asked.heading) in path


def _letters(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(text)))


def _overlap(ours: Sequence[str], theirs: Sequence[str]) -> float:
    common = (Counter(ours) & Counter(theirs)).total()
    return 2 * common / (len(ours) + len(theirs)) if common else 0.0


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 2)
