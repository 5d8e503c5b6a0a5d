"""Whether questions without an answer are grouped by the document that would answer them.

    python -m benchmarks.clusters

Of each clinic's labelled questions those of some documents, drawn by chance, stand for what nobody
has written yet: all documents, or two in five, which is nearer to life. A group is right where its
questions are of one document; a document is found where two thirds of some group are its.
Questions that no document answers stand between them, each a document of its own.

The limit was chosen on `clinica`, the folders of `benchmarks/clinics` and every fourth of its
files; the figures are of the next of each four, which nothing was chosen on, and of `laboratorio`.
"""

import argparse
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table
from sklearn.cluster import HDBSCAN
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.figure import Figure, keep, show
from ingestion.folding import fold
from ingestion.knowledge.embedding import Embedder, Vectors, load_embedder
from ingestion.knowledge.settings import KnowledgeSettings
from workers.answering.triage.triage import load_triage
from workers.channels.backfill.report.clusters import (
    LIMIT,
    SMALLEST,
    clusters,
    embedded,
    general,
    searched,
)
from workers.evaluation.questions import read_questions

COMMAND: Final = "python -m benchmarks.clusters"
ROOT: Final = Path(__file__).parents[1]
FILES: Final = ROOT / "benchmarks" / "clinics"
CHOSEN_ON: Final = (
    ROOT / "examples" / "clinica",
    *(FILES / name for name in ("odonto", "oftalmo", "ortopedia")),
)
LABORATORY: Final = ROOT / "examples" / "laboratorio"
#: Shares of the documents that nobody has written; draws of each share.
MISSING: Final = (1.0, 0.4)
DRAWS: Final = 3
#: Of a group's questions, the share that finds their document.
FOUND: Final = 2 / 3
#: Weight of the words where they stand beside the embedding.
WORDS: Final = 0.3
LIMITS: Final = (0.75, LIMIT, 0.85)

#: Places of the questions of each group.
Groups = list[tuple[int, ...]]
#: Groups questions by their texts and vectors.
Grouping = Callable[[Sequence[str], Vectors], Groups]


class Labelled(NamedTuple):
    """A clinic's questions, the document of each, and their vectors."""

    texts: tuple[str, ...]
    documents: tuple[str, ...]
    vectors: Vectors


class Score(NamedTuple):
    """Counts over clinics and draws."""

    questions: int = 0
    grouped: int = 0
    right: int = 0
    documents: int = 0
    found: int = 0
    groups: int = 0

    def plus(self, other: "Score") -> "Score":
        """Both together."""
        return Score(*map(sum, zip(self, other, strict=True)))

    @property
    def purity(self) -> float:
        """Percent of the grouped questions that are of their group's main document."""
        return 100 * self.right / max(self.grouped, 1)

    @property
    def coverage(self) -> float:
        """Percent of the questions that are in a group."""
        return 100 * self.grouped / max(self.questions, 1)

    @property
    def recall(self) -> float:
        """Percent of the documents with questions enough that some group finds."""
        return 100 * self.found / max(self.documents, 1)


def folder(path: Path, embedder: Embedder) -> Labelled:
    """The questions beside a clinic's documents, without those that get a fixed text."""
    questions, _ = read_questions(path / "perguntas.csv")
    triage = load_triage()
    known = [each for each in questions if not triage.of(each.question, "pt")]
    documents = [each.documents[0] if each.documents else f"none {each.id}" for each in known]
    return _labelled([each.question for each in known], documents, embedder)


def file(path: Path, embedder: Embedder) -> Labelled:
    """A clinic of one file."""
    clinic = json.loads(path.read_text("utf-8"))
    questions = [each for each in clinic["questions"] if each["gold"]]
    documents = [each["gold"][0].partition(".")[0] for each in questions]
    return _labelled([each["q"] for each in questions], documents, embedder)


def score(clinic: Labelled, share: float, draw: int, grouping: Grouping) -> Score:
    """Group the questions of a share of the documents."""
    names = sorted(set(clinic.documents))
    random = np.random.default_rng(draw)
    random.shuffle(names)
    missing = set(names[: max(2, int(share * len(names)))])
    places = [place for place, name in enumerate(clinic.documents) if name in missing]
    labels = [clinic.documents[place] for place in places]
    groups = grouping([clinic.texts[place] for place in places], clinic.vectors[places])
    mains = [Counter(labels[place] for place in group).most_common(1)[0] for group in groups]
    large = {name for name, count in Counter(labels).items() if count >= SMALLEST}
    found = {
        name
        for group, (name, count) in zip(groups, mains, strict=True)
        if count >= FOUND * len(group)
    }
    return Score(
        questions=len(places),
        grouped=sum(map(len, groups)),
        right=sum(count for _, count in mains),
        documents=len(large),
        found=len(large & found),
        groups=len(groups),
    )


def total(clinics: Sequence[Labelled], share: float, grouping: Grouping) -> Score:
    """Over clinics and draws."""
    result = Score()
    for clinic in clinics:
        for draw in range(DRAWS if share < 1 else 1):
            result = result.plus(score(clinic, share, draw, grouping))
    return result


def linked(everyday: Vectors, limit: float = LIMIT, words: float = 0.0) -> Grouping:
    """As the report groups; with `words`, their TF-IDF beside the embedding."""

    def grouping(texts: Sequence[str], vectors: Vectors) -> Groups:
        own, others = (_beside(texts, vectors, everyday, words)) if words else (vectors, everyday)
        return [group.members for group in clusters(own, others, [1] * len(texts), limit)]

    return grouping


def hdbscan(everyday: Vectors) -> Grouping:
    """By density (McInnes, Healy and Astels 2017), leaves of its tree."""

    def grouping(texts: Sequence[str], vectors: Vectors) -> Groups:
        own = _unit(vectors - np.vstack([vectors, everyday]).mean(axis=0))
        if len(texts) < SMALLEST:
            return []
        method = HDBSCAN(
            min_cluster_size=SMALLEST, min_samples=1, cluster_selection_method="leaf", copy=True
        )
        labels = method.fit_predict(own)
        return [
            tuple(int(place) for place in np.flatnonzero(labels == label))
            for label in range(labels.max() + 1)
        ]

    return grouping


def _beside(
    texts: Sequence[str], vectors: Vectors, everyday: Vectors, weight: float
) -> tuple[Vectors, Vectors]:
    vectorizer = TfidfVectorizer(
        preprocessor=fold, analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True
    )
    words = vectorizer.fit_transform(map(searched, texts)).toarray().astype(np.float32)
    centre = np.vstack([vectors, everyday]).mean(axis=0)
    own = np.hstack(
        [(1 - weight) ** 0.5 * _unit(vectors - centre), weight**0.5 * _unit(words)]
    ).astype(np.float32)
    # Both are centred already: the rows below leave the mean that `clusters` takes off at nothing.
    return own, -own


def _unit(vectors: Vectors) -> Vectors:
    units: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return units


def _labelled(texts: Sequence[str], documents: Sequence[str], embedder: Embedder) -> Labelled:
    return Labelled(tuple(texts), tuple(documents), embedded(embedder, texts))


def rows(everyday: Vectors) -> Iterator[tuple[str, Grouping]]:
    """The ways that are compared."""
    for limit in LIMITS:
        yield f"average linkage up to {limit}", linked(everyday, limit)
    yield f"and words, up to {LIMIT}", linked(everyday, LIMIT, WORDS)
    yield "and words, up to 0.85", linked(everyday, 0.85, WORDS)
    yield "HDBSCAN", hdbscan(everyday)


def main() -> None:
    """Print the ways beside each other, then the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--every", type=int, default=4, help="take the next of so many files")
    every = parser.parse_args().every
    embedder = load_embedder(KnowledgeSettings())
    everyday = general(embedder)
    files = sorted(FILES.glob("*.json"))
    chosen = [folder(path, embedder) for path in CHOSEN_ON]
    chosen += [file(path, embedder) for path in files[::every]]
    fresh = [file(path, embedder) for path in files[1::every]]
    laboratory = [folder(LABORATORY, embedder)]
    table = Table(
        *("clinics", "missing", "way", "of their document", "in a group", "documents found"),
        "groups a document",
        box=None,
    )
    for name, clinics in (("chosen on", chosen), ("fresh", fresh), ("laboratory", laboratory)):
        for share in MISSING:
            for way, grouping in rows(everyday):
                result = total(clinics, share, grouping)
                table.add_row(
                    name,
                    f"{share:.0%}",
                    way,
                    f"{result.purity:.1f} %",
                    f"{result.coverage:.1f} %",
                    f"{result.recall:.1f} %",
                    f"{result.groups / max(result.found, 1):.2f}",
                )
    Console(width=140).print(table)
    figures = []
    for name, clinics in (("fresh clinics", fresh), ("laboratory", laboratory)):
        result = total(clinics, MISSING[1], linked(everyday))
        figures += [
            Figure(
                f"{name}: unanswered questions in a group of their document",
                (result.purity,),
                "%",
                80.0,
                COMMAND,
            ),
            Figure(
                f"{name}: unanswered questions in a group", (result.coverage,), "%", None, COMMAND
            ),
            Figure(f"{name}: missing documents found", (result.recall,), "%", 60.0, COMMAND),
        ]
    show(figures)
    keep(figures)


if __name__ == "__main__":
    main()
