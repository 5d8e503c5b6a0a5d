"""Changed files: which of them are whole by now, and what has to be ingested for them."""

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

#: Size and time of change of a file, or None where there is none.
Stamp = tuple[int, int] | None


def stamp_of(path: Path) -> Stamp:
    """A file's stamp now; None for a folder, since only its files change."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return None if path.is_dir() else (stat.st_size, stat.st_mtime_ns)


@dataclass(slots=True)
class ChangedFiles:
    """Files that changed, each held back until it is whole.

    A file that a scanner or a download still writes would be read half. One that is written
    without end holds the others back for a time only.

    Attributes:
        still_seconds: a file that has not changed for so long is whole.
        longest_hold_seconds: longest time for which one file holds the others back.
    """

    still_seconds: float
    longest_hold_seconds: float
    _stamps: dict[Path, tuple[Stamp, float]] = field(default_factory=dict)
    _held_since: float = 0.0

    def note(self, path: Path, stamp: Stamp, now: float) -> None:
        """Note a file's stamp: after a change, and whenever it is looked at again."""
        if not self._stamps:
            self._held_since = now
        earlier = self._stamps.get(path)
        if earlier is None or earlier[0] != stamp:
            self._stamps[path] = (stamp, now)

    @property
    def waiting(self) -> list[Path]:
        """Files that are held back."""
        return list(self._stamps)

    def take_whole(self, now: float) -> set[Path]:
        """Take the files that are whole: all at once, so that a rename is seen at both its names.

        Where the longest hold ends before all are whole: those that are. A file that is gone waits
        on, since only a look at the whole folder shows it.
        """
        moving = {
            path for path, (_, since) in self._stamps.items() if now - since < self.still_seconds
        }
        if moving and now - self._held_since < self.longest_hold_seconds:
            return set()
        whole = {
            path
            for path, (stamp, _) in self._stamps.items()
            if path not in moving and (not moving or stamp is not None)
        }
        for path in whole:
            del self._stamps[path]
        self._held_since = now
        return whole


def targets(changed: Collection[Path], root: Path) -> list[Path]:
    """What to ingest for these changes: single files, or the folder that holds them all.

    A file that is gone is noticed by ingesting the folder that held it; and it may have been moved
    to another folder, so then one folder is ingested that holds every change.
    """
    if root in changed or all(path.is_file() for path in changed):
        return [root] if root in changed else sorted(changed)
    common = Path(os.path.commonpath([path.parent for path in changed]))
    while not common.is_dir() and common != root:
        common = common.parent
    return [common if common.is_relative_to(root) else root]
