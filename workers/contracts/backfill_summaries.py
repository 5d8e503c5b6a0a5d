"""Summaries of backfills on their way: written once a window or end, sent at least once."""

from dataclasses import dataclass
from typing import Final, cast

from workers.contracts import keys
from workers.contracts.backfill_life import LifeStore

#: Seconds for which mailed summaries count.
_DAY_SECONDS: Final = 86_400


@dataclass(frozen=True, slots=True)
class Summary:
    """A summary that is to be sent.

    Attributes:
        moment: the end of the window, or of the backfill, in Unix seconds: with the id, the fence.
        text: what `note_summary` or `summary_later` was given last: JSON.
        tries: how often it was taken, this time included.
        noted_at: when it was noted.
    """

    backfill_id: str
    tenant: str
    moment: float
    text: str
    tries: int
    noted_at: float


class SummaryStore(LifeStore):
    """Summaries of backfills."""

    def note_summary(self, backfill_id: str, moment: float, text: str = "{}") -> bool:
        """Have a summary sent; False where this moment, or a later one, has its summary already.

        One that was not sent yet is replaced. With no text nothing is sent; that it is over is
        noted.
        """
        return bool(self._run("note_summary", backfill_id, repr(moment), text))

    def take_summary(self, lease_seconds: float) -> Summary | None:
        """Lease the next summary that is due, of all tenants; it is due again after the lease."""
        raw = cast("list[str] | None", self._run("take_summary", int(lease_seconds * 1000)))
        if not raw:
            return None
        backfill_id, tenant, moment, text, tries, noted_at = raw
        return Summary(backfill_id, tenant, float(moment), text, int(tries), float(noted_at))

    def summary_done(self, summary: Summary) -> bool:
        """It was sent, or is given up; False: a newer one has taken its place."""
        moment = repr(summary.moment)
        return bool(self._run("end_summary", summary.backfill_id, moment, "", -1))

    def summary_later(self, summary: Summary, seconds: float, text: str | None = None) -> bool:
        """It is due again after `seconds`, with another text where one is given."""
        text, ms = summary.text if text is None else text, int(seconds * 1000)
        return bool(self._run("end_summary", summary.backfill_id, repr(summary.moment), text, ms))

    def mailed(self, tenant: str) -> int:
        """How many summaries of a clinic's were mailed in the day that is counted now."""
        return int(cast("str | None", self._redis.get(keys.backfill_mails(tenant))) or 0)

    def note_mailed(self, tenant: str) -> None:
        """Count one; a day after the first of them all are forgotten."""
        pipe = self._redis.pipeline(transaction=True)
        pipe.incr(keys.backfill_mails(tenant))
        pipe.expire(keys.backfill_mails(tenant), _DAY_SECONDS, nx=True)
        pipe.execute()
