"""The store on a Qdrant server or cluster, by URL: a collection behind the alias `atende`."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from qdrant_client import QdrantClient, models
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException

from ingestion.knowledge.bm25 import bm25
from ingestion.knowledge.collection import ALIAS, Made, new_name
from ingestion.knowledge.errors import KnowledgeError, StoreUnreachableError
from ingestion.knowledge.fusion import DEPTH
from ingestion.knowledge.payload import (
    BM25,
    DENSE,
    DIGEST,
    DOCUMENT,
    KIND,
    PAGE,
    TENANT,
    Payload,
)
from ingestion.knowledge.points import Point, PointStore, Ranking, Where
from ingestion.knowledge.store import Query

#: Seconds for one request; a batch of searches takes milliseconds, a first upsert may wait.
TIMEOUT = 30


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

    def close(self) -> None:
        """See `KnowledgeStore`; `ServerCollections` closes the connection."""

    def _refresh(self) -> None:
        current = self._collections.current()
        if current is not None and current[0] != self._name:
            current[1].check(self._made)
            self._name = current[0]

    def rank(self, queries: Sequence[Query]) -> list[Ranking]:
        """See `PointStore`."""
        requests = [request for query in queries for request in _requests(query)]
        with translated():
            answers = self._client.query_batch_points(self._name, requests)
        scores = [{str(hit.id): hit.score for hit in answer.points} for answer in answers]
        return [
            Ranking({**dense_of_bm25, **dense}, sparse)
            for dense, dense_of_bm25, sparse in zip(*[iter(scores)] * 3, strict=True)
        ]

    def _retrieve(self, ids: Sequence[str]) -> dict[str, Payload]:
        with translated():
            records = self._client.retrieve(self._name, list(ids), with_payload=True)
        return {str(record.id): record.payload or {} for record in records}

    def _scroll(self, where: Where, *, payload: bool = True) -> Iterator[tuple[str, Payload]]:
        offset = None
        while True:
            with translated():
                records, offset = self._client.scroll(
                    self._name,
                    scroll_filter=_filter(where),
                    limit=PAGE,
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
        with translated():
            aliases = self._client.get_aliases().aliases
        names = [each.collection_name for each in aliases if each.alias_name == ALIAS]
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
                        size=made.dimensions, distance=models.Distance.COSINE
                    )
                },
                sparse_vectors_config={
                    BM25: models.SparseVectorParams(modifier=models.Modifier.IDF)
                },
                metadata=made.model_dump(),
            )
            self._client.create_payload_index(
                name,
                TENANT,
                models.KeywordIndexParams(type=models.KeywordIndexType.KEYWORD, is_tenant=True),
            )
            for field in (KIND, DOCUMENT, DIGEST):
                self._client.create_payload_index(name, field, models.PayloadSchemaType.KEYWORD)
        return name, self.open(name)

    def open(self, name: str) -> ServerStore:
        """See `Collections`."""
        return ServerStore(self._client, self, name)

    def promote(self, name: str, made: Made) -> None:
        """See `Collections`. The former collection stays for workers that still read it.

        Collections before the former one are deleted: nobody reads them any more.
        """
        former = self.current()
        move: list[models.AliasOperations] = [
            models.CreateAliasOperation(
                create_alias=models.CreateAlias(collection_name=name, alias_name=ALIAS)
            )
        ]
        if former is not None:
            drop = models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=ALIAS))
            move.insert(0, drop)
        keep = {name, former[0] if former else name}
        with translated():
            self._client.update_collection_aliases(move)
            for each in self._client.get_collections().collections:
                if (
                    each.name.startswith(f"{ALIAS}-{made.schema_version}-")
                    and each.name not in keep
                ):
                    self._client.delete_collection(each.name)

    def close(self) -> None:
        """See `Collections`."""
        self._client.close()


def connect(url: str, api_key: str | None) -> ServerCollections:
    """The collections of the server at `url`. No request is sent yet."""
    return ServerCollections(
        QdrantClient(url=url, api_key=api_key, timeout=TIMEOUT, check_compatibility=False)
    )


@contextmanager
def translated() -> Iterator[None]:
    """Turns the client's errors into ours: the only place that knows them.

    Raises:
        StoreUnreachableError: the server did not answer, or answered with an error.
    """
    try:
        yield
    except (ApiException, QdrantException) as error:
        raise StoreUnreachableError(
            f"The Qdrant server did not do what was asked: {error} What was written before is "
            f"kept. Check ATENDE_QDRANT_URL and ATENDE_QDRANT_API_KEY, and that the server runs; "
            f"then try again."
        ) from error


def _requests(query: Query) -> list[models.QueryRequest]:
    """Three per query: nearest by cosine, the cosine of BM25's best, and BM25."""
    dense = models.NearestQuery(nearest=query.vector.tolist())
    words = bm25().embed_query(query.text)
    sparse = models.NearestQuery(
        nearest=models.SparseVector(indices=words.indices, values=words.values)
    )
    where = _filter(Where(tenant=query.tenant))  # records have no vectors to find
    best = models.Prefetch(query=sparse, using=BM25, filter=where, limit=DEPTH)
    return [
        models.QueryRequest(query=dense, using=DENSE, filter=where, limit=DEPTH),
        models.QueryRequest(query=dense, using=DENSE, prefetch=best, limit=DEPTH),
        models.QueryRequest(query=sparse, using=BM25, filter=where, limit=DEPTH),
    ]


def _filter(where: Where) -> models.Filter:
    fields = {KIND: where.kind, TENANT: where.tenant, DOCUMENT: where.document}
    return models.Filter(
        must=[
            models.FieldCondition(key=key, match=models.MatchValue(value=value))
            for key, value in fields.items()
            if value is not None
        ]
    )


def _point(point: Point) -> models.PointStruct:
    if point.dense is None:
        return models.PointStruct(id=point.id, vector={}, payload=point.payload)
    words = bm25().embed_document(point.text)
    vectors: dict[str, models.Vector] = {
        DENSE: point.dense,
        BM25: models.SparseVector(indices=words.indices, values=words.values),
    }
    return models.PointStruct(id=point.id, vector=vectors, payload=point.payload)
