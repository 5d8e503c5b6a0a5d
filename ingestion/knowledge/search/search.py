"""One claim's questions through the store: phrased, embedded, searched, joined, read again."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.search.evidence import Found
from ingestion.knowledge.search.foreign_texts import Elsewhere
from ingestion.knowledge.search.passages import assembled, mixed
from ingestion.knowledge.search.phrase import phrased
from ingestion.knowledge.search.rerank import DEPTH, Reranker
from ingestion.knowledge.stores.store import KnowledgeStore, Query

#: How much longer than a reading of the documents' words took until the next one.
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
        store: KnowledgeStore,
        reranker: Reranker | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._embedder = embedder
        self._elsewhere = Elsewhere(embedder)
        self._store = store
        self._reranker = reranker
        self._clock = clock
        self._terms: dict[str, _Terms] = {}

    def find(
        self,
        questions: Sequence[tuple[str, str]],
        limit: int,
        without: Sequence[frozenset[str]] | None = None,
    ) -> list[Found]:
        """See `Knowledge.find`."""
        asked = [phrased(text, self._terms_of(tenant)) for tenant, text in questions]
        vectors = self._embedder.encode_queries([part.text for parts in asked for part in parts])
        rows = zip(vectors, self._elsewhere.nearness(vectors), strict=True)
        left_out = without or [frozenset[str]()] * len(questions)
        queries = [
            [Query(tenant, part.text, part.typed, *next(rows), without=out) for part in parts]
            for (tenant, _), parts, out in zip(questions, asked, left_out, strict=True)
        ]
        depth = max(limit + SPARE, DEPTH if self._reranker else 0)
        found = iter(self._store.search([query for each in queries for query in each], depth))
        whole = [_in_turn([_mixed(next(found)) for _ in each]) for each in queries]
        if self._reranker:
            texts = [" ".join(part.text for part in parts) for parts in asked]
            better = self._reranker.rerank(texts, [each.passages for each in whole])
            whole = [replace(each, passages=new) for each, new in zip(whole, better, strict=True)]
        return [replace(each, passages=assembled(each.passages, limit)) for each in whole]

    def warm(self) -> None:
        """Load dictionaries, stemmers and the gate's cohort."""
        phrased("jejum", {})
        self._elsewhere.nearness(self._embedder.encode_queries(["jejum"]))

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


def _mixed(found: Found) -> Found:
    return replace(found, passages=mixed(found.passages))


def _in_turn(found: Sequence[Found]) -> Found:
    """The best of each question of a message, then the second of each: none crowds another out.

    The evidence is that of the question that is the surest: the others are answered with it.
    """
    if len(found) == 1:
        return found[0]
    by_id = {
        passage.id: passage
        for rank in zip_longest(*(each.passages for each in found))
        for passage in rank
        if passage is not None
    }
    evidence = [each.evidence for each in found if each.evidence is not None]
    surest = max(evidence, key=lambda each: each.best - each.elsewhere, default=None)
    return Found(list(by_id.values()), surest)
