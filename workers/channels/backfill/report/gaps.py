"""What the clinic's documents lack: groups of unanswered questions, as advice what to write."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ingestion.folding import fold
from ingestion.knowledge.embedding import Embedder
from workers.channels.backfill.report.clusters import (
    Cluster,
    clusters,
    embedded,
    general,
    searched,
)
from workers.channels.backfill.report.tally import NEAR, Ended
from workers.channels.backfill.report.topics import DURATION, Vocabulary, asked, topic

#: Groups and, of each, questions that are shown.
MOST_GAPS, EXAMPLES = 20, 6


class Gap(NamedTuple):
    """A group of questions that no document answered.

    Attributes:
        names: what it is about, in the patients' words; may be empty.
        asks: the kinds of things that are asked for: "preço".
        size: questions in it.
        central: the one that is nearest to the others.
        examples: further ones, each text once.
        near: title of a document that is near and doesn't answer; empty where none was near.
    """

    names: tuple[str, ...]
    asks: tuple[str, ...]
    size: int
    central: str
    examples: tuple[str, ...]
    near: str = ""

    @property
    def subject(self) -> str:
        """What to write about; empty where neither words nor kinds say it."""
        quoted = [f"“{name}”" for name in self.names]
        return " e ".join(quoted or [ask for ask in self.asks if ask != DURATION])


@dataclass(frozen=True, slots=True)
class Gaps:
    """The groups, the largest first.

    Attributes:
        shown: as many as are shown.
        others: how many further groups there are.
        grouped: questions in groups.
        single: questions that are near to no others.
    """

    shown: tuple[Gap, ...]
    others: int
    grouped: int
    single: int


class _Texts(NamedTuple):
    """Distinct texts, and the questions that have each."""

    texts: list[str]
    rows: list[list[Ended]]

    @property
    def counts(self) -> list[int]:
        return [len(rows) for rows in self.rows]


def gaps(
    unanswered: Sequence[Ended],
    embedder: Embedder,
    nearest: Callable[[str], str],
    note: Callable[[int], None] = lambda _: None,
) -> Gaps:
    """Group unanswered questions; what is asked in the same words is embedded once.

    Args:
        unanswered: rows that a document could have answered.
        embedder: the knowledge base's.
        nearest: the title of the document that a question is nearest to.
        note: see `embedded`.
    """
    distinct = _distinct(unanswered)
    vectors = embedded(embedder, distinct.texts, note)
    groups = clusters(vectors, general(embedder), distinct.counts)
    written = [searched(text) for text in distinct.texts]
    vocabulary = Vocabulary(written)
    shown = tuple(
        _gap(cluster, distinct, written, vocabulary, nearest) for cluster in groups[:MOST_GAPS]
    )
    grouped = sum(cluster.size for cluster in groups)
    return Gaps(shown, len(groups) - len(shown), grouped, len(unanswered) - grouped)


def _distinct(unanswered: Sequence[Ended]) -> _Texts:
    by_text: dict[str, list[Ended]] = {}
    for ended in unanswered:
        by_text.setdefault(fold(ended.row.question).strip(" ?!."), []).append(ended)
    rows = list(by_text.values())
    return _Texts([group[0].row.question.strip() for group in rows], rows)


def _gap(
    cluster: Cluster,
    distinct: _Texts,
    written: Sequence[str],
    vocabulary: Vocabulary,
    nearest: Callable[[str], str],
) -> Gap:
    texts = [distinct.texts[member] for member in cluster.members]
    counts = [len(distinct.rows[member]) for member in cluster.members]
    questions = [written[member] for member in cluster.members]
    rows = [ended for member in cluster.members for ended in distinct.rows[member]]
    near = sum(ended.result.reason in NEAR for ended in rows)
    return Gap(
        names=topic(questions, counts, vocabulary),
        asks=asked(questions, counts),
        size=cluster.size,
        central=texts[0],
        examples=tuple(texts[1 : EXAMPLES + 1]),
        near=nearest(texts[0]) if 2 * near > len(rows) else "",
    )
