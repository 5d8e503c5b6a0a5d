"""The product's drain in a process of its own, as a Celery worker runs it, with the stand-in.

    python -m benchmarks.gpu.drain [--instant FILE]

`--instant` finds passages of that file at once: what bounds then is not the search. Prompts are
written in any case.
"""

import argparse
import json
import signal
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from benchmarks.control_plane import EVIDENCE, NoStore
from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.evidence import Findings
from ingestion.knowledge.search.inquiry import Inquiry
from workers import service
from workers.contracts import logs
from workers.settings import WorkerSettings


class InstantSearch:
    """Finds passages by the question's hash, in no time.

    Args:
        texts: to choose from.
    """

    store = calibrations = NoStore()

    def __init__(self, texts: Sequence[str]) -> None:
        self._passages = [
            Passage(str(number), f"{number:05d}.txt", "", (), None, text, 1.0, 1.0)
            for number, text in enumerate(texts)
        ]

    def warm(self) -> None:
        """Nothing to load."""

    def find(self, inquiries: Sequence[Inquiry], limit: int) -> list[Findings]:
        """So many neighbours, as different for each question as a search's would be."""
        count = len(self._passages)
        starts = (zlib.crc32(each.text.encode()) for each in inquiries)
        return [
            Findings([self._passages[(start + 7 * n) % count] for n in range(limit)], EVIDENCE)
            for start in starts
        ]


def main() -> None:
    """Drain until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--instant", type=Path)
    path = parser.parse_args().instant
    logs.configure()
    if path:
        search = cast("Knowledge", InstantSearch(json.loads(path.read_text("utf-8"))))
        vars(service)["held_knowledge"] = lambda _settings: search
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    drain = service.DrainService(WorkerSettings(), hint=lambda: None)
    drain.start()
    over.wait()
    drain.stop()


if __name__ == "__main__":
    main()
