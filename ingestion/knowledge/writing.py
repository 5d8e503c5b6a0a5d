"""Documents into a store: new chunks are embedded, while those embedded before are written.

One thread embeds (that of `Writer.add`), another one writes. Chunks of small documents share an
embedding call. In memory are only one batch and the chunks of the present document.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from types import TracebackType
from typing import Self

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.embedding import Embedder, Vectors
from ingestion.knowledge.errors import KnowledgeError
from ingestion.knowledge.stores.ids import chunk_ids
from ingestion.knowledge.stores.store import PointStore

#: Chunks per embedding call: bounds memory, and how long a search waits for the model.
EMBED_BATCH = 16

#: Chunks after which the store is tidied while more is written: chunks that are not in their final
#: shape are in memory.
TIDY_EVERY = 20_000

#: Chunks per request that copies vectors.
_COPY_BATCH = 128


def vectors_of(embedder: Embedder, chunks: Sequence[Chunk]) -> list[Vectors]:
    """Vectors of chunks, as `PointStore.write` takes them."""
    vectors = embedder.encode_passages([text for chunk in chunks for text in chunk.findable])
    ends = accumulate(len(chunk.findable) for chunk in chunks)
    return [
        vectors[end - len(chunk.findable) : end] for chunk, end in zip(chunks, ends, strict=True)
    ]


@dataclass(slots=True)
class _OpenDocument:
    """A document that is being written.

    Attributes:
        record: its record.
        keep: ids of all its chunks.
        missing: number of chunks that are not written yet.
        progress: called with the number of chunks that are written.
        done: called once it is complete.
    """

    record: IndexedDocument
    keep: frozenset[str]
    missing: int
    progress: Callable[[int], None]
    done: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _WaitingChunk:
    """A chunk that waits for its vectors."""

    document: _OpenDocument
    id: str
    chunk: Chunk


class Writer:
    """Brings documents of one tenant to new chunks; a context manager.

    A document's facts can be found all the time: its new chunks are written, then its stale ones
    are deleted, then its record is written. After a kill, the same calls end in the same state.

    Args:
        tenant: the clinic; hold it exclusively.
        embedder: the model.
        store: where they are written.
    """

    def __init__(self, tenant: str, embedder: Embedder, store: PointStore) -> None:
        self._tenant = tenant
        self._embedder = embedder
        self._store = store
        self._waiting: list[_WaitingChunk] = []
        self._writing: list[Future[None]] = []
        self._since_tidy = 0
        self._thread = ThreadPoolExecutor(1, "atende-write")

    def add(
        self,
        document: IndexedDocument,
        chunks: Sequence[Chunk],
        *,
        donors: Sequence[str] = (),
        progress: Callable[[int], None] = lambda _: None,
        done: Callable[[], None] = lambda: None,
    ) -> None:
        """Bring a document to these chunks. It may be complete only when a later call returns.

        Args:
            document: its record, written last.
            chunks: all its chunks. Those that are stored are not embedded again.
            donors: names of documents of the tenant whose vectors serve where the text is equal.
            progress: called with the number of stored chunks, in the writing thread.
            done: called once the document is complete, in the writing thread.

        Raises:
            KnowledgeError: the store fails, now or in a write since the last call.
        """
        by_id = dict(zip(chunk_ids(self._tenant, document.name, chunks), chunks, strict=True))
        self._store.begin(self._tenant, document)
        stored = self._store.stored_chunks(self._tenant, document.name)
        missing = {key: chunk for key, chunk in by_id.items() if key not in stored}
        self._renumber(document.name, by_id, stored)
        for key in self._copy(document.name, missing, donors):
            del missing[key]
        target = _OpenDocument(document, frozenset(by_id), len(missing), progress, done)
        if not missing:
            self._write_soon(lambda: self._complete(target))
        self._waiting += [_WaitingChunk(target, key, chunk) for key, chunk in missing.items()]
        while len(self._waiting) >= EMBED_BATCH:
            self._embed()

    def flush(self) -> None:
        """Return when all that was added is complete.

        Raises:
            KnowledgeError: see `add`.
        """
        while self._waiting:
            self._embed()
        while self._writing:
            self._writing.pop(0).result()

    def _embed(self) -> None:
        batch, self._waiting = self._waiting[:EMBED_BATCH], self._waiting[EMBED_BATCH:]
        vectors = vectors_of(self._embedder, [waiting.chunk for waiting in batch])
        self._write_soon(lambda: self._write(batch, vectors))

    def _write_soon(self, step: Callable[[], None]) -> None:
        """Run in order in the writing thread; at most one step waits for it."""
        while len(self._writing) > 1:
            self._writing.pop(0).result()
        self._writing.append(self._thread.submit(step))

    def _write(self, batch: Sequence[_WaitingChunk], vectors: Sequence[Vectors]) -> None:
        start = 0
        for _, group in groupby(batch, key=lambda waiting: id(waiting.document)):
            own = list(group)
            target, chunks = own[0].document, {waiting.id: waiting.chunk for waiting in own}
            rows = vectors[start : start + len(own)]
            start += len(own)
            self._store.write(self._tenant, target.record.name, chunks, rows)
            target.missing -= len(own)
            target.progress(len(target.keep) - target.missing)
            if not target.missing:
                self._complete(target)
        self._since_tidy += len(batch)
        if self._since_tidy >= TIDY_EVERY:
            self._since_tidy = 0
            with suppress(KnowledgeError):  # the end of the ingestion tries again, and reports it
                self._store.tidy()

    def _complete(self, target: _OpenDocument) -> None:
        self._store.complete(self._tenant, target.record, target.keep)
        target.done()

    def _renumber(self, name: str, by_id: Mapping[str, Chunk], stored: Mapping[str, Chunk]) -> None:
        """Chunks that stay, but at another place in the document, or for another period."""
        moves = {
            key: (key, with_questions_of(chunk, stored[key]))
            for key, chunk in by_id.items()
            if key in stored
            and (stored[key].order, stored[key].period) != (chunk.order, chunk.period)
        }
        copy_vectors(self._store, self._tenant, name, moves)

    def _copy(
        self, name: str, missing: Mapping[str, Chunk], donors: Sequence[str]
    ) -> frozenset[str]:
        """Chunks with the text of a stored one get its vectors: a page that moved, a copy."""
        if not missing or not donors:
            return frozenset()
        by_text: dict[str, tuple[str, Chunk]] = {}
        for donor in donors:
            for key, chunk in self._store.stored_chunks(self._tenant, donor).items():
                by_text.setdefault(chunk.indexed, (key, chunk))
        copies = {
            key: (source[0], with_questions_of(chunk, source[1]))
            for key, chunk in missing.items()
            if (source := by_text.get(chunk.indexed))
            and set(chunk.questions) <= set(source[1].questions)
            and chunk.is_table == source[1].is_table
        }
        return copy_vectors(self._store, self._tenant, name, copies)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.flush()
        finally:
            self._thread.shutdown(cancel_futures=True)


def with_questions_of(chunk: Chunk, stored: Chunk) -> Chunk:
    """A chunk with the questions of a stored one, whose vectors it gets."""
    return replace(chunk, questions=stored.questions, drafts=stored.drafts, drafted=stored.drafted)


def rename(
    store: PointStore, tenant: str, before: IndexedDocument, after: IndexedDocument, title: str
) -> None:
    """Give a document another name: its vectors stay, nothing is embedded.

    The chunks are written under the new name, then in one step the new record is written and the
    old one marked as gone, then the old chunks are deleted. A title that came from the name follows
    it; the embedded text (`Chunk.context`) keeps the former title until the document changes.

    Args:
        store: where it is.
        tenant: the clinic; hold it exclusively.
        before: the record as it is; complete.
        after: the record as it shall be.
        title: what its chunks are shown under.
    """
    store.begin(tenant, after)
    stored = store.stored_chunks(tenant, before.name)
    chunks = [chunk.titled(title) for chunk in stored.values()]
    ids = chunk_ids(tenant, after.name, chunks)
    copies = dict(zip(ids, zip(stored, chunks, strict=True), strict=True))
    copy_vectors(store, tenant, after.name, copies)
    store.complete(tenant, after, frozenset(ids), instead_of=before)


def copy_vectors(
    store: PointStore, tenant: str, name: str, copies: Mapping[str, tuple[str, Chunk]]
) -> frozenset[str]:
    """`PointStore.copy` in requests of a bounded size."""
    keys = list(copies)
    written: frozenset[str] = frozenset()
    for start in range(0, len(keys), _COPY_BATCH):
        batch = {key: copies[key] for key in keys[start : start + _COPY_BATCH]}
        written |= store.copy(tenant, name, batch)
    return written
