"""What a backfill came to: counted row by row, with samples, in memory that does not grow."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Self

from workers.channels.backfill.report.pairs import Pair, pair_of
from workers.channels.backfill.report.sample import Sample
from workers.contracts.backfill import BackfillRow, RowResult, RowStatus

#: Reasons of questions that a document could answer.
UNANSWERED: Final = frozenset(
    {"no_documents", "weak_evidence", "unsure", "unsupported", "model_unknown"}
)
#: Those of them where a document was near, and did not surely say it.
NEAR: Final = frozenset({"unsure", "unsupported", "model_unknown"})
EMERGENCY: Final = "emergency"
#: Rows that are kept of each kind.
MOST_UNANSWERED: Final = 5_000
MOST_EMERGENCIES: Final = 200
MOST_ANSWERED: Final = 20
MOST_PAIRS: Final = 20_000
#: Documents whose answers are counted on the page.
_DOCUMENTS: Final = 15
#: Why a row could not be asked at all.
_FAULTS: Final = ("empty", "too_long", "unreadable")


class Version(NamedTuple):
    """What made an answer; empty where it is not known."""

    knowledge: str
    model: str
    prompt: str


@dataclass(slots=True)
class Span:
    """How many rows, and when the first and the last of them ended, Unix seconds."""

    rows: int
    first: float
    last: float

    def add(self, ended_at: float) -> None:
        """One more."""
        self.rows += 1
        self.first, self.last = min(self.first, ended_at), max(self.last, ended_at)


class Ended(NamedTuple):
    """A row as the page shows it."""

    row: BackfillRow
    result: RowResult


@dataclass
class Tally:
    """Counts and samples.

    Attributes:
        rows: that have a result.
        fixed: of those answered, how many asked nothing and got a fixed text.
        reasons: of those that went to a person or failed.
        versions: rows that were searched, by what answered them.
        documents: answers by the first document that they rest on.
        emergencies: the first ones.
        answered: a sample.
        unanswered: questions that a document could answer, a sample.
        pairs: the clinic's own later answers, the first ones.
        later: how many rows have one.
    """

    statuses: Counter[RowStatus] = field(default_factory=Counter)
    fixed: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    versions: dict[Version, Span] = field(default_factory=dict)
    documents: Counter[str] = field(default_factory=Counter)
    emergencies: list[Ended] = field(default_factory=list)
    answered: Sample[Ended] = field(default_factory=lambda: Sample(MOST_ANSWERED))
    unanswered: Sample[Ended] = field(default_factory=lambda: Sample(MOST_UNANSWERED))
    pairs: list[Pair] = field(default_factory=list)
    later: int = 0

    def add(self, row: BackfillRow, result: RowResult) -> None:
        """One more row with its result."""
        self.statuses[result.status] += 1
        self._count_version(result)
        self._count_pair(row, result)
        ended = Ended(row, result)
        if result.status is RowStatus.ANSWERED:
            self._count_answer(ended)
            return
        self.reasons[result.reason or "unknown"] += 1
        if result.reason == EMERGENCY and len(self.emergencies) < MOST_EMERGENCIES:
            self.emergencies.append(ended)
        if result.reason in UNANSWERED:
            self.unanswered.offer(ended)

    def add_all(self, rows: Iterable[tuple[BackfillRow, RowResult]]) -> Self:
        """Several."""
        for row, result in rows:
            self.add(row, result)
        return self

    @property
    def rows(self) -> int:
        """Rows with a result."""
        return self.statuses.total()

    @property
    def unsearched(self) -> int:
        """Rows whose result needed no search: no version answered them."""
        return self.rows - sum(span.rows for span in self.versions.values())

    @property
    def failed_by_chance(self) -> int:
        """Rows that failed and may not fail when they are asked again: they can be asked."""
        return self.statuses[RowStatus.FAILED] - sum(self.reasons[fault] for fault in _FAULTS)

    @property
    def by_document(self) -> list[tuple[str, int]]:
        """The documents that answered most, with how often."""
        return self.documents.most_common(_DOCUMENTS)

    def _count_answer(self, ended: Ended) -> None:
        if ended.result.reason:
            self.fixed += 1
            return
        self.answered.offer(ended)
        if ended.result.citations:
            self.documents[ended.result.citations[0].title] += 1

    def _count_version(self, result: RowResult) -> None:
        version = Version(
            result.knowledge_version or "", result.model or "", result.prompt_version or ""
        )
        if version.knowledge:
            span = self.versions.setdefault(version, Span(0, result.ended_at, result.ended_at))
            span.add(result.ended_at)

    def _count_pair(self, row: BackfillRow, result: RowResult) -> None:
        if not row.later_answer:
            return
        self.later += 1
        if len(self.pairs) < MOST_PAIRS and (pair := pair_of(row, result)):
            self.pairs.append(pair)
