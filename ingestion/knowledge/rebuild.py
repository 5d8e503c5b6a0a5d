"""Which collection serves: the one in use, a first one, or one embedded anew."""

from itertools import islice

from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.stores.collection import Collection, Collections, Maker
from ingestion.knowledge.stores.payload import MODEL
from ingestion.knowledge.stores.store import PointStore, StoredDocument
from ingestion.knowledge.writing import EMBED_BATCH, vectors_of


def open_store(collections: Collections, embedder: Embedder, *, rebuild: bool) -> PointStore:
    """The collection in use; a new one where there is none, or where a rebuild is asked for.

    Raises:
        EmbeddingMismatchError: it was made by another model, and no rebuild is asked for.
        BusyError: another process writes, and a rebuild would miss it.
    """
    maker = Maker.by(embedder)
    current = collections.current()
    if current is None:
        name, store = collections.unfinished(maker) or collections.create(maker)
        collections.promote(name, maker)
        return store
    if rebuild:
        return _rebuild(collections, current, embedder)
    current.maker.check(maker)
    return collections.open(current.name)


def _rebuild(collections: Collections, former: Collection, embedder: Embedder) -> PointStore:
    """A collection of every stored chunk of all tenants, embedded again from its stored text.

    Whichever model made the old vectors: weights may change under one name. Searches see the old
    collection until the new one is full. A rebuild that was killed is continued.
    """
    maker = Maker.by(embedder)
    # What was made for other vectors, a calibration say, is not true of these.
    is_same_schema = former.maker.schema_version == maker.schema_version
    old = collections.open(former.name)
    with old.alone():
        name, store = collections.unfinished(maker) or collections.create(maker)
        for stored in old.contents():
            _embed_again(stored, store, embedder)
        for tenant in store.tenants():
            for name_gone in _names(store, tenant) - _names(old, tenant):
                store.delete(tenant, name_gone)
        for key, payload in old.others():
            if MODEL not in payload or (is_same_schema and payload[MODEL] == maker.embedding):
                store.add(key, payload)
        collections.promote(name, maker)
    old.close()
    store.tidy()  # after the promotion: it may move the collection
    return store


def _embed_again(stored: StoredDocument, store: PointStore, embedder: Embedder) -> None:
    """One document into the new collection, but for chunks that a killed rebuild embedded."""
    tenant, document = stored.tenant, stored.document
    stored_ids = store.stored_ids(tenant, document.name)
    missing = iter([key for key in stored.chunks if key not in stored_ids])
    while batch := {key: stored.chunks[key] for key in islice(missing, EMBED_BATCH)}:
        store.write(tenant, document.name, batch, vectors_of(embedder, list(batch.values())))
    store.complete(tenant, document, frozenset(stored.chunks))
    if document.unfinished:
        store.begin(tenant, document)


def _names(store: PointStore, tenant: str) -> set[str]:
    return {document.name for document in store.documents(tenant)}
