"""One claim's questions through the store: phrased, embedded, searched, joined, read again."""

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Final

from ingestion.knowledge.assembly import assembled
from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.passage import Passage
from ingestion.knowledge.phrasing import phrased
from ingestion.knowledge.reranking import DEPTH, Reranker
from ingestion.knowledge.store import KnowledgeStore, Query
from ingestion.knowledge.words import fold

#: Chunks beyond those asked for: some say the same, some stand side by side.
SPARE: Final = 8


class Searcher:
    """Searches one store for the questions of a claim.

    Args:
        embedder: the model of the store's vectors.
        store: what is searched.
        reranker: reads the best passages again, where there is one.
    """

    def __init__(
        self, embedder: Embedder, store: KnowledgeStore, reranker: Reranker | None = None
    ) -> None:
        self._embedder = embedder
        self._store = store
        self._reranker = reranker
        self._terms: dict[str, tuple[str, Mapping[str, str]]] = {}

    def search(self, questions: Sequence[tuple[str, str]], limit: int) -> list[list[Passage]]:
        """See `Knowledge.search`."""
        asked = [phrased(text, self._terms_of(tenant)) for tenant, text in questions]
        texts = [part.text for parts in asked for part in parts]
        vectors = iter(self._embedder.encode_queries(texts))
        queries = [
            [Query(tenant, part.text, part.typed, next(vectors)) for part in parts]
            for (tenant, _), parts in zip(questions, asked, strict=True)
        ]
        depth = max(limit + SPARE, DEPTH if self._reranker else 0)
        found = iter(self._store.search([query for each in queries for query in each], depth))
        ranked = [_in_turn([next(found) for _ in each]) for each in queries]
        if self._reranker:
            whole = [" ".join(part.text for part in parts) for parts in asked]
            ranked = self._reranker.rerank(whole, ranked)
        return [assembled(passages, limit) for passages in ranked]

    def _terms_of(self, tenant: str) -> Mapping[str, str]:
        """The words of a tenant's documents that no dictionary has, by folded form."""
        version = self._store.version(tenant)
        known = self._terms.get(tenant)
        if known is None or known[0] != version:
            documents = self._store.documents(tenant)
            terms = {fold(term): term for document in documents for term in document.terms}
            known = self._terms[tenant] = version, terms
        return known[1]


def _in_turn(rankings: Sequence[Sequence[Passage]]) -> list[Passage]:
    """The best of each question of a message, then the second of each: none crowds another out."""
    if len(rankings) == 1:
        return list(rankings[0])
    by_id = {
        passage.id: passage
        for rank in zip_longest(*rankings)
        for passage in rank
        if passage is not None
    }
    return list(by_id.values())
