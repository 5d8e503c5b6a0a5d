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

#: For each hit, the places of the question's targets that it is the first to bring.
Gains = Sequence[tuple[int, ...]]


def gains(known: KnownQuestion, passages: Sequence[Passage]) -> list[tuple[int, ...]]:
    """What each hit brings: the places of the targets that none before it brought.

    A target is what the question expects: a passage, else a document (on the page and under the
    heading, where given). One hit may hold the words of several passages.
    """
    missing = set(range(len(known.expected)))
    gained = []
    for passage in passages:
        targets = tuple(each for each in sorted(missing) if _brings(known, each, passage))
        gained.append(targets)
        missing.difference_update(targets)
    return gained


def document_gains(known: KnownQuestion, names: Sequence[str]) -> list[tuple[int, ...]]:
    """The same by the names of the documents alone, whatever the passage."""
    missing = set(range(len(known.documents)))
    gained = []
    for name in names:
        targets = tuple(
            each for each in sorted(missing) if same_document(known.documents[each], name)
        )
        gained.append(targets)
        missing.difference_update(targets)
    return gained


def recall(hits: Gains, expected: int, depth: int) -> float:
    """Share of the targets that are among the first `depth` hits, 0 to 1."""
    return sum(map(len, hits[:depth])) / expected


def reciprocal_rank(hits: Gains, depth: int = DEPTH) -> float:
    """One over the rank of the first hit that brings a target; 0 where none does."""
    rank = first_rank(hits, depth)
    return 1 / rank if rank else 0.0


def first_rank(hits: Gains, depth: int = DEPTH) -> int | None:
    """Rank from 1 of the first hit that brings a target."""
    ranks = (rank for rank, targets in enumerate(hits[:depth], 1) if targets)
    return next(ranks, None)


def ndcg(hits: Gains, expected: int, depth: int = DEPTH) -> float:
    """Normalised discounted cumulative gain (Järvelin and Kekäläinen 2002).

    The gain of a hit is 1 where it brings anything; of the ideal, 1 for each target that has a hit
    of its own.
    """
    gain = sum(_discount(rank) for rank, targets in enumerate(hits[:depth]) if targets)
    together = sum(len(targets) - 1 for targets in hits[:depth] if targets)
    return gain / sum(_discount(rank) for rank in range(min(expected - together, depth)))


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
    if known.passages:
        return _is_passage(known, known.passages[target], passage)
    return same_document(known.documents[target], passage.document) and _is_place(known, passage)


def _is_passage(known: KnownQuestion, wanted: str, passage: Passage) -> bool:
    if wanted == passage.id:
        return True
    if known.documents and not any(
        same_document(each, passage.document) for each in known.documents
    ):
        return False
    expected, text = _letters(wanted), _letters(passage.text)
    return bool(expected.strip() and text.strip()) and (expected in text or text in expected)


def _is_place(known: KnownQuestion, passage: Passage) -> bool:
    if known.page is not None and known.page not in passage.pages:
        return False
    path = fold(" / ".join((passage.title, *passage.heading)))
    return not known.heading or fold(known.heading) in path


def _letters(text: str) -> str:
    """A text's words between spaces: "8 horas" does not stand in "18 horas"."""
    return " ".join(["", *re.findall(r"\w+", fold(text)), ""])


def _overlap(ours: Sequence[str], theirs: Sequence[str]) -> float:
    common = (Counter(ours) & Counter(theirs)).total()
    return 2 * common / (len(ours) + len(theirs)) if common else 0.0


def _discount(rank: int) -> float:
    return 1 / math.log2(rank + 2)
