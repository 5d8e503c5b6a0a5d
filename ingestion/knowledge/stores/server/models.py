"""Our queries and points as the client of a Qdrant server takes them."""

from collections.abc import Mapping
from typing import Any

from qdrant_client import models

from ingestion.knowledge.stores.payload import BM25, DENSE, LETTERS
from ingestion.knowledge.stores.points import Everywhere, Point, Where
from ingestion.knowledge.stores.query import DEPTH, Query
from ingestion.knowledge.words import (
    Sparse,
    letter_document,
    letter_query,
    word_document,
    word_query,
)


def requests(query: Query) -> list[models.QueryRequest]:
    """Four per query: nearest by cosine, the cosine of the others' best, words, letters."""
    # Records have no vectors to find.
    where = to_filter(
        Where(query.tenant, without=query.without, without_periods=query.without_periods)
    )
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


def to_filter(where: Where | Everywhere) -> models.Filter:
    """The points that are meant."""
    must_not = [
        models.FieldCondition(key=field, match=models.MatchAny(any=sorted(values)))
        for field, values in where.excluded.items()
        if values
    ]
    return models.Filter(
        must=[
            models.FieldCondition(key=key, match=models.MatchValue(value=value))
            for key, value in where.fields.items()
        ],
        must_not=[*must_not] or None,
    )


def to_point(point: Point) -> models.PointStruct:
    """A point with its words and letters."""
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


def by_name(vectors: object) -> dict[str, Any]:
    """A point's vectors by name; every vector of ours has one."""
    return dict(vectors) if isinstance(vectors, Mapping) else {}
