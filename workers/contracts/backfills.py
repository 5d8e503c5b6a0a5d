"""Backfills in Redis: made, filled with rows, fed to the lane, collected, read, erased.

Every change is one Lua script: idempotent, or fenced by the value that it was decided on. So any
number of feeders may run, and none needs a lease.
"""

from typing import Final

from redis.exceptions import ResponseError

from workers.contracts import keys, logs
from workers.contracts.backfill_feeding import FeedingStore
from workers.contracts.backfill_files import FileStore
from workers.contracts.backfill_results import ResultStore
from workers.contracts.backfill_summaries import SummaryStore
from workers.contracts.connection import may_pass
from workers.contracts.errors import RecordError
from workers.contracts.pieces import pieces
from workers.contracts.question import Outcome, Status

_log = logs.logger(__name__)
#: Questions' records that are erased at once.
_AT_ONCE: Final = 500


class BackfillStore(FeedingStore, ResultStore, FileStore, SummaryStore):
    """All that is kept of backfills.

    Each part has its file: how they live `backfill_life`, rows `backfill_rows`, the lane
    `backfill_feeding`, what came of rows `backfill_results`, uploaded files `backfill_files`, and
    `backfill_summaries`.
    """

    def erase(self, tenant: str, backfill_id: str) -> bool:
        """Leave nothing of a backfill, nor of its questions; False: there is none.

        What a worker has claimed is dropped when it settles. Cut off in the middle it is cancelled,
        and can be erased again. A damaged one is erased, too; records of questions that cannot be
        found then expire within the hour.
        """
        try:
            if self.get(tenant, backfill_id) is None:
                return False
            self.cancel(tenant, backfill_id)
            for ids in pieces(self._recent_questions(backfill_id), _AT_ONCE):
                self._redis.unlink(*map(keys.question, ids))
        except (RecordError, ResponseError) as error:
            if may_pass(error):
                raise
            _log.warning(
                "backfill_erased_damaged", backfill=backfill_id, error=type(error).__name__
            )
        outcome = Outcome(status=Status.CANCELLED, text="", reason="cancelled")
        dropped = outcome.model_dump_json(exclude_defaults=True)
        return bool(self._run("erase", backfill_id, tenant, keys.GROUP, dropped))
