"""Which changed files are whole by now, and what has to be ingested for them."""

import os
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

#: Size and time of change of a file, or None where there is none.
Stamp = tuple[int, int] | None


def stamp_of(path: Path) -> Stamp:
    """How a file stands now; a folder counts as none: its files are what changes."""
    try:
        found = path.stat()
    except OSError:
        return None
    return None if path.is_dir() else (found.st_size, found.st_mtime_ns)


@dataclass(slots=True)
class Settling:
    """Files that changed, each held back until it has stood still for `still` seconds.

    A file that a scanner or a download still writes would be read half. One that is written
    without end holds the others back for `patience` seconds at most.
    """

    still: float
    patience: float
    _since: dict[Path, tuple[Stamp, float]] = field(default_factory=dict)
    _first: float = 0.0

    def changed(self, path: Path, stamp: Stamp, now: float) -> None:
        """Note that a file changed, or that it was looked at again."""
        if not self._since:
            self._first = now
        before = self._since.get(path)
        if before is None or before[0] != stamp:
            self._since[path] = (stamp, now)

    @property
    def waiting(self) -> list[Path]:
        """Files that are held back."""
        return list(self._since)

    def settled(self, now: float) -> set[Path]:
        """Take what stands still: all at once, so that a renamed file is seen at both its names.

        Where patience ends before all stand still: the files that do. What is gone waits on, since
        only a look at the whole folder shows it.
        """
        moving = {path for path, (_, since) in self._since.items() if now - since < self.still}
        if moving and now - self._first < self.patience:
            return set()
        done = {
            path
            for path, (stamp, _) in self._since.items()
            if path not in moving and (not moving or stamp is not None)
        }
        for path in done:
            del self._since[path]
        self._first = now
        return done


def targets(changed: Collection[Path], root: Path) -> list[Path]:
    """What to ingest for these changes: single files, or the folder that holds them all.

    A file that went is noticed by ingesting the folder that held it; and what went here may have
    come there, so then one folder is ingested that holds every change.
    """
    if root in changed or all(path.is_file() for path in changed):
        return [root] if root in changed else sorted(changed)
    common = Path(os.path.commonpath([path.parent for path in changed]))
    while not common.is_dir() and common != root:
        common = common.parent
    return [common if common.is_relative_to(root) else root]
