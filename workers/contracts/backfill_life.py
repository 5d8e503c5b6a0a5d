"""A backfill's life in Redis: made, named, listed, sealed, paused, cancelled, erased."""

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, cast

from redis.exceptions import ResponseError

from workers.contracts import keys, logs, scripts
from workers.contracts.backfill import Backfill, BackfillPlan, BackfillState
from workers.contracts.connection import may_pass
from workers.contracts.errors import BackfillFullError, NoBackfillError, RecordError

if TYPE_CHECKING:
    from redis import Redis

    from workers.contracts.settings import QueueSettings

_log = logs.logger(__name__)
#: Backfills that a clinic may keep.
_MOST_KEPT: Final = 1_000
#: Seconds for which the rate of the last work is told.
_RATE_SECONDS: Final = 60.0


class LifeStore:
    """Backfills in Redis. Every change is one script; see lua/backfills/shared.lua."""

    def __init__(self, redis: "Redis", settings: "QueueSettings") -> None:
        self._redis = redis
        self._settings = settings
        self._retention = settings.retention_hours * 3600
        self._scripts: dict[str, Any] = {}
        self._unreadable: set[str] = set()

    def create(
        self, tenant: str, name: str, source: str, plan: BackfillPlan, *, reading: bool = False
    ) -> tuple[Backfill, bool]:
        """Make a backfill; one of this name is returned as it is, with False.

        Args:
            tenant: the clinic.
            name: names it within the clinic.
            source: what its rows come from, as it may be shown.
            plan: when and how its rows are asked; of one that is there, see `replan`.
            reading: a file will be handed in (`put_file`); else rows (`add_rows`).

        Raises:
            BackfillFullError: the clinic keeps as many as it may.
        """
        state = BackfillState.READING if reading else BackfillState.RECEIVING
        backfill_id, created = self._run(
            "create",
            secrets.token_hex(16),
            tenant,
            keys.backfill_name(tenant, name),
            name,
            source,
            plan.model_dump_json(exclude_defaults=True),
            state,
            _MOST_KEPT,
        )
        if not backfill_id:
            raise BackfillFullError(
                f"This clinic keeps {_MOST_KEPT} backfills, as many as it may; no other was made. "
                "Remove old ones."
            )
        return self._expected(tenant, backfill_id), bool(created)

    def replan(self, tenant: str, backfill_id: str, plan: BackfillPlan) -> Backfill:
        """Ask the rest of a backfill by another plan.

        Raises:
            NoBackfillError: there is no such backfill.
        """
        return self._change(
            tenant, backfill_id, "plan", plan.model_dump_json(exclude_defaults=True)
        )

    def get(self, tenant: str, backfill_id: str) -> Backfill | None:
        """One of this tenant's backfills; another tenant's looks like none.

        Raises:
            RecordError: what is stored cannot be read.
        """
        backfill = next(self._read([backfill_id]), None)
        if isinstance(backfill, RecordError):
            raise backfill
        return backfill if backfill and backfill.tenant == tenant else None

    def named(self, tenant: str, name: str) -> Backfill | None:
        """The backfill of this tenant that has this name."""
        backfill_id = cast("str | None", self._redis.get(keys.backfill_name(tenant, name)))
        return self.get(tenant, backfill_id) if backfill_id else None

    def list(self, tenant: str) -> Sequence[Backfill]:
        """Those of a tenant, the newest first; one that cannot be read is logged and left out."""
        ids = cast("Sequence[str]", self._redis.zrevrange(keys.backfills(tenant), 0, -1))
        return self._readable(ids)

    def running(self) -> Sequence[Backfill]:
        """Those of all tenants that a feeder has work with, the oldest first.

        They are RUNNING, or READING, or have rows in the lane (of which the results are collected
        also where they are PAUSED or CANCELLED), or are DONE and nobody has noted that summary.
        """
        ids = cast("Sequence[str]", self._redis.zrange(keys.BACKFILLS, 0, -1))
        known = self._readable(ids)
        if gone := set(ids).difference(self._present(ids)):
            self._redis.zrem(keys.BACKFILLS, *gone)
        return known

    def note_source(
        self,
        backfill_id: str,
        left_out: Mapping[str, int],
        guesses: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Note what of the source is no question, by reason, and what was guessed of it."""
        counts, known = json.dumps(dict(left_out)), json.dumps([list(each) for each in guesses])
        self._run("note", backfill_id, "left_out", counts, "guesses", known)

    def note_error(self, backfill_id: str, words: str) -> None:
        """Note what went wrong last, for the user, without a patient's words; empty: nothing."""
        self._run("note", backfill_id, "error", words)

    def keep(self, backfill: Backfill, now: float) -> bool:
        """Let one that waits for its window not expire: once in a quarter of the retention."""
        is_old = now - backfill.touched_at > self._retention / 4
        return is_old and bool(self._run("note", backfill.id))

    def seal(self, tenant: str, backfill_id: str) -> Backfill:
        """All rows are there: RECEIVING becomes RUNNING, or DONE where nothing is left.

        Of one in another state nothing changes, but that a PAUSED one is sealed, too.

        Raises:
            NoBackfillError: there is no such backfill.
        """
        return self._change(tenant, backfill_id, "seal")

    def pause(self, tenant: str, backfill_id: str) -> Backfill:
        """Feed no more rows. Those in the lane go on; `withdraw` takes back what nobody claimed.

        The state of what is returned is PAUSED, or one that cannot be paused: READING, or ended.

        Raises:
            NoBackfillError: there is no such backfill.
        """
        return self._change(tenant, backfill_id, "pause")

    def resume(self, tenant: str, backfill_id: str) -> Backfill:
        """Go on with a PAUSED one; of another nothing changes.

        Raises:
            NoBackfillError: there is no such backfill.
        """
        return self._change(tenant, backfill_id, "resume")

    def cancel(self, tenant: str, backfill_id: str) -> Backfill:
        """Ask no more rows, for good. Its results are kept, and DONE stays DONE.

        Raises:
            NoBackfillError: there is no such backfill.
        """
        return self._change(tenant, backfill_id, "cancel")

    # -- for the other parts of the store -------------------------------------------------------

    def _run(self, name: str, *args: str | bytes | float) -> Any:  # noqa: ANN401 - as the script says
        if name not in self._scripts:
            self._scripts[name] = self._redis.register_script(scripts.source(f"backfills/{name}"))
        return self._scripts[name](args=[self._retention, *args])

    def _change(self, tenant: str, backfill_id: str, *args: str) -> Backfill:
        if not self._run("change", backfill_id, tenant, *args):
            raise NoBackfillError(backfill_id)
        return self._expected(tenant, backfill_id)

    def _expected(self, tenant: str, backfill_id: str) -> Backfill:
        backfill = self.get(tenant, backfill_id)
        if backfill is None:
            raise NoBackfillError(backfill_id)
        return backfill

    def _present(self, ids: Sequence[str]) -> Sequence[str]:
        pipe = self._redis.pipeline(transaction=False)
        for backfill_id in ids:
            pipe.exists(keys.backfill(backfill_id))
        return [one for one, there in zip(ids, pipe.execute(), strict=True) if there]

    def _readable(self, ids: Sequence[str]) -> Sequence[Backfill]:
        backfills = []
        for backfill in self._read(ids):
            if isinstance(backfill, RecordError):  # the others are served all the same
                if str(backfill) not in self._unreadable:  # it is looked at several times a second
                    _log.error("backfill_unreadable", error=str(backfill))
                self._unreadable.add(str(backfill))
            else:
                backfills.append(backfill)
        return backfills

    def _read(self, ids: Sequence[str]) -> Iterator[Backfill | RecordError]:
        pipe = self._redis.pipeline(transaction=True)  # a record and its open rows, of one moment
        for backfill_id in ids:
            pipe.hgetall(keys.backfill(backfill_id))
            pipe.hlen(keys.backfill_open(backfill_id))
        pipe.time()
        *replies, (seconds, _) = pipe.execute(raise_on_error=False)
        for backfill_id, raw, open_rows in zip(ids, replies[::2], replies[1::2], strict=True):
            damage = next((each for each in (raw, open_rows) if isinstance(each, Exception)), None)
            if damage is not None:  # a value of another type: of this one; the others are served
                yield _damaged(backfill_id, damage)
            elif raw:
                with suppress(ValueError):
                    if seconds - float(raw.get("rate_at", 0)) > _RATE_SECONDS:
                        raw.pop("rate", None)
                try:
                    yield Backfill.from_hash(raw, open_rows)
                except RecordError as error:
                    yield error


def _damaged(backfill_id: str, error: Exception) -> RecordError:
    """A record of which Redis says that it is none.

    Raises:
        Exception: the same, where Redis itself has trouble.
    """
    if may_pass(error) or not isinstance(error, ResponseError):
        raise error
    return RecordError(f"backfill {backfill_id}", {})
