"""Which sentence or row answers a question, and how surely."""

import hashlib
import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from ingestion.folding import fold
from ingestion.knowledge.search.evidence import Evidence, Findings
from ingestion.knowledge.search.phrase import phrase
from ingestion.knowledge.settings import KnowledgeSettings
from workers.answering.quoting.broad.whole import Read, whole_answer
from workers.answering.quoting.candidates import Candidate, candidates_of
from workers.answering.quoting.doubts import doubts_of
from workers.answering.quoting.encoder import WEIGHTS, load_encoder
from workers.answering.quoting.features import content, features_of
from workers.answering.quoting.kinds import KINDS
from workers.answering.quoting.quote import Quote, excerpt_of
from workers.answering.wording.parts import parts_of
from workers.contracts.record import Record

#: Passages that are looked through for what to quote.
QUOTED_FROM: Final = 5
#: Fewest words that say something of a question that is answered for itself.
_FEWEST: Final = 2

FIT: Final = Path(__file__).parent / "selector.json"

Numbers = NDArray[np.float64]


class Encoder(Protocol):
    """What the selector needs of an encoder."""

    def cosines(self, question: str, sentences: Sequence[str]) -> list[float]:
        """How near each sentence is to the question, -1 to 1."""


class Linear(Record):
    """Weights of standardised features."""

    means: tuple[float, ...]
    deviations: tuple[float, ...]
    weights: tuple[float, ...]
    bias: float = 0.0

    def of(self, features: Numbers) -> Numbers:
        """The weighted sum of each row."""
        scaled = (features - np.array(self.means)) / np.array(self.deviations)
        return np.asarray(scaled @ np.array(self.weights) + self.bias)


class Fit(Record):
    """What the selector was fitted to: `python -m benchmarks.selector`.

    Attributes:
        ranking: of candidates, by `FEATURES`.
        surety: log-odds that the best one answers, by `DOUBTS`.
        level: the cosine at which a sentence answers as likely as not.
        temperature: of cosines.
        threshold: least probability of a quote that is sent.
    """

    ranking: Linear
    surety: Linear
    level: float
    temperature: float
    threshold: float


class Selector:
    """Picks what to quote."""

    def __init__(self, encoder: Encoder, fit: Fit) -> None:
        self._encoder = encoder
        self._fit = fit

    def select(self, question: str, findings: Findings, read: Read | None = None) -> Quote | None:
        """The quote that surely answers; None where none does.

        A whole section or a table's rows where that is asked for, else one sentence for each
        question of the message.

        Args:
            question: as it was typed.
            findings: of its search.
            read: a document's chunks in force by its name; without it no whole is quoted.
        """
        whole = whole_answer(question, findings.passages, read) if read else None
        return whole or self._sentences(question, findings)

    def _sentences(self, question: str, findings: Findings) -> Quote | None:
        candidates = candidates_of(findings.passages)
        if not candidates or findings.evidence is None:
            return None
        picks = [
            self._pick(text, candidates, findings.evidence) for text in _questions_of(question)
        ]
        probability = min(probability for _, probability in picks)
        if probability < self._fit.threshold:
            return None
        best = dict.fromkeys(candidate for candidate, _ in picks)
        excerpts = tuple(excerpt_of(each, candidates) for each in best)
        return None if any(each.leans for each in excerpts) else Quote(excerpts, probability)

    def _pick(
        self, question: str, candidates: Sequence[Candidate], evidence: Evidence
    ) -> tuple[Candidate, float]:
        """The best candidate, and the probability that it answers."""
        cosines = self._encoder.cosines(question, [each.indexed for each in candidates])
        features = features_of(question, candidates, cosines)
        fit = self._fit
        scores = fit.ranking.of(features)
        best = int(scores.argmax())
        doubts = doubts_of(scores, features, evidence, fit.level, fit.temperature)
        return candidates[best], 1 / (1 + math.exp(-float(fit.surety.of(doubts))))


@cache
def selector_version() -> str:
    """12 hexadecimal digits that change with what may change a quote from equal documents."""
    return hashlib.sha256(FIT.read_bytes() + WEIGHTS.read_bytes()).hexdigest()[:12]


def _questions_of(message: str) -> list[str]:
    """The questions of a message as they are searched; one where only one part asks for something.

    "o que levo na consulta? tb preciso chegar antes?" are two, "posso vir? estou viajando" is one.
    """
    parts = [part for part in parts_of(message) if _asks(part)]
    messages = parts if len(parts) > 1 else [message]
    return [each.text for part in messages for each in phrase(part, {})] or [message]


def _asks(part: str) -> bool:
    return len(content(part)) >= _FEWEST and any(kind.asks.search(fold(part)) for kind in KINDS)


def load_selector(settings: KnowledgeSettings) -> Selector:
    """The selector as it is shipped; seconds.

    Raises:
        EmbeddingUnavailableError: its encoder's weights are missing.
    """
    return Selector(load_encoder(settings), Fit.model_validate_json(FIT.read_bytes()))
