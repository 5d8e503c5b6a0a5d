"""Searches a second in one process, by threads and pieces, beside a loop that must not wait.

    python -m benchmarks.search_threads --threads 1 2 4 8 --pieces 1 8 32
    python -m benchmarks.search_threads --embedding-ms 4.8

`--embedding-ms` waits for so long a question instead of embedding it, as on a machine with a free
core for each thread: then two cores show what the interpreter alone allows.

The threads search as a worker's do (`Knowledge.find`). Beside them a thread imitates the drain's
loop: it computes for 3 ms of every 10, and notes how much later than it wanted it goes on. A
search's calls into numpy and the embedder leave the interpreter to others, all else holds it; what
a search costs beside its embedding bounds a process, whatever its threads.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice, product
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Lock, Thread
from typing import Final

import numpy as np

from benchmarks import corpora
from ingestion.knowledge.base import Knowledge, open_knowledge
from ingestion.knowledge.embedding import Embedder, Vectors
from ingestion.knowledge.search.evidence import Findings
from ingestion.knowledge.search.inquiry import Inquiry
from ingestion.knowledge.search.search import Searcher
from workers.service import SWITCH_SECONDS
from workers.settings import WorkerSettings
from workers.stack.settings import LocalSettings

#: Passages of each question.
LIMIT: Final = 8
#: Seconds of a turn of the imitated loop, and those of it that it computes.
TURN: Final = 0.01
BUSY: Final = 0.003

#: Findings of inquiries, so many passages each.
Find = Callable[[Sequence[Inquiry], int], list[Findings]]


class Loop(Thread):
    """Computes for some of the time, and notes how late it goes on."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.lags: list[float] = []
        self.cpu_seconds = 0.0
        self._ended = Event()

    def run(self) -> None:
        """Until `end`."""
        while not self._ended.is_set():
            start = time.thread_time()
            while time.thread_time() - start < BUSY:
                sum(range(100))
            due = time.perf_counter() + TURN - BUSY
            time.sleep(TURN - BUSY)
            self.lags.append(time.perf_counter() - due)
        self.cpu_seconds = time.thread_time()

    def end(self) -> None:
        """Returns once it has ended."""
        self._ended.set()
        self.join()


class WaitingEmbedder:
    """An embedder that waits, and returns vectors that were computed before.

    Args:
        embedder: the model.
        seconds: for each text.
    """

    def __init__(self, embedder: Embedder, seconds: float) -> None:
        self.name, self.dimensions = embedder.name, embedder.dimensions
        self.encode_passages, self.count_tokens = embedder.encode_passages, embedder.count_tokens
        self._embedder = embedder
        self._seconds = seconds
        self._vectors: dict[str, Vectors] = {}

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """See `Embedder`."""
        new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if new:
            self._vectors |= dict(zip(new, self._embedder.encode_queries(new), strict=True))
        else:
            time.sleep(len(texts) * self._seconds)
        return np.stack([self._vectors[text] for text in texts])


@dataclass(frozen=True, slots=True)
class Speed:
    """Of one combination: questions a second, a question's processor, the loop's lag at p95."""

    rate: float
    cpu_ms: float
    lag_ms: float


def measure(
    find: Find, questions: Iterator[Inquiry], load: tuple[int, int], seconds: float
) -> Speed:
    """Search for some seconds.

    Args:
        find: the search.
        questions: without end.
        load: threads, and questions that each searches at once.
        seconds: how long.
    """
    threads, piece = load
    lock, end = Lock(), time.perf_counter() + seconds

    def search(_: int) -> int:
        count = 0
        while time.perf_counter() < end:
            with lock:
                batch = list(islice(questions, piece))
            find(batch, LIMIT)
            count += piece
        return count

    loop = Loop()
    loop.start()
    start, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        count = sum(pool.map(search, range(threads)))
    wall, cpu = time.perf_counter() - start, time.process_time() - cpu
    loop.end()
    return Speed(
        count / wall,
        1000 * (cpu - loop.cpu_seconds) / count,
        1000 * float(np.quantile(loop.lags, 0.95)),
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each combination."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", choices=corpora.NAMES, default="faquad")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2, 4, 8])
    parser.add_argument("--pieces", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--questions", type=int, default=512)
    parser.add_argument("--embedding-ms", type=float)
    parser.add_argument("--switch", type=float, default=SWITCH_SECONDS)
    options = parser.parse_args(arguments)
    sys.setswitchinterval(options.switch)
    with TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        corpora.make_data_folder(options.corpus, options.data, data)
        texts = corpora.questions(options.corpus, options.data)[: options.questions]
        inquiries = [Inquiry(LocalSettings().tenant, text) for text in texts]
        with open_knowledge(WorkerSettings(data_dir=data)) as knowledge:
            knowledge.warm()
            find = _find(knowledge, options.embedding_ms)
            for start in range(0, len(inquiries), 32):  # what is read once is read now
                find(inquiries[start : start + 32], LIMIT)
            print("threads  piece  questions/s  ms of a core each  loop late p95, ms")
            questions = cycle(inquiries)
            for threads, piece in product(options.threads, options.pieces):
                speed = measure(find, questions, (threads, piece), options.seconds)
                print(
                    f"{threads:7}  {piece:5}  {speed.rate:11.1f}  {speed.cpu_ms:17.1f}"
                    f"  {speed.lag_ms:17.1f}",
                    flush=True,
                )


def _find(knowledge: Knowledge, embedding_ms: float | None) -> Find:
    if embedding_ms is None:
        return knowledge.find
    embedder = WaitingEmbedder(knowledge.embedder, embedding_ms / 1000)
    return Searcher(embedder, knowledge.store, ranker=knowledge.calibrations.rank).find


if __name__ == "__main__":
    main()
