"""Keys that occur once in a source, however many rows it has."""

import sqlite3
from hashlib import blake2b
from typing import Final, Self

from workers.channels.backfill.sources.source import SourceError

_SEE: Final = (
    "INSERT INTO seen VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times"
)


class Occurrences:
    """Tells keys that were seen before; SQLite keeps them in a file of its own, not in memory."""

    def __init__(self) -> None:
        self._seen = sqlite3.connect("", isolation_level=None)  # a file that goes with it
        self._seen.execute("PRAGMA journal_mode=OFF")
        self._seen.execute("BEGIN")
        self._seen.execute("CREATE TABLE seen (mark BLOB PRIMARY KEY, times INTEGER) WITHOUT ROWID")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._seen.close()

    def unique(self, key: str) -> str:
        """The key, or with the first suffix under which it was not seen: `7`, `7#2`, `7#3`.

        Raises:
            SourceError: there is no room for the file.
        """
        while (times := self._times(key)) > 1:
            name = f"{key}#{times}"
            if self._times(name) == 1:
                return name
        return key

    def _times(self, key: str) -> int:
        """How often a key was seen, this time included."""
        mark = blake2b(key.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        try:
            times: int = self._seen.execute(_SEE, (mark,)).fetchone()[0]
        except sqlite3.Error as error:
            raise SourceError(
                f"The ids of a large source need room for temporary files ({error}). Rows that "
                f"were read before are kept. Make room (TMPDIR names the folder), and run the same "
                f"command again."
            ) from error
        return times
