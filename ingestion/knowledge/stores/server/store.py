"""The store on a Qdrant server or cluster, by URL: a collection behind the alias `atende`."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from qdrant_client import QdrantClient, models

from ingestion.knowledge.chunk import lease_id
from ingestion.knowledge.errors import KnowledgeError
from ingestion.knowledge.search.rank import DEPTH, Ranking
from ingestion.knowledge.stores.collection import ALIAS, Made, new_name
from ingestion.knowledge.stores.lease import Lease, held, wait_until_free
from ingestion.knowledge.stores.payload import (
    BM25,
    DENSE,
    DIGEST,
    DOCUMENT,
    DRAFTED,
    KIND,
    LEASE,
    LETTERS,
    PAGE,
    TENANT,
    Payload,
)
from ingestion.knowledge.stores.points import Everywhere, Point, PointStore, Where
from ingestion.knowledge.stores.server.errors import translated
from ingestion.knowledge.stores.server.leases import LeasePoints
from ingestion.knowledge.stores.store import Query
from ingestion.knowledge.words import (
    Sparse,
    letter_document,
    letter_query,
    word_document,
    word_query,
)

#: Seconds for one request; a batch of searches takes milliseconds, a first upsert may wait.
TIMEOUT = 30

#: The alias of the collection that is being filled, until it is in use.
FILLING = f"{ALIAS}-filling"

#: Collections of ours, of whatever schema.
_OURS = re.compile(rf"{ALIAS}-\d+-")


class ServerStore(PointStore):
    """One collection on a server.

    It stays with its collection when the alias moves to one of another model, whose vectors it
    could not compare; `version`, which a worker reads on every batch, notices the move.

    Args:
        client: the server's client, which `collections` owns.
        collections: whose alias is watched.
        name: the collection.
        clock: monotonic seconds.
    """

    #: Other processes write too: what they change is seen after a second.
    freshness = 1.0

    def __init__(
        self,
        client: QdrantClient,
        collections: "ServerCollections",
        name: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(clock)
        self._client = client
        self._collections = collections
        self._name = name
        self._made = collections.made(name)
        self._leases: dict[str, Lease] = {}

    def close(self) -> None:
        """See `KnowledgeStore`; `ServerCollections` closes the connection."""

    def _refresh(self) -> None:
        current = self._collections.current()
        if current is not None and current[0] != self._name:
            current[1].check(self._made)
            self._name = current[0]

    @contextmanager
    def exclusive(self, tenant: str, *, wait: bool = True) -> Iterator[None]:
        """See `KnowledgeStore`. Other processes are kept off by a lease."""
        with super().exclusive(tenant, wait=wait):
            if tenant in self._leases:  # nested: this thread has it
                yield
                return
            notes = self._notes
            what = f"the documents of {tenant}"
            with held(notes, lease_id(tenant), what, brief=not wait) as lease:
                wait_until_free(notes, lease_id(), "the whole knowledge base, for a rebuild")
                self._leases[tenant] = lease
                try:
                    yield
                finally:
                    del self._leases[tenant]

    @contextmanager
    def alone(self) -> Iterator[None]:
        """See `KnowledgeStore`."""
        with held(self._notes, lease_id(), "the whole knowledge base, for a rebuild"):
            for key, note in self._scroll(Everywhere(LEASE)):
                if key != lease_id():
                    wait_until_free(self._notes, key, note["what"])
            yield

    def _check_turn(self, tenant: str) -> None:
        if tenant in self._leases:
            self._leases[tenant].check()

    @property
    def _notes(self) -> LeasePoints:
        return LeasePoints(self._client, self._name)

    def rank(self, queries: Sequence[Query]) -> list[Ranking]:
        """See `PointStore`."""
        requests = [request for query in queries for request in _requests(query)]
        with translated():
            answers = self._client.query_batch_points(self._name, requests)
        scores = [{str(hit.id): hit.score for hit in answer.points} for answer in answers]
        return [
            Ranking({**dense_of_others, **dense}, words, letters)
            for dense, dense_of_others, words, letters in zip(*[iter(scores)] * 4, strict=True)
        ]

    def _retrieve(self, ids: Sequence[str]) -> dict[str, Payload]:
        with translated():
            records = self._client.retrieve(self._name, list(ids), with_payload=True)
        return {str(record.id): record.payload or {} for record in records}

    def _vectors(self, ids: Sequence[str]) -> dict[str, tuple[Payload, Mapping[str, Any]]]:
        with translated():
            records = self._client.retrieve(
                self._name, list(ids), with_payload=True, with_vectors=True
            )
        return {str(each.id): (each.payload or {}, _named(each.vector)) for each in records}

    def _scroll(
        self, where: Where | Everywhere, *, payload: bool = True, page: int = PAGE
    ) -> Iterator[tuple[str, Payload]]:
        offset = None
        while True:
            with translated():
                records, offset = self._client.scroll(
                    self._name,
                    scroll_filter=_filter(where),
                    limit=page,
                    offset=offset,
                    with_payload=payload,
                )
            yield from ((str(record.id), record.payload or {}) for record in records)
            if offset is None:
                return

    def _upsert(self, points: Sequence[Point]) -> None:
        with translated():
            self._client.upsert(self._name, [_point(each) for each in points], wait=True)

    def _remove(self, ids: Iterable[str]) -> None:
        if doomed := list(ids):
            with translated():
                selector = models.PointIdsList(points=list(doomed))
                self._client.delete(self._name, selector, wait=True)


class ServerCollections:
    """The collections of a server; see `Collections`. It owns the client."""

    def __init__(self, client: QdrantClient) -> None:
        self._client = client

    def current(self) -> tuple[str, Made] | None:
        """See `Collections`."""
        return self._aliased(ALIAS)

    def unfinished(self, made: Made) -> tuple[str, ServerStore] | None:
        """See `Collections`."""
        found = self._aliased(FILLING)
        if found is None or found[1] != made:
            return None
        return found[0], self.open(found[0])

    def _aliased(self, alias: str) -> tuple[str, Made] | None:
        with translated():
            aliases = self._client.get_aliases().aliases
        names = [each.collection_name for each in aliases if each.alias_name == alias]
        return (names[0], self.made(names[0])) if names else None

    def made(self, name: str) -> Made:
        """What made a collection.

        Raises:
            KnowledgeError: it does not say so: another program's, or a server before 1.16.
        """
        with translated():
            metadata = self._client.get_collection(name).config.metadata
        if not metadata:
            raise KnowledgeError(
                f"The Qdrant collection `{name}` does not say which embedding model made it. "
                f"Nothing was changed. Use Qdrant 1.16 or newer; if another program owns the "
                f"alias `{ALIAS}`, give Atende a Qdrant of its own."
            )
        return Made.model_validate(metadata)

    def create(self, made: Made) -> tuple[str, ServerStore]:
        """See `Collections`."""
        name = new_name(made)
        with translated():
            self._client.create_collection(
                name,
                vectors_config={
                    DENSE: models.VectorParams(
                        size=made.dimensions,
                        distance=models.Distance.COSINE,
                        multivector_config=models.MultiVectorConfig(
                            comparator=models.MultiVectorComparator.MAX_SIM
                        ),
                    )
                },
                sparse_vectors_config={
                    each: models.SparseVectorParams(modifier=models.Modifier.IDF)
                    for each in (BM25, LETTERS)
                },
                metadata=made.model_dump(),
            )
            self._client.create_payload_index(
                name,
                TENANT,
                models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True),
            )
            for field in (KIND, DOCUMENT, DIGEST, DRAFTED):
                self._client.create_payload_index(name, field, models.PayloadSchemaType.KEYWORD)
            self._client.update_collection_aliases([*self._unset(FILLING), _set(FILLING, name)])
        return name, self.open(name)

    def open(self, name: str) -> ServerStore:
        """See `Collections`."""
        return ServerStore(self._client, self, name)

    def promote(self, name: str, made: Made) -> None:  # noqa: ARG002 - it stands in the collection
        """See `Collections`. The former collection stays for workers that still read it.

        Collections before the former one are deleted: nobody reads them any more.
        """
        former = self.current()
        keep = {name, former[0] if former else name}
        with translated():
            self._client.update_collection_aliases(
                [*self._unset(ALIAS), *self._unset(FILLING), _set(ALIAS, name)]
            )
            for each in self._client.get_collections().collections:
                if _OURS.match(each.name) and each.name not in keep:
                    self._client.delete_collection(each.name)

    def _unset(self, alias: str) -> list[models.DeleteAliasOperation]:
        if not any(each.alias_name == alias for each in self._client.get_aliases().aliases):
            return []
        return [models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))]

    def close(self) -> None:
        """See `Collections`."""
        self._client.close()


def _set(alias: str, name: str) -> models.CreateAliasOperation:
    return models.CreateAliasOperation(
        create_alias=models.CreateAlias(collection_name=name, alias_name=alias)
    )


def connect(url: str, api_key: str | None) -> ServerCollections:
    """The collections of the server at `url`. No request is sent yet."""
    return ServerCollections(
        QdrantClient(url=url, api_key=api_key, timeout=TIMEOUT, check_compatibility=False)
    )


def _requests(query: Query) -> list[models.QueryRequest]:
    """Four per query: nearest by cosine, the cosine of the others' best, words, letters."""
    where = _filter(Where(query.tenant, without=query.without))  # records have no vectors to find
    dense = models.NearestQuery(nearest=[query.vector.tolist()])
    sparse = {
        BM25: models.NearestQuery(nearest=_sparse(word_query(query.text))),
        LETTERS: models.NearestQuery(nearest=_sparse(letter_query(query.typed))),
    }
    others = [
        models.Prefetch(query=each, using=name, filter=where, limit=DEPTH)
        for name, each in sparse.items()
    ]
    return [
        models.QueryRequest(query=dense, using=DENSE, filter=where, limit=DEPTH),
        models.QueryRequest(query=dense, using=DENSE, prefetch=others, limit=2 * DEPTH),
        *(
            models.QueryRequest(query=each, using=name, filter=where, limit=DEPTH)
            for name, each in sparse.items()
        ),
    ]


def _sparse(vector: Sparse) -> models.SparseVector:
    return models.SparseVector(indices=vector.indices, values=vector.values)


def _filter(where: Where | Everywhere) -> models.Filter:
    field, without = where.excluded
    return models.Filter(
        must=[
            models.FieldCondition(key=key, match=models.MatchValue(value=value))
            for key, value in where.fields.items()
        ],
        must_not=[models.FieldCondition(key=field, match=models.MatchAny(any=sorted(without)))]
        if without
        else None,
    )


def _point(point: Point) -> models.PointStruct:
    if point.vectors is not None:
        return models.PointStruct(id=point.id, vector=dict(point.vectors), payload=point.payload)
    if point.dense is None:
        return models.PointStruct(id=point.id, vector={}, payload=point.payload)
    vectors: dict[str, models.Vector] = {
        DENSE: point.dense,
        BM25: _sparse(word_document(point.text)),
        LETTERS: _sparse(letter_document(point.text)),
    }
    return models.PointStruct(id=point.id, vector=vectors, payload=point.payload)


def _named(vectors: object) -> dict[str, Any]:
    """A point's vectors by name; every vector of ours has one."""
    return dict(vectors) if isinstance(vectors, Mapping) else {}
