"""The knowledge base that this process holds open: the drain and the ingest task share it."""

from threading import Lock

from ingestion.knowledge.base import Knowledge, open_knowledge
from workers.settings import WorkerSettings

_lock = Lock()
_held: list[Knowledge] = []


def held_knowledge(settings: WorkerSettings) -> Knowledge:
    """Open the knowledge base, once per process: the embedded store has one owner.

    Raises:
        KnowledgeError: it cannot be opened; the message says what to do.
    """
    with _lock:
        if not _held:
            _held.append(open_knowledge(settings))
        return _held[0]


def release_knowledge() -> None:
    """Close it, so that another process may own the embedded store."""
    with _lock:
        while _held:
            _held.pop().close()
