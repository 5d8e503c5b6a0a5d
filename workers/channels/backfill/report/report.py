"""Makes a backfill's report: reads its rows and results once, groups, writes page and pairs."""

import time
from collections.abc import Callable, Iterator

from pydantic import BaseModel

from ingestion.knowledge.base import Knowledge
from workers.channels.backfill.report.errors import NothingToReportError
from workers.channels.backfill.report.gaps import gaps
from workers.channels.backfill.report.page import Made, page
from workers.channels.backfill.report.pairs import by_use, distinct
from workers.channels.backfill.report.pairs_file import written
from workers.channels.backfill.report.tally import Tally
from workers.contracts.backfill import Backfill, BackfillRow, RowResult
from workers.contracts.backfills import BackfillStore

#: Results that are read at once.
_PART = 500


class ReportProgress(BaseModel):
    """How far a report is: rows read, then questions grouped."""

    stage: str
    done: int
    total: int


class ReportMade(BaseModel):
    """What a report came to; page and pairs lie in the store.

    Attributes:
        number: of the newest result in it.
        gaps: groups of questions that no document answers.
    """

    rows: int
    number: int
    gaps: int
    pairs: int


class Reporter:
    """Makes reports.

    Args:
        backfills: where rows and results are, and where page and pairs go.
        knowledge: embeds questions, and knows which document is near.
        note: called often with the progress; it raises where the work must stop.
        clock: Unix seconds.
    """

    def __init__(
        self,
        backfills: BackfillStore,
        knowledge: Knowledge,
        note: Callable[[BaseModel], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._backfills = backfills
        self._knowledge = knowledge
        self._note = note
        self._clock = clock

    def make(self, tenant: str, backfill_id: str) -> ReportMade:
        """Make page and pairs from the results so far, and keep them.

        Raises:
            NothingToReportError: the backfill is gone.
            RecordError: what is stored of it is damaged.
        """
        backfill = self._backfills.get(tenant, backfill_id)
        if backfill is None:
            raise NothingToReportError("There is no such backfill any more. Nothing was made.")
        tally = Tally().add_all(self._rows(backfill))
        unanswered = tally.unanswered.kept
        groups = gaps(
            unanswered,
            self._knowledge.embedder,
            lambda question: self._nearest(tenant, question),
            lambda done: self._note(
                ReportProgress(stage="grouping", done=done, total=len(unanswered))
            ),
        )
        pairs = tuple(by_use(distinct(tally.pairs)))
        made = Made(backfill, tally, groups, pairs, self._clock())
        self._keep(made)
        return ReportMade(
            rows=tally.rows,
            number=backfill.results,
            gaps=len(groups.shown) + groups.others,
            pairs=len(pairs),
        )

    def _rows(self, backfill: Backfill) -> Iterator[tuple[BackfillRow, RowResult]]:
        """Each row with its result, up to the newest result that the backfill had."""
        after, done = 0, 0
        while results := self._backfills.results(backfill.id, after, _PART):
            rows = self._backfills.rows_of(backfill.id, [result.row for result in results])
            yield from (
                (rows[result.row], result)
                for result in results
                if result.row in rows and result.number <= backfill.results
            )
            after, done = results[-1].number, done + len(results)
            self._note(ReportProgress(stage="reading", done=done, total=backfill.rows))

    def _nearest(self, tenant: str, question: str) -> str:
        passages = self._knowledge.search([(tenant, question)], 1)[0]
        return passages[0].title if passages else ""

    def _keep(self, made: Made) -> None:
        number = made.backfill.results
        store, backfill_id = self._backfills, made.backfill.id
        kept = store.put_report(backfill_id, "report", page(made).encode(), number)
        pairs = written(made.pairs, made.zone)
        if not (kept and store.put_report(backfill_id, "pairs", pairs, number)):
            raise NothingToReportError(
                "The backfill was removed while its report was made. Nothing was kept."
            )
