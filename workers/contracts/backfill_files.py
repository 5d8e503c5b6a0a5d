"""A file that was uploaded for a backfill: its bytes wait in Redis until a worker has read it."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final, cast

from redis.client import NEVER_DECODE

from workers.contracts import keys
from workers.contracts.backfill_life import LifeStore
from workers.contracts.errors import BackfillClosedError, BackfillFullError, NoBackfillError

_MIB: Final = 1024 * 1024
#: Workers that may end in the middle of a file; then it is unreadable.
_MOST_TAKES: Final = 3
#: Seconds for which a file may be missing: the backfill is made before it is stored.
_MISSING_SECONDS: Final = 900


@dataclass(frozen=True, slots=True)
class BackfillFile:
    """An uploaded file, and the options that it is to be read by: the JSON that came with it."""

    name: str
    data: bytes
    options: str


class FileStore(LifeStore):
    """Uploaded files of backfills."""

    def put_file(
        self, tenant: str, backfill_id: str, name: str, data: bytes, options: str = "{}"
    ) -> bool:
        """Store a file: the backfill is READING until a worker has read it.

        Returns:
            False where the same file waits already: nothing changed.

        Raises:
            NoBackfillError: there is no such backfill.
            BackfillClosedError: it takes no file as it stands; this one was not stored.
            BackfillFullError: too many bytes of the clinic's wait; this one was not stored.
        """
        digest = hashlib.sha256(data + b"\n" + options.encode()).hexdigest()
        most = self._settings.waiting_uploads_mb * _MIB
        verdict = self._run("put_file", backfill_id, tenant, name, options, digest, data, most)
        if verdict == "unknown":
            raise NoBackfillError(backfill_id)
        if verdict == "full":
            raise BackfillFullError(
                "This file was not stored: too many bytes of this clinic's backfills wait for a "
                "worker (ATENDE_WAITING_UPLOADS_MB). Send it again later."
            )
        if verdict == "closed":
            raise BackfillClosedError(
                "This file was not stored: the backfill was cancelled, is paused, or another file "
                "of it waits to be read. Resume it, wait, or use another name."
            )
        return bool(verdict == "stored")

    def take_file(self, backfill_id: str, worker: str, lease_seconds: float) -> BackfillFile | None:
        """Lease the file of a READING backfill; None: another worker has it, or there is none.

        One that ended three workers, or that is gone, makes its backfill UNREADABLE.
        """
        lease_ms, missing = int(lease_seconds * 1000), _MISSING_SECONDS
        if not self._run("take_file", backfill_id, worker, lease_ms, _MOST_TAKES, missing):
            return None
        execute = cast("Any", self._redis).execute_command
        data = execute("GET", keys.backfill_file(backfill_id), **{NEVER_DECODE: []})
        fields = self._redis.hmget(keys.backfill(backfill_id), "file_name", "file_options")
        name, options = cast("list[str | None]", fields)
        return None if data is None else BackfillFile(name or "", data, options or "{}")

    def renew_file(self, backfill_id: str, worker: str, lease_seconds: float) -> bool:
        """Keep a leased file; False: it is no longer this worker's."""
        return bool(self._run("file", backfill_id, worker, "renew", int(lease_seconds * 1000)))

    def file_read(self, backfill_id: str, worker: str) -> bool:
        """All rows of the file are there: RUNNING, or DONE; its bytes go. False: not its holder."""
        return bool(self._run("file", backfill_id, worker, "read", 0))

    def file_unreadable(self, backfill_id: str, worker: str, words: str) -> bool:
        """The file cannot be read: UNREADABLE, with words for the user. False: not its holder."""
        return bool(self._run("file", backfill_id, worker, "unreadable", 0, words))

    def leave_file(self, backfill_id: str, worker: str) -> bool:
        """A worker that stops leaves it to another at once, and no harm is laid to the file."""
        return bool(self._run("file", backfill_id, worker, "leave", 0))
