"""One claim's questions through the store: phrased, embedded, searched, joined, read again."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.search.evidence import Findings, weigh
from ingestion.knowledge.search.foreign_texts import ForeignTexts
from ingestion.knowledge.search.passages import assembled, mixed, to_passage
from ingestion.knowledge.search.phrase import phrased
from ingestion.knowledge.search.rank import Hit, fuse
from ingestion.knowledge.search.rerank import DEPTH, Reranker
from ingestion.knowledge.stores.payload import Payload, to_chunk
from ingestion.knowledge.stores.query import Candidates, Query
from ingestion.knowledge.stores.store import PointStore
from ingestion.knowledge.words import share_of_words

#: The documents' words are not read again for this many times as long as reading them took.
RARELY: Final = 20

#: Chunks beyond those asked for: some say the same, some stand side by side.
SPARE: Final = 8


class Searcher:
    """Searches one store for the questions of a claim.

    Args:
        embedder: the model of the store's vectors.
        store: what is searched.
        reranker: reads the best passages again, where there is one.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        embedder: Embedder,
        store: PointStore,
        reranker: Reranker | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._embedder = embedder
        self._foreign = ForeignTexts(embedder)
        self._store = store
        self._reranker = reranker
        self._clock = clock
        self._terms: dict[str, _Terms] = {}

    def find(
        self,
        questions: Sequence[tuple[str, str]],
        limit: int,
        without: Sequence[frozenset[str]] | None = None,
    ) -> list[Findings]:
        """See `Knowledge.find`."""
        if not questions:
            return []
        messages = [phrased(text, self._terms_of(tenant)) for tenant, text in questions]
        vectors = self._embedder.encode_queries([part.text for each in messages for part in each])
        rows = iter(vectors)
        left_out = without or [frozenset[str]()] * len(questions)
        queries = [
            Query(tenant, part.text, part.typed, next(rows), out)
            for (tenant, _), parts, out in zip(questions, messages, left_out, strict=True)
            for part in parts
        ]
        depth = max(limit + SPARE, DEPTH if self._reranker else 0)
        findings = iter(self._findings(queries, self._foreign.nearness(vectors), depth))
        whole = [_in_turn([_mixed(next(findings)) for _ in parts]) for parts in messages]
        if self._reranker:
            texts = [" ".join(part.text for part in parts) for parts in messages]
            better = self._reranker.rerank(texts, [each.passages for each in whole])
            whole = [replace(each, passages=new) for each, new in zip(whole, better, strict=True)]
        return [replace(each, passages=assembled(each.passages, limit)) for each in whole]

    def warm(self) -> None:
        """Load dictionaries, stemmers and the gate's cohort: a few seconds."""
        phrased("jejum", {})
        self._foreign.nearness(self._embedder.encode_queries(["jejum"]))

    def _findings(
        self, queries: Sequence[Query], nearness: Sequence[float], limit: int
    ) -> list[Findings]:
        """The best `limit` chunks of each query, in two requests for all: candidates, payloads."""
        candidates = self._store.candidates(queries)
        hits = [fuse(each, limit) for each in candidates]
        payloads = self._store.payloads(list(dict.fromkeys(hit.id for own in hits for hit in own)))
        return [
            _finding(query, foreign, each, own, payloads)
            for query, foreign, each, own in zip(queries, nearness, candidates, hits, strict=True)
        ]

    def _terms_of(self, tenant: str) -> Mapping[str, str]:
        """The uncommon words of a tenant's documents, as written, by folded form.

        Read anew when the documents change, but for a twentieth of the time at most: while an
        ingestion lasts, they change all the time, and there may be thousands.
        """
        version = self._store.version(tenant)
        known = self._terms.get(tenant)
        now = self._clock()
        if known is None or (known.version != version and now >= known.due):
            documents = self._store.documents(tenant)
            terms = {fold(term): term for document in documents for term in document.terms}
            took = self._clock() - now
            known = self._terms[tenant] = _Terms(version, terms, now + RARELY * took)
        return known.terms


@dataclass(frozen=True, slots=True)
class _Terms:
    """The words of a version of the documents, and when they may be read again."""

    version: str
    terms: Mapping[str, str]
    due: float


def _finding(
    query: Query,
    foreign: float,
    candidates: Candidates,
    hits: Sequence[Hit],
    payloads: Mapping[str, Payload],
) -> Findings:
    present = [hit for hit in hits if hit.id in payloads]  # the others went since they were ranked
    if not present:
        return Findings([], None)
    first = to_chunk(payloads[present[0].id])
    coverage = share_of_words(query.text, first.indexed)
    return Findings(
        [to_passage(hit, payloads[hit.id]) for hit in present],
        weigh(candidates.cosines, candidates.bm25, foreign, coverage),
    )


def _mixed(findings: Findings) -> Findings:
    return replace(findings, passages=mixed(findings.passages))


def _in_turn(findings: Sequence[Findings]) -> Findings:
    """The best of each question of a message, then the second of each: none crowds another out.

    The evidence is that of the question that is the surest: the others are answered with it.
    """
    if len(findings) == 1:
        return findings[0]
    by_id = {
        passage.id: passage
        for rank in zip_longest(*(each.passages for each in findings))
        for passage in rank
        if passage is not None
    }
    evidence = [each.evidence for each in findings if each.evidence is not None]
    surest = max(evidence, key=lambda each: each.best - each.elsewhere, default=None)
    return Findings(list(by_id.values()), surest)
