"""Which collection serves: the one in use, a first one, or one embedded anew."""

from ingestion.knowledge.chunk import chunk_ids
from ingestion.knowledge.collection import Collections, Made
from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.store import KnowledgeStore

#: Chunks per embedding call: bounds memory, and how long a search waits for the model.
EMBED_BATCH = 16


def open_store(collections: Collections, embedder: Embedder, *, rebuild: bool) -> KnowledgeStore:
    """The collection in use; a new one where there is none, or where a rebuild is allowed.

    Raises:
        EmbeddingMismatchError: it was made by another model, and no rebuild is allowed.
    """
    made = Made.by(embedder)
    current = collections.current()
    if current is None:
        name, store = collections.create(made)
        collections.promote(name, made)
        return store
    if rebuild and current[1] != made:
        return _rebuilt(collections, current[0], embedder)
    current[1].check(made)
    return collections.open(current[0])


def _rebuilt(collections: Collections, former: str, embedder: Embedder) -> KnowledgeStore:
    """Every stored chunk of all tenants, embedded again from its stored text."""
    name, store = collections.create(Made.by(embedder))
    old = collections.open(former)
    for stored in old.contents():
        ids = chunk_ids(stored.tenant, stored.document.name, stored.chunks)
        for start in range(0, len(ids), EMBED_BATCH):
            batch = stored.chunks[start : start + EMBED_BATCH]
            vectors = embedder.encode_passages([chunk.indexed for chunk in batch])
            keys = ids[start : start + EMBED_BATCH]
            store.write(
                stored.tenant,
                stored.document.name,
                dict(zip(keys, batch, strict=True)),
                vectors,
            )
        store.settle(stored.tenant, stored.document, frozenset(ids))
    old.close()
    collections.promote(name, Made.by(embedder))
    return store
