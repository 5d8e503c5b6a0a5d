"""How fast documents are ingested, what an unchanged folder costs, and how far one process reaches.

    OMP_NUM_THREADS=1 python benchmarks/ingest.py speed --data ../shared/data
    OMP_NUM_THREADS=1 python benchmarks/ingest.py scale

`speed`: real passages, one Markdown file each, with the embedding model of the settings; its own
encoding of the same chunks is the measure.

`scale`: the embedded store filled step by step. The vectors are random (an embedder that makes unit
vectors from a text's checksum), because the real model would take hours for 100,000 chunks: rates,
memory, disk and latency are the store's and the pipeline's, not the model's. Words are drawn with
Zipf's frequencies from 20,000.
"""

import argparse
import json
import tempfile
import time
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure, keep, show
from ingestion.knowledge.base import Knowledge, open_knowledge
from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.embedding import Vectors
from ingestion.knowledge.rebuild import open_store
from ingestion.knowledge.stores.edge.collections import EdgeCollections
from ingestion.knowledge.writing import EMBED_BATCH
from ingestion.pipeline import Target, ingest_path
from ingestion.settings import IngestionSettings

MIB = 2**20

#: Chunks at which the store is measured.
SIZES = (10_000, 50_000, 100_000)

#: Chunks per document, and words per chunk.
CHUNKS, WORDS = 200, 60


def speed(data: Path, files: int, runs: int) -> list[Figure]:
    """Ingest ÷ encode, and unchanged ÷ first."""
    passages = data / "retrieval" / "faquad" / "passages.jsonl"
    texts = [json.loads(line)["text"] for line in passages.read_text("utf-8").splitlines()]
    measurements = [_speed_once(texts[:files]) for _ in range(runs)]
    command = f"python benchmarks/ingest.py speed --files {files} --runs {runs}"
    ratios, unchanged, rates = zip(*measurements, strict=True)
    return [
        Figure("ingest / encoding of the same chunks", ratios, "", 0.85, command),
        Figure(
            "unchanged folder / first time, with opening", unchanged, "", 0.02, command, most=True
        ),
        Figure("chunks ingested", rates, "/s", None, command),
    ]


def _speed_once(texts: Sequence[str]) -> tuple[float, float, float]:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary, "docs")
        folder.mkdir()
        for number, text in enumerate(texts):
            (folder / f"{number:04}.md").write_text(f"# Passagem {number}\n\n{text}\n", "utf-8")
        settings = IngestionSettings(data_dir=Path(temporary, "data"), qdrant_url=None)
        started = time.monotonic()
        with open_knowledge(settings) as knowledge:
            opened = time.monotonic()
            report = ingest_path(folder, Target("a", knowledge, settings))
            ingested = time.monotonic()
            encoding_seconds = _encoding(knowledge)
        first = ingested - started
        started = time.monotonic()
        with open_knowledge(settings) as knowledge:
            ingest_path(folder, Target("a", knowledge, settings))
        again = time.monotonic() - started
        seconds = ingested - opened
        return encoding_seconds / seconds, again / first, report.chunks / seconds


def _encoding(knowledge: Knowledge) -> float:
    """Seconds of the model alone for all chunks."""
    texts = [
        chunk.indexed
        for document in knowledge.store.documents("a")
        for chunk in knowledge.chunks("a", document.name)
    ]
    started = time.monotonic()
    for start in range(0, len(texts), EMBED_BATCH):
        knowledge.embedder.encode_passages(texts[start : start + EMBED_BATCH])
    return time.monotonic() - started


class RandomEmbedder:
    """Unit vectors from a text's checksum: as many as are wanted, at once."""

    name, dimensions = "random", 384

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Vectors, float32 of shape (len(texts), 384)."""
        rows = [
            np.random.default_rng(zlib.crc32(text.encode())).standard_normal(self.dimensions)
            for text in texts
        ]
        vectors = np.asarray(rows, dtype=np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    encode_queries = encode_passages

    def count_tokens(self, text: str) -> int:
        """Words."""
        return len(text.split())


def scale(sizes: Sequence[int], console: Console) -> list[Figure]:
    """Fill the embedded store, and measure it at each size, before and after its graph is built."""
    table = Table("chunks", "written/s", "unshared MiB", "RSS MiB", "disk MiB", box=None)
    table.add_column("one question / each of 64, ms")
    table.add_column("with a graph")
    table.add_column("its building, s")
    unshared: list[float] = []
    with tempfile.TemporaryDirectory() as temporary:
        knowledge = _random_knowledge(Path(temporary))
        texts, written = _texts(), 0
        for size in sizes:
            started = time.monotonic()
            _fill(knowledge, texts, written, size)
            rate = (size - written) / (time.monotonic() - started)
            written = size
            before, started = _latency(knowledge, texts), time.monotonic()
            knowledge.store.tidy()
            seconds = time.monotonic() - started
            unshared.append(_unshared_mib())
            table.add_row(
                f"{size:,}",
                f"{rate:,.0f}",
                f"{unshared[-1]:,.0f}",
                f"{psutil.Process().memory_info().rss / MIB:,.0f}",
                f"{_disk_mib(Path(temporary)):,.0f}",
                before,
                _latency(knowledge, texts),
                f"{seconds:.1f}",
            )
        knowledge.close()
    console.print("Random vectors, not the model's: see the head of this script.")
    console.print(table)
    name = f"unshared memory at {sizes[-1]:,} chunks"
    command = "python benchmarks/ingest.py scale"
    return [Figure(name, (unshared[-1],), "MiB", None, command)]


def _random_knowledge(folder: Path) -> Knowledge:
    embedder, collections = RandomEmbedder(), EdgeCollections(folder)
    store = open_store(collections, embedder, rebuild=False)
    return Knowledge(embedder, store, collections)


def _texts() -> Iterator[str]:
    generator = np.random.default_rng(7)
    words = np.array([f"palavra{number}" for number in range(20_000)])
    frequencies = 1 / np.arange(1, len(words) + 1)
    while True:
        rows = generator.choice(words, (CHUNKS, WORDS), p=frequencies / frequencies.sum())
        yield from (" ".join(row) for row in rows)


def _fill(knowledge: Knowledge, texts: Iterator[str], written: int, size: int) -> None:
    with knowledge.store.exclusive("a"), knowledge.writer("a") as writer:
        for number in range(written, size, CHUNKS):
            chunks = [Chunk(next(texts), f"Documento {number}") for _ in range(CHUNKS)]
            record = IndexedDocument(
                name=f"{number}.md",
                digest=str(number),
                recipe="1",
                origin="/docs",
                title=f"Documento {number}",
                pages=None,
                chunks=CHUNKS,
                indexed_at=datetime.now(UTC),
            )
            writer.add(record, chunks)


def _latency(knowledge: Knowledge, texts: Iterator[str]) -> str:
    """Milliseconds of a question alone, and of one of 64 in a batch."""
    questions = [("a", " ".join(next(texts).split()[:8])) for _ in range(64)]
    knowledge.search(questions, 5)
    started = time.monotonic()
    knowledge.search(questions, 5)
    together = (time.monotonic() - started) / 64
    started = time.monotonic()
    for question in questions[:16]:
        knowledge.search([question], 5)
    return f"{(time.monotonic() - started) / 16 * 1000:.1f} / {together * 1000:.1f}"


def _unshared_mib() -> float:
    """MiB that no file backs: the rest the kernel drops where memory is short."""
    maps = psutil.Process().memory_maps()
    return float(sum(each.anonymous for each in maps)) / MIB


def _disk_mib(folder: Path) -> float:
    return sum(file.stat().st_blocks * 512 for file in folder.rglob("*") if file.is_file()) / MIB


def main() -> None:
    """Measure what the arguments ask for, and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("speed", "scale"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--files", type=int, default=60)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    options = parser.parse_args()
    if options.what == "speed":
        figures = speed(options.data, options.files, options.runs)
    else:
        figures = scale(options.sizes, Console())
    show(figures)
    keep(figures)


if __name__ == "__main__":
    main()
