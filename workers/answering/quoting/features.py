"""What speaks for a candidate as the answer to a question, in numbers. Pure."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from ingestion.folding import fold
from ingestion.knowledge.words import dictionary_words
from workers.answering.quoting.candidates import Candidate
from workers.answering.quoting.kinds import KINDS
from workers.answering.sentences import Kind

#: Names of the columns of `features_of`.
FEATURES: Final = (
    "cosine", "behind", "rank", "first", "score", "similarity", "words", "own_words", "share",
    "fits", "fits_any", "length", "row", "place", "asked_as",
)  # fmt: skip

#: Names of the columns that `with_odds` adds: the log-odds of the cross-encoder, the log-likelihood
#: of the candidate among all that were read and none, its chance by itself.
ODDS: Final = ("odds", "choice", "chance")
#: Log-odds of a candidate that was not read, and the bounds of all.
_LEAST_ODDS: Final = -12.0

#: Words that say nothing of what a question is about, folded, in the form of the dictionary.
_EMPTY: Final = frozenset((
    "a", "o", "um", "de", "da", "do", "em", "no", "na", "por", "para", "com", "sem", "que",
    "qual", "quanto", "quando", "onde", "como", "quem", "se", "eu", "voce", "meu", "minha",
    "seu", "ele", "ela", "me", "ja", "ter", "haver", "ser", "estar", "fazer", "ir", "poder",
    "precisar", "dar", "isso", "esse", "este", "aquele", "ai", "la", "ao", "mais", "muito",
    "so", "tambem", "ou", "mas", "ate", "depois", "antes", "nao", "oi", "bom", "dia", "tarde",
    "noite", "the", "of", "to", "is", "are", "what", "how", "i", "do", "does", "for", "and",
    "in", "it", "my", "you", "we", "can",
))  # fmt: skip
_SHORTEST: Final = 3


def features_of(
    question: str, candidates: Sequence[Candidate], cosines: Sequence[float]
) -> NDArray[np.float64]:
    """The features of each candidate: (candidates, features).

    Args:
        question: as it was searched.
        candidates: at least one.
        cosines: of question and candidate in the selector's space.
    """
    asked = content(question)
    words = [content(candidate.indexed) for candidate in candidates]
    weights = _weights(asked, words)
    total = sum(weights.values()) or 1.0
    kinds = [kind.answers for kind in KINDS if kind.asks.search(fold(question))]
    best, top = max(cosines), candidates[0].passage.score
    rows = []
    for candidate, known, cosine in zip(candidates, words, cosines, strict=True):
        own = content(candidate.text)
        fits = [answers.search(_folded(candidate.text)) is not None for answers in kinds]
        rows.append((
            cosine,
            cosine - best,
            candidate.rank,
            candidate.rank == 0,
            candidate.passage.score - top,
            candidate.passage.similarity,
            sum(weights[word] for word in asked & known) / total,
            sum(weights[word] for word in asked & own) / total,
            len(asked & own) / max(1, len(own)),
            sum(fits) / len(fits) if fits else 0.5,
            float(any(fits)) if fits else 0.5,
            math.log1p(len(candidate.text)),
            candidate.span.kind is Kind.ROW,
            candidate.place,
            len(asked & content(candidate.heading)) / max(1, len(asked))
            if candidate.passage.is_pair
            else 0.0,
        ))  # fmt: skip
    return np.array(rows, float)


def with_odds(
    features: NDArray[np.float64], places: Sequence[int], odds: Sequence[float]
) -> NDArray[np.float64]:
    """The features with what the cross-encoder says: (candidates, features and `ODDS`).

    Args:
        features: of all candidates.
        places: of the candidates that were read.
        odds: that these answer, as logarithms.
    """
    values = np.full(len(features), _LEAST_ODDS)
    values[list(places)] = np.clip(odds, _LEAST_ODDS, -_LEAST_ODDS)
    choice = values - np.logaddexp(0, np.logaddexp.reduce(values))
    chance = 1 / (1 + np.exp(-values))
    return np.column_stack([features, values, np.maximum(choice, _LEAST_ODDS), chance])


@lru_cache(maxsize=32_768)
def content(text: str) -> frozenset[str]:
    """The words of a text that say something, folded, in the form of the dictionary."""
    words = dictionary_words(text) - _EMPTY
    return frozenset(word for word in words if len(word) >= _SHORTEST or word.isdigit())


@lru_cache(maxsize=32_768)
def _folded(text: str) -> str:
    return fold(text)


def _weights(asked: frozenset[str], words: Sequence[frozenset[str]]) -> dict[str, float]:
    """How much each word of the question tells among the candidates (BM25's IDF)."""
    counts = {word: sum(word in known for known in words) for word in asked}
    size = len(words)
    return {
        word: math.log1p((size - count + 0.5) / (count + 0.5)) if count else 0.0
        for word, count in counts.items()
    }
