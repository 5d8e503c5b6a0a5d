"""Documents into a store: what is new is embedded, while what was embedded before is written.

One thread embeds (whoever calls `Writer.add`), another one writes. Chunks of small documents share
an embedding call. Nothing waits in memory but one batch, and what the document at work has.
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

#: Chunks after which the store is tidied while more is written: what is not in its final shape
#: lies in memory.
TIDY_EVERY = 20_000

#: Chunks per request that copies vectors.
_COPIED = 128


def embedded(embedder: Embedder, chunks: Sequence[Chunk]) -> list[Vectors]:
    """Vectors of chunks, as `PointStore.write` takes them."""
    vectors = embedder.encode_passages([text for chunk in chunks for text in chunk.findable])
    ends = accumulate(len(chunk.findable) for chunk in chunks)
    return [
        vectors[end - len(chunk.findable) : end] for chunk, end in zip(chunks, ends, strict=True)
    ]


@dataclass(slots=True)
class _Open:
    """A document on its way: `left` of its chunks are not written yet."""

    document: IndexedDocument
    keep: frozenset[str]
    left: int
    progress: Callable[[int], None]
    done: Callable[[], None]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A chunk that waits for its vector."""

    of: _Open
    id: str
    chunk: Chunk


class Writer:
    """Brings documents of one tenant to new chunks; a context manager.

    A document's facts are there all the time: its new chunks are written, then its stale ones go,
    then its record is written. After a kill, the same calls end in the same state.

    Args:
        tenant: the clinic; hold it exclusively.
        embedder: the model.
        store: where to.
    """

    def __init__(self, tenant: str, embedder: Embedder, store: PointStore) -> None:
        self._tenant = tenant
        self._embedder = embedder
        self._store = store
        self._waiting: list[_Wanted] = []
        self._writing: list[Future[None]] = []
        self._untidy = 0
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
            chunks: all its chunks. Those that are there are not embedded again.
            donors: names of documents of the tenant whose vectors serve where the text is equal.
            progress: told how many chunks are there; in the writing thread.
            done: called once the document is complete; in the writing thread.

        Raises:
            KnowledgeError: the store fails, now or in a write since the last call.
        """
        wanted = dict(zip(chunk_ids(self._tenant, document.name, chunks), chunks, strict=True))
        self._store.begin(self._tenant, document)
        known = self._store.stored(self._tenant, document.name)
        missing = {key: chunk for key, chunk in wanted.items() if key not in known}
        self._renumber(document.name, wanted, known)
        for key in self._copied(document.name, missing, donors):
            del missing[key]
        opened = _Open(document, frozenset(wanted), len(missing), progress, done)
        if not missing:
            self._write_soon(lambda: self._complete(opened))
        self._waiting += [_Wanted(opened, key, chunk) for key, chunk in missing.items()]
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
        vectors = embedded(self._embedder, [each.chunk for each in batch])
        self._write_soon(lambda: self._write(batch, vectors))

    def _write_soon(self, step: Callable[[], None]) -> None:
        """In order, in the other thread; one step at most is ahead of it."""
        while len(self._writing) > 1:
            self._writing.pop(0).result()
        self._writing.append(self._thread.submit(step))

    def _write(self, batch: Sequence[_Wanted], vectors: Sequence[Vectors]) -> None:
        start = 0
        for _, group in groupby(batch, key=lambda each: id(each.of)):
            own = list(group)
            opened, chunks = own[0].of, {each.id: each.chunk for each in own}
            rows = vectors[start : start + len(own)]
            start += len(own)
            self._store.write(self._tenant, opened.document.name, chunks, rows)
            opened.left -= len(own)
            opened.progress(len(opened.keep) - opened.left)
            if not opened.left:
                self._complete(opened)
        self._untidy += len(batch)
        if self._untidy >= TIDY_EVERY:
            self._untidy = 0
            with suppress(KnowledgeError):  # the end of the ingestion tries again, and tells
                self._store.tidy()

    def _complete(self, opened: _Open) -> None:
        self._store.complete(self._tenant, opened.document, opened.keep)
        opened.done()

    def _renumber(self, name: str, wanted: Mapping[str, Chunk], known: Mapping[str, Chunk]) -> None:
        """Chunks that stay, but stand elsewhere in the document now."""
        moved = {
            key: (key, with_questions_of(chunk, known[key]))
            for key, chunk in wanted.items()
            if key in known and known[key].order != chunk.order
        }
        copied(self._store, self._tenant, name, moved)

    def _copied(
        self, name: str, missing: Mapping[str, Chunk], donors: Sequence[str]
    ) -> frozenset[str]:
        """Chunks that say what a stored one says get its vectors: a page that moved, a copy."""
        if not missing or not donors:
            return frozenset()
        stored: dict[str, tuple[str, Chunk]] = {}
        for other in donors:
            for key, chunk in self._store.stored(self._tenant, other).items():
                stored.setdefault(chunk.indexed, (key, chunk))
        pairs = {
            key: (same[0], with_questions_of(chunk, same[1]))
            for key, chunk in missing.items()
            if (same := stored.get(chunk.indexed))
            and set(chunk.questions) <= set(same[1].questions)
        }
        return copied(self._store, self._tenant, name, pairs)

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


def rename(store: PointStore, tenant: str, before: IndexedDocument, after: IndexedDocument) -> None:
    """Give a document another name: its vectors stay, nothing is embedded.

    The chunks are written under the new name, then in one step the new record is there and the old
    one is not, then the old chunks go. A title that came from the name follows it; what was
    embedded (`Chunk.context`) keeps the title of before, until the document changes.

    Args:
        store: where it is.
        tenant: the clinic; hold it exclusively.
        before: the record as it is; complete.
        after: the record as it shall be.
    """
    store.begin(tenant, after)
    stored = store.stored(tenant, before.name)
    chunks = [chunk.titled(after.title) for chunk in stored.values()]
    ids = chunk_ids(tenant, after.name, chunks)
    copied(store, tenant, after.name, dict(zip(ids, zip(stored, chunks, strict=True), strict=True)))
    store.complete(tenant, after, frozenset(ids), instead_of=before)


def copied(
    store: PointStore, tenant: str, name: str, pairs: Mapping[str, tuple[str, Chunk]]
) -> frozenset[str]:
    """`PointStore.copy` in requests of a bounded size."""
    keys = list(pairs)
    written: frozenset[str] = frozenset()
    for start in range(0, len(keys), _COPIED):
        batch = {key: pairs[key] for key in keys[start : start + _COPIED]}
        written |= store.copy(tenant, name, batch)
    return written
