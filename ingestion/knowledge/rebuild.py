"""Which collection serves: the one in use, a first one, or one embedded anew."""

from itertools import islice

from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.stores.collection import Collections, Made
from ingestion.knowledge.stores.payload import MODEL
from ingestion.knowledge.stores.store import KnowledgeStore, StoredDocument
from ingestion.knowledge.writing import EMBED_BATCH, embedded


def open_store(collections: Collections, embedder: Embedder, *, rebuild: bool) -> KnowledgeStore:
    """The collection in use; a new one where there is none, or where a rebuild is asked for.

    Raises:
        EmbeddingMismatchError: it was made by another model, and no rebuild is asked for.
        BusyError: another process writes, and a rebuild would miss it.
    """
    made = Made.by(embedder)
    current = collections.current()
    if current is None:
        name, store = collections.unfinished(made) or collections.create(made)
        collections.promote(name, made)
        return store
    if rebuild:
        return _rebuilt(collections, current[0], embedder)
    current[1].check(made)
    return collections.open(current[0])


def _rebuilt(collections: Collections, former: str, embedder: Embedder) -> KnowledgeStore:
    """Every stored chunk of all tenants, embedded again from its stored text.

    Whichever model made the old vectors: weights may change under one name. Searches see the old
    collection until the new one is full. A rebuild that was killed is taken up where it was.
    """
    made = Made.by(embedder)
    old = collections.open(former)
    with old.alone():
        name, store = collections.unfinished(made) or collections.create(made)
        for stored in old.contents():
            _carry(stored, store, embedder)
        for tenant in store.tenants():
            for gone in _names(store, tenant) - _names(old, tenant):
                store.delete(tenant, gone)
        for key, payload in old.others():
            if payload.get(MODEL, made.embedding) == made.embedding:
                store.add(key, payload)
        collections.promote(name, made)
    old.close()
    store.tidy()  # after the promotion: it may move the collection
    return store


def _carry(stored: StoredDocument, store: KnowledgeStore, embedder: Embedder) -> None:
    """One document into the new collection; what a killed rebuild embedded is there."""
    tenant, document = stored.tenant, stored.document
    known = store.known(tenant, document.name)
    missing = iter([key for key in stored.chunks if key not in known])
    while batch := {key: stored.chunks[key] for key in islice(missing, EMBED_BATCH)}:
        store.write(tenant, document.name, batch, embedded(embedder, list(batch.values())))
    store.settle(tenant, document, frozenset(stored.chunks))
    if document.unfinished:
        store.begin(tenant, document)


def _names(store: KnowledgeStore, tenant: str) -> set[str]:
    return {document.name for document in store.documents(tenant)}
