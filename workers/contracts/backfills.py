"""Backfills in Redis: made, filled with rows, fed to the lane, collected, read, erased.

Every change is one Lua script: idempotent, or fenced by the value that it was decided on. So any
number of feeders may run, and none needs a lease.
"""

from workers.contracts.backfill_feeding import FeedingStore
from workers.contracts.backfill_files import FileStore
from workers.contracts.backfill_results import ResultStore
from workers.contracts.backfill_summaries import SummaryStore


class BackfillStore(FeedingStore, ResultStore, FileStore, SummaryStore):
    """All that is kept of backfills.

    Each part has its file: how they live `backfill_life`, rows `backfill_rows`, the lane
    `backfill_feeding`, what came of rows `backfill_results`, uploaded files `backfill_files`, and
    `backfill_summaries`.
    """
