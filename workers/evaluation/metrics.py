"""Figures of one question, from what was found for it and what should have been. Pure.

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
from workers.evaluation.questions import KnownQuestion

#: Hits that count.
DEPTH = 10

_ARTICLES = frozenset({"o", "a", "os", "as", "um", "uma", "uns", "umas", "the", "an"})

#: For each hit, which of the question's targets it is the first to bring; None: it brings none.
Gains = Sequence[int | None]


def gains(known: KnownQuestion, passages: Sequence[Passage]) -> list[int | None]:
    """What each passage brings: the place of a target that none before it brought, or None.

    A target is a document (on the page and under the heading, where given), or the passage.
    """
    missing = list(range(target_count(known)))
    gained: list[int | None] = []
    for passage in passages:
        target = next((each for each in missing if _brings(known, each, passage)), None)
        gained.append(target)
        if target is not None:
            missing.remove(target)
    return gained


def target_count(known: KnownQuestion) -> int:
    """How many things should be found: the passage, else each of the documents."""
    return 1 if known.passage else len(known.documents)


def recall(hits: Gains, expected: int, depth: int) -> float:
    """Share of the targets that are among the first `depth` hits, 0 to 1."""
    return sum(target is not None for target in hits[:depth]) / expected


def reciprocal_rank(hits: Gains, depth: int = DEPTH) -> float:
    """One over the rank of the first hit that brings a target; 0 where none does."""
    rank = first_rank(hits, depth)
    return 1 / rank if rank else 0.0


def first_rank(hits: Gains, depth: int = DEPTH) -> int | None:
    """Rank from 1 of the first hit that brings a target."""
    ranks = (rank for rank, target in enumerate(hits[:depth], 1) if target is not None)
    return next(ranks, None)


def ndcg(hits: Gains, expected: int, depth: int = DEPTH) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002), gain 1 a target."""
    gain = sum(_discount(rank) for rank, target in enumerate(hits[:depth]) if target is not None)
    return gain / sum(_discount(rank) for rank in range(min(expected, depth)))


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
    target, path = expected.casefold(), name.casefold()
    return target in {path, PurePosixPath(path).name}


def _brings(known: KnownQuestion, target: int, passage: Passage) -> bool:
    if known.passage:
        return _is_passage(known, passage)
    return same_document(known.documents[target], passage.document) and _is_place(known, passage)


def _is_passage(known: KnownQuestion, passage: Passage) -> bool:
    if known.passage == passage.id:
        return True
    if known.documents and not any(
        same_document(each, passage.document) for each in known.documents
    ):
        return False
    expected, text = _letters(known.passage), _letters(passage.text)
    return bool(expected and text) and (expected in text or text in expected)


def _is_place(known: KnownQuestion, passage: Passage) -> bool:
    if known.page is not None and known.page not in passage.pages:
        return False
    path = fold(" / ".join((passage.title, *passage.heading)))
    return not known.heading or fold(known.heading) in path


def _letters(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(text)))


def _overlap(ours: Sequence[str], theirs: Sequence[str]) -> float:
    common = (Counter(ours) & Counter(theirs)).total()
    return 2 * common / (len(ours) + len(theirs)) if common else 0.0


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 2)
