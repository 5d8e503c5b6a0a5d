"""The knowledge base that this process holds open: the drain and the tasks share it."""

from threading import Lock

from ingestion.knowledge.base import Knowledge, open_knowledge
from workers.contracts import logs
from workers.settings import WorkerSettings

_log = logs.logger(__name__)
_lock = Lock()
_held: list[Knowledge] = []


def held_knowledge(settings: WorkerSettings) -> Knowledge:
    """The knowledge base, opened at the first call: the embedded store has one owner.

    Raises:
        KnowledgeError: it cannot be opened; the message says what to do.
    """
    with _lock:
        if not _held:
            _held.append(open_knowledge(settings))
            _warn_where_uncalibrated(_held[0])
        return _held[0]


def close_knowledge() -> None:
    """Close it, so that another process can own the embedded store."""
    with _lock:
        while _held:
            _held.pop().close()


def _warn_where_uncalibrated(knowledge: Knowledge) -> None:
    if knowledge.calibrations.of_embedding() is None:
        _log.warning(
            "embedding_uncalibrated",
            embedding=knowledge.embedder.name,
            meaning="the gate stops nothing, and the search's weights are another model's",
            advice="run `atende calibrate --embedding`",
        )
