"""The report's page."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from workers.channels.backfill.report.agreement import Agreement
from workers.channels.backfill.report.gaps import Gaps
from workers.channels.backfill.report.pairs import Pair
from workers.channels.backfill.report.tally import MOST_PAIRS, Tally
from workers.channels.backfill.report.words import left_out, number, reason, share
from workers.contracts.backfill import Backfill, RowStatus
from workers.pages.page import environment

_TEMPLATES: Final = Path(__file__).parent / "templates"
#: Pairs that the page shows of those that differ.
_DIFFERENT: Final = 10


@dataclass(frozen=True, slots=True)
class Made:
    """What a report is made of.

    Attributes:
        backfill: as it was when it was made.
        tally: of its rows.
        gaps: what the documents lack.
        pairs: distinct ones, in the order of their review.
        made_at: Unix seconds.
    """

    backfill: Backfill
    tally: Tally
    gaps: Gaps
    pairs: tuple[Pair, ...]
    made_at: float

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone."""
        return ZoneInfo(self.backfill.plan.time_zone)

    @property
    def cut(self) -> bool:
        """Whether there are more pairs than are kept."""
        return len(self.tally.pairs) == MOST_PAIRS

    @property
    def different(self) -> list[Pair]:
        """Pairs whose answers differ, as many as are shown."""
        return [pair for pair in self.pairs if pair.agreement is Agreement.DIFFERS][:_DIFFERENT]

    def agreeing(self, agreement: Agreement | None) -> int:
        """How many pairs compare so."""
        return sum(pair.agreement is agreement for pair in self.pairs)


def page(made: Made) -> str:
    """A report as HTML."""
    zone = made.zone
    templates = environment(_TEMPLATES)
    templates.filters["when"] = lambda seconds: (
        f"{datetime.fromtimestamp(seconds, zone):%d/%m/%Y %H:%M}"
    )
    templates.filters["number"] = number
    templates.filters["reason"] = reason
    templates.filters["left_out"] = left_out
    tally, statuses = made.tally, made.tally.statuses
    return templates.get_template("backfill.html.j2").render(
        t={"lang": "pt-BR"},
        made=made,
        backfill=made.backfill,
        tally=tally,
        gaps=made.gaps,
        answered=statuses[RowStatus.ANSWERED],
        needs_human=statuses[RowStatus.NEEDS_HUMAN],
        failed=statuses[RowStatus.FAILED],
        left=made.backfill.rows - tally.rows,
        share=share,
        compared=[(each, made.agreeing(each)) for each in (None, *Agreement)],
    )
