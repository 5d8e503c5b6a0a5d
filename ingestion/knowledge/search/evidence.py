"""How a search's candidates tell whether the documents answer at all. Pure; no further request."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from typing import Any

from ingestion.knowledge.passage import Passage
from ingestion.knowledge.words import SharedWords

#: Rank of the candidate that the best is compared with: far enough to be about something else.
BACKGROUND = 10

#: So many words of the documents in a question tell that it is about them; more tell no more.
ENOUGH = 4


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence for one question. None: too few candidates to say.

    Attributes:
        best: highest cosine of question and passage, -1 to 1.
        elsewhere: mean cosine with the nearest texts that no clinic's document answers.
        lead: how far the best cosine is ahead of the second.
        rise: how far the best cosine is ahead of the tenth.
        coverage: share of the question's words, stemmed and without stop words, that stand in the
            passage that was ranked first; None where the question has none.
        word_lead: how far BM25's best is ahead of its second, as a share of the best.
        agreement: 1 where cosine and BM25 put the same passage first, else 0.
        known: share of the question's words that stand in any of the ranked passages.
        said: log of 1 + how many such words there are, up to `ENOUGH`: "kkk" has none.
    """

    best: float
    elsewhere: float
    lead: float | None = None
    rise: float | None = None
    coverage: float | None = None
    word_lead: float | None = None
    agreement: float | None = None
    known: float | None = None
    said: float | None = None

    @property
    def features(self) -> tuple[float | None, ...]:
        """The values, in the order of `FEATURES`."""
        return astuple(self)


FEATURES: tuple[str, ...] = tuple(field.name for field in fields(Evidence))


@dataclass(frozen=True, slots=True)
class Findings:
    """The result of a search for one question.

    Attributes:
        passages: best first.
        evidence: for whether they answer it; None where there are no passages.
    """

    passages: Sequence[Passage]
    evidence: Evidence | None


def weigh(
    cosines: Mapping[str, float],
    words: Mapping[str, float],
    elsewhere: float,
    shared: SharedWords | None,
) -> Evidence | None:
    """The evidence in a question's candidates; None where there are none.

    Args:
        cosines: cosine of each candidate.
        words: BM25 score of each candidate that shares a word.
        elsewhere: see `ForeignTexts.nearness`.
        shared: the question's words in the ranked passages; None where these are in another
            language.
    """
    if not cosines:
        return None
    by_cosine = sorted(cosines.values(), reverse=True)
    by_words = sorted(words.values(), reverse=True)
    return Evidence(
        best=by_cosine[0],
        elsewhere=elsewhere,
        lead=by_cosine[0] - by_cosine[1] if len(by_cosine) > 1 else None,
        rise=by_cosine[0] - by_cosine[BACKGROUND - 1] if len(by_cosine) >= BACKGROUND else None,
        coverage=shared.first / shared.total if shared and shared.total else None,
        word_lead=(
            (by_words[0] - by_words[1]) / by_words[0]
            if len(by_words) > 1 and by_words[0] > 0
            else None
        ),
        agreement=_agreement(cosines, words),
        known=shared.known / shared.total if shared and shared.total else None,
        said=math.log1p(min(shared.known, ENOUGH)) if shared else None,
    )


def between(evidence: Sequence[Evidence | None], shares: Sequence[float]) -> Evidence | None:
    """The evidence of several searches for one question; None where one of them has none.

    Each value is the weighted mean of those that are known.
    """
    known = [each for each in evidence if each is not None]
    if len(known) < len(evidence) or not known:
        return None
    if len(known) == 1:
        return known[0]
    columns = zip(*(each.features for each in known), strict=True)
    return Evidence(*(_mean(values, shares) for values in columns))


def _mean(values: Sequence[float | None], shares: Sequence[float]) -> Any:  # noqa: ANN401 - the fields differ in whether they may be None
    pairs = [(v, share) for v, share in zip(values, shares, strict=True) if v is not None]
    total = sum(share for _, share in pairs)
    return sum(value * share for value, share in pairs) / total if total else None


def _agreement(cosines: Mapping[str, float], words: Mapping[str, float]) -> float | None:
    if not words or len(cosines) == 1:
        return None
    return float(max(cosines, key=cosines.__getitem__) == max(words, key=words.__getitem__))
