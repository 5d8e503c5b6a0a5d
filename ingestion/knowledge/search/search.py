"""The questions of one claim: phrased, embedded, searched, ranked, joined, reranked."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Final

from ingestion.folding import fold
from ingestion.knowledge.embedding import Embedder, Vectors
from ingestion.knowledge.search.evidence import Findings, between, weigh
from ingestion.knowledge.search.foreign_texts import ForeignTexts
from ingestion.knowledge.search.inquiry import Inquiry
from ingestion.knowledge.search.passages import assemble, mix, to_passage
from ingestion.knowledge.search.phrase import Phrase, joined, phrase
from ingestion.knowledge.search.rank import Hit, Ranker, fuse, rank
from ingestion.knowledge.search.rerank import Reranker
from ingestion.knowledge.search.subject import about
from ingestion.knowledge.stores.payload import Payload, to_chunk
from ingestion.knowledge.stores.query import Candidates, Query
from ingestion.knowledge.stores.store import PointStore
from ingestion.knowledge.words import shared_words

#: The documents' words are not read again for this many times as long as the last reading took.
TERMS_REST: Final = 20

#: Chunks that are ranked: some repeat others, and the neighbours of the best are joined to them.
RANKED: Final = 40


class Searcher:
    """Searches one store for the questions of a claim.

    Args:
        embedder: the model of the store's vectors.
        store: what is searched.
        reranker: reads the best passages again; None where there is none.
        ranker: puts a question's candidates in order, the best so many of them.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        embedder: Embedder,
        store: PointStore,
        reranker: Reranker | None = None,
        ranker: Ranker = rank,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._embedder = embedder
        self._foreign = ForeignTexts(embedder)
        self._store = store
        self._reranker = reranker
        self._rank = ranker
        self._clock = clock
        self._terms: dict[str, _Terms] = {}

    def find(
        self,
        inquiries: Sequence[Inquiry],
        limit: int,
        without: Sequence[frozenset[str]] | None = None,
    ) -> list[Findings]:
        """See `Knowledge.find`."""
        if not inquiries:
            return []
        messages = [self._parts(inquiry) for inquiry in inquiries]
        vectors = self._embedder.encode_queries(
            [each.text for parts in messages for part in parts for each in part.phrases]
        )
        queries = self._queries(inquiries, messages, vectors, without)
        parts = [part for own in messages for part in own]
        depth = max(limit, RANKED)
        of_parts = iter(self._findings(queries, parts, self._foreign.nearness(vectors), depth))
        findings = [_interleave([_mixed(next(of_parts)) for _ in own]) for own in messages]
        if self._reranker:
            wholes = [" ".join(part.phrases[-1].text for part in own) for own in messages]
            reranked = self._reranker.rerank(wholes, [each.passages for each in findings])
            findings = [
                replace(each, passages=passages)
                for each, passages in zip(findings, reranked, strict=True)
            ]
        return [replace(each, passages=assemble(each.passages, limit)) for each in findings]

    def warm(self) -> None:
        """Load dictionaries, stemmers and the gate's cohort: a few seconds."""
        phrase("jejum", {})
        shared_words("jejum", ["jejum"])
        self._foreign.nearness(self._embedder.encode_queries(["jejum"]))

    def _parts(self, inquiry: Inquiry) -> "list[_Part]":
        """The questions of a message, each also with what it goes on from."""
        terms = self._terms_of(inquiry.tenant)
        own = phrase(inquiry.text, terms)
        if not inquiry.goes_on:
            return [_Part((each,), (1.0,)) for each in own]
        shares = (1 - inquiry.share, inquiry.share)
        if inquiry.whole:
            wholes = phrase(inquiry.whole, terms)
            if len(wholes) != len(own):
                wholes = [joined(wholes)] * len(own)
        else:
            before = phrase(inquiry.before, terms)
            wholes = [joined([*before, each]) for each in own]
        return [_Part(pair, shares) for pair in zip(own, wholes, strict=True)]

    def _queries(
        self,
        inquiries: Sequence[Inquiry],
        messages: "Sequence[Sequence[_Part]]",
        vectors: Vectors,
        without: Sequence[frozenset[str]] | None,
    ) -> list[Query]:
        """What the store is asked, in the order of the vectors."""
        rows = iter(vectors)
        left_out = without or [frozenset[str]()] * len(inquiries)
        lapses = {each.tenant: self._store.out_of_force(each.tenant) for each in inquiries}
        return [
            Query(
                inquiry.tenant,
                each.text,
                each.typed,
                next(rows),
                names | lapses[inquiry.tenant].documents,
                lapses[inquiry.tenant].periods,
            )
            for inquiry, parts, names in zip(inquiries, messages, left_out, strict=True)
            for part in parts
            for each in part.phrases
        ]

    def _findings(
        self,
        queries: Sequence[Query],
        parts: "Sequence[_Part]",
        nearness: Sequence[float],
        limit: int,
    ) -> list[Findings]:
        """The best `limit` chunks of each part, in two requests for all: candidates, payloads."""
        looks = iter(zip(queries, nearness, self._store.candidates(queries), strict=True))
        searches = [[_Search(*next(looks)) for _ in part.phrases] for part in parts]
        hits = [self._hits(own, part, limit) for own, part in zip(searches, parts, strict=True)]
        payloads = self._store.payloads(list(dict.fromkeys(hit.id for own in hits for hit in own)))
        return [
            _findings_of(own, part.shares, best, payloads)
            for own, part, best in zip(searches, parts, hits, strict=True)
        ]

    def _hits(self, searches: "Sequence[_Search]", part: "_Part", limit: int) -> list[Hit]:
        if len(searches) == 1:
            return self._rank(searches[0].candidates, limit)
        rankings = [self._rank(each.candidates, len(each.candidates.cosines)) for each in searches]
        return fuse(rankings, part.shares, limit)

    def _terms_of(self, tenant: str) -> Mapping[str, str]:
        """The uncommon words of a tenant's documents, as written, by folded form.

        Read again when the documents change, but for a twentieth of the time at most: during an
        ingestion they change all the time, and there may be thousands.
        """
        version = self._store.version(tenant)
        cached = self._terms.get(tenant)
        now = self._clock()
        if cached is None or (cached.version != version and now >= cached.due_at):
            documents = self._store.documents(tenant)
            terms = {fold(term): term for document in documents for term in document.terms}
            seconds = self._clock() - now
            cached = self._terms[tenant] = _Terms(version, terms, now + TERMS_REST * seconds)
        return cached.terms


@dataclass(frozen=True, slots=True)
class _Terms:
    """The words of a version of the documents, and when they may be read again (clock seconds)."""

    version: str
    terms: Mapping[str, str]
    due_at: float


@dataclass(frozen=True, slots=True)
class _Part:
    """One question of a message: as it stands, and where it goes on from another, behind that.

    Attributes:
        phrases: one or two.
        shares: how much the search for each counts; their sum is 1.
    """

    phrases: tuple[Phrase, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Search:
    """What the store has for one phrase.

    Attributes:
        foreign: see `ForeignTexts.nearness`.
    """

    query: Query
    foreign: float
    candidates: Candidates


def _findings_of(
    searches: Sequence[_Search],
    shares: Sequence[float],
    hits: Sequence[Hit],
    payloads: Mapping[str, Payload],
) -> Findings:
    """What one part of a message finds; its evidence is that of all its searches together."""
    present = [hit for hit in hits if hit.id in payloads]  # others were deleted since the ranking
    if not present:
        return Findings([], None)
    whole = searches[-1].query.text
    passages = about(whole, [to_passage(hit, payloads[hit.id]) for hit in present])
    texts = [to_chunk(payloads[passage.id]).indexed for passage in passages]
    evidence = [
        weigh(
            each.candidates.cosines,
            each.candidates.bm25,
            each.foreign,
            shared_words(each.query.text, texts),
        )
        for each in searches
    ]
    return Findings(passages, between(evidence, shares))


def _mixed(findings: Findings) -> Findings:
    return replace(findings, passages=mix(findings.passages))


def _interleave(findings: Sequence[Findings]) -> Findings:
    """The best of each question of a message, then the second of each: none crowds another out.

    The evidence is that of the surest question: the others are answered together with it.
    """
    if len(findings) == 1:
        return findings[0]
    by_id = {
        passage.id: passage
        for peers in zip_longest(*(each.passages for each in findings))
        for passage in peers
        if passage is not None
    }
    evidence = [each.evidence for each in findings if each.evidence is not None]
    surest = max(evidence, key=lambda each: each.best - each.elsewhere, default=None)
    return Findings(list(by_id.values()), surest)
