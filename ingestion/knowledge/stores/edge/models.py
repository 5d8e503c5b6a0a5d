"""Our queries and points as Qdrant's engine takes them."""

from collections.abc import Mapping
from typing import Any

import qdrant_edge as edge

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


def requests(query: Query) -> list[edge.QueryRequest]:
    """Four per query: nearest by cosine, the cosine of the others' best, words, letters."""
    # Records have no vectors to find.
    where = to_filter(
        Where(query.tenant, without=query.without, without_periods=query.without_periods)
    )
    dense = edge.Query.Nearest([query.vector.tolist()], using=DENSE)
    words = edge.Query.Nearest(_sparse(word_query(query.text)), using=BM25)
    letters = edge.Query.Nearest(_sparse(letter_query(query.typed)), using=LETTERS)
    others = [
        edge.Prefetch(limit=DEPTH, query=query_by, filter=where) for query_by in (words, letters)
    ]
    return [
        edge.QueryRequest(limit=DEPTH, query=dense, filter=where),
        edge.QueryRequest(limit=2 * DEPTH, query=dense, prefetches=others),
        edge.QueryRequest(limit=DEPTH, query=words, filter=where),
        edge.QueryRequest(limit=DEPTH, query=letters, filter=where),
    ]


def _sparse(vector: Sparse) -> edge.SparseVector:
    return edge.SparseVector(vector.indices, vector.values)


def to_filter(where: Where | Everywhere) -> edge.Filter:
    """The points that are meant."""
    must_not = [
        edge.FieldCondition(field, match=edge.MatchAny(sorted(values)))
        for field, values in where.excluded.items()
        if values
    ]
    return edge.Filter(
        must=[
            edge.FieldCondition(key, match=edge.MatchValue(value))
            for key, value in where.fields.items()
        ],
        must_not=[*must_not] or None,
    )


def to_point(point: Point) -> edge.Point:
    """A point with its words and letters."""
    if point.vectors is not None:
        return edge.Point(point.id, dict(point.vectors), point.payload)
    if point.dense is None:
        return edge.Point(point.id, {}, point.payload)
    vectors: dict[str, edge.NamedVector] = {
        DENSE: point.dense,
        BM25: _sparse(word_document(point.text)),
        LETTERS: _sparse(letter_document(point.text)),
    }
    return edge.Point(point.id, vectors, point.payload)


def by_name(vectors: object) -> dict[str, Any]:
    """A point's vectors by name; every vector of ours has one."""
    return dict(vectors) if isinstance(vectors, Mapping) else {}
