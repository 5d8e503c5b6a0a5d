"""Builds a collection's search graph (HNSW) in a process of its own.

python -m ingestion.knowledge.stores.edge.graph FOLDER
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import qdrant_edge as edge

from ingestion.knowledge.errors import KnowledgeError

#: What the builder's process runs.
MODULE = "ingestion.knowledge.stores.edge.graph"

#: Niceness of the builder, so that the engine and the searches come first.
_NICE = 10


def build_copy(collection: Path, copy: Path) -> None:
    """Copy a collection that nobody writes, and build the copy's graph.

    Args:
        collection: its folder, flushed.
        copy: the folder to make.

    Raises:
        KnowledgeError: the builder failed; the collection is as it was.
    """
    command = [sys.executable, "-m", MODULE, str(copy)]
    root = str(Path(__file__).parents[4])
    environment = {**os.environ, "PYTHONPATH": root}
    try:
        shutil.copytree(collection, copy)
        builder = subprocess.run(  # noqa: S603 - our own module
            command, check=False, capture_output=True, text=True, env=environment
        )
        lines = builder.stderr.strip().splitlines() or [f"exit code {builder.returncode}"]
        reason = lines[-1] if builder.returncode else ""
    except (OSError, shutil.Error) as error:  # mostly a full disk
        reason = getattr(error, "strerror", None) or type(error).__name__
    if reason:
        shutil.rmtree(copy, ignore_errors=True)
        raise KnowledgeError(
            f"The search graph of the knowledge base could not be built ({reason}). What was "
            f"written is kept and searched without it. Check that the disk has room for a second "
            f"copy of {collection}, and run it again."
        )


def main() -> None:
    """Build the graph of the collection that the argument names."""
    os.nice(_NICE)
    shard = edge.EdgeShard.load(sys.argv[1])
    shard.optimize()
    shard.flush()
    shard.close()


if __name__ == "__main__":
    main()
