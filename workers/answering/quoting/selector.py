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
from ingestion.knowledge.e5_folder import prepare_e5
from ingestion.knowledge.search.evidence import Evidence, Findings
from ingestion.knowledge.search.phrase import phrase
from ingestion.knowledge.settings import KnowledgeSettings, prepared_models
from workers.answering.quoting.ages import is_of_other_age
from workers.answering.quoting.broad.places import places_of
from workers.answering.quoting.broad.whole import Read, whole_answer
from workers.answering.quoting.candidates import Candidate, candidates_of
from workers.answering.quoting.doubts import doubts_of
from workers.answering.quoting.encoder import CROSS_WEIGHTS, WEIGHTS, load_encoder
from workers.answering.quoting.exams import exams_of, is_untold, lacks_an_exam
from workers.answering.quoting.features import content, features_of, with_odds
from workers.answering.quoting.kinds import KINDS
from workers.answering.quoting.meant import Meant
from workers.answering.quoting.part import Part
from workers.answering.quoting.quote import Quote, excerpt_of, together
from workers.answering.quoting.siblings import is_beside
from workers.answering.wording.parts import parts_of
from workers.contracts.record import Record

#: Passages that are looked through for what to quote.
QUOTED_FROM: Final = 5
#: Candidates that the cross-encoder reads: each takes 0.02 s of two cores, and more bring no more.
READ: Final = 8
#: Fewest words that say something of a question that is answered for itself.
_FEWEST: Final = 2

FIT: Final = Path(__file__).parent / "selector.json"

Numbers = NDArray[np.float64]


class Encoder(Protocol):
    """What the selector needs of an encoder."""

    def cosines(self, question: str, sentences: Sequence[str]) -> list[float]:
        """How near each sentence is to the question, -1 to 1."""


class CrossEncoder(Protocol):
    """What the selector needs of a cross-encoder."""

    def odds(self, question: str, sentences: Sequence[str]) -> list[float]:
        """Log-odds that each sentence answers the question."""


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
        first: ranking of all candidates, by `FEATURES`: the cross-encoder reads the first of it.
        ranking: of candidates, by `FEATURES` and `ODDS`.
        surety: log-odds that the best one answers, by `DOUBTS`.
        level: the cosine at which a sentence answers as likely as not.
        temperature: of cosines.
        threshold: least probability of a quote that is sent.
    """

    first: Linear
    ranking: Linear
    surety: Linear
    level: float
    temperature: float
    threshold: float


class Selector:
    """Picks what to quote."""

    def __init__(self, encoder: Encoder, cross_encoder: CrossEncoder, fit: Fit) -> None:
        self._encoder = encoder
        self._cross_encoder = cross_encoder
        self._fit = fit

    def select(
        self,
        question: str,
        findings: Findings,
        read: Read | None = None,
        meanings: Sequence[Meant] = (),
        parts: Sequence[Part] = (),
    ) -> Quote | None:
        """The quote that surely answers; None where none does.

        A whole section or a table's rows where that is asked for, else one sentence for each
        question of the message.

        Args:
            question: as it was typed.
            findings: of its search.
            read: a document's chunks in force by its name; without it no whole is quoted.
            meanings: of a question that goes on from others what each of its parts means.
            parts: of a message that asks several questions, where each was searched for itself.
        """
        if parts:
            return self._all_of(parts, findings, read)
        text = meanings[0].text if meanings else question
        is_one = len(meanings) <= 1
        whole = whole_answer(text, findings.passages, read) if read and is_one else None
        return whole or self._sentences(question, findings, read, meanings)

    def _all_of(self, parts: Sequence[Part], findings: Findings, read: Read | None) -> Quote | None:
        """What answers all of several questions; None where one has no sure answer."""
        quotes: list[Quote] = []
        for part in parts:
            quote = self.select(part.text, part.findings, read, part.meanings)
            if quote is None or not self._holds(quote, part, findings):
                return None
            quotes.append(quote)
        return together(quotes)

    def _holds(self, quote: Quote, part: Part, findings: Findings) -> bool:
        """Whether the answer to a letter's question is the same with all that the letter tells.

        Args:
            quote: what answers the question without it.
            part: the question.
            findings: of the letter as a whole.
        """
        if not part.told or part.findings.evidence is None:
            return not part.told
        candidates = candidates_of([*part.findings.passages, *findings.passages])
        meant = part.meant
        own = meant.among(candidates) if meant else candidates
        if not own:
            return False
        text = f"{part.told} {meant.text if meant else part.text}"
        pick, _ = self._pick(text, own, part.findings.evidence)
        if is_of_other_age(text, pick.indexed):
            return False
        if exams_of(pick) and lacks_an_exam(text, pick, own):
            return False
        return any(excerpt.holds(pick) for excerpt in quote.excerpts)

    def _sentences(
        self, question: str, findings: Findings, read: Read | None, meanings: Sequence[Meant]
    ) -> Quote | None:
        candidates = candidates_of(findings.passages)
        if not candidates or findings.evidence is None:
            return None
        asked = [(each.text, each.among(candidates)) for each in meanings] or [
            (text, candidates) for text in _questions_of(question)
        ]
        if not all(own for _, own in asked):
            return None
        picks = [self._pick(text, own, findings.evidence) for text, own in asked]
        probability = min(probability for _, probability in picks)
        if probability < self._fit.threshold:
            return None
        best = [(text, pick) for (text, _), (pick, _) in zip(asked, picks, strict=True)]
        if any(
            is_beside(text, pick, candidates) or is_of_other_age(text, pick.indexed)
            for text, pick in best
        ):
            return None
        if not meanings and any(
            lacks_an_exam(text, pick, candidates) or is_untold(question, pick)
            for text, pick in best
        ):
            return None
        excerpts = tuple(
            dict.fromkeys(
                (places_of(text, pick, read) if read else None) or excerpt_of(pick, candidates)
                for text, pick in best
            )
        )
        return None if any(each.leans for each in excerpts) else Quote(excerpts, probability)

    def _pick(
        self, question: str, candidates: Sequence[Candidate], evidence: Evidence
    ) -> tuple[Candidate, float]:
        """The best candidate, and the probability that it answers."""
        fit = self._fit
        cosines = self._encoder.cosines(question, [each.indexed for each in candidates])
        features = features_of(question, candidates, cosines)
        places = likeliest(fit.first, features)
        odds = self._cross_encoder.odds(question, [candidates[place].indexed for place in places])
        features = with_odds(features, places, odds)
        scores = fit.ranking.of(features)
        best = int(scores.argmax())
        doubts = doubts_of(scores, features, evidence, fit.level, fit.temperature)
        return candidates[best], 1 / (1 + math.exp(-float(fit.surety.of(doubts))))


def likeliest(first: Linear, features: Numbers) -> list[int]:
    """The places of the candidates that are read together with the question, the best first."""
    order: list[int] = np.argsort(-first.of(features)).tolist()
    return order[:READ]


@cache
def selector_version() -> str:
    """12 hexadecimal digits that change with what may change a quote from equal documents."""
    return hashlib.sha256(
        b"".join(path.read_bytes() for path in (FIT, WEIGHTS, CROSS_WEIGHTS))
    ).hexdigest()[:12]


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
    from workers.answering.quoting.cross_encoder import (  # noqa: PLC0415 - torch: seconds
        load_cross_encoder,
    )

    encoder = load_encoder(settings)
    cross_encoder = load_cross_encoder(prepare_e5(prepared_models(settings)), encoder.embeddings)
    return Selector(encoder, cross_encoder, Fit.model_validate_json(FIT.read_bytes()))
