"""`atende ingest --watch`: follows a folder, and ingests what changed once it stands still."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

from redis import RedisError
from rich.console import Console
from rich.markup import escape
from rich.text import Text
from watchfiles import watch as file_changes

from ingestion.knowledge.errors import KnowledgeError
from workers.commands.support.changes import Settling, stamp_of, targets
from workers.jobs.errors import JobError

#: Seconds for which a file has to stand still before it is read.
_STILL = 1.5
#: Seconds that a file which is written without end holds the others back.
_PATIENCE = 60.0
#: Milliseconds between two looks at files that are held back.
_LOOK = 500
#: Seconds until a change is tried again whose ingestion failed as a whole.
_RETRY = 15.0

#: Endings of files that programs write on their way to a document.
_PASSING = frozenset({".tmp", ".temp", ".part", ".partial", ".crdownload", ".download", ".swp"})

#: Ingests a path, shows its report, returns the exit code.
Ingest = Callable[[Path], int]


def watch(path: Path, ingest: Ingest, console: Console) -> int:
    """Ingest a folder, then whatever changes in it, until Ctrl-C or SIGTERM; the exit code.

    A file that cannot be read fails alone; where the knowledge base or the stack is away, the
    change is kept and tried again.

    Raises:
        JobError: there is no such folder.
    """
    if not path.is_dir():
        raise JobError(f"{path} is no folder: --watch follows a folder. Nothing was changed.")
    root = path.resolve()
    stopping = Event()

    def stop(_number: int, _frame: object) -> None:
        stopping.set()  # a library's clean-up may swallow what is raised: then the loop ends
        raise KeyboardInterrupt

    before = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        follower = _Follower(root, ingest, console)
        for changes in file_changes(
            root,
            watch_filter=lambda _, changed: _is_ours(Path(changed), root),
            rust_timeout=_LOOK,
            yield_on_timeout=True,
            stop_event=stopping,
        ):
            follower.look({Path(changed) for _, changed in changes})
    except KeyboardInterrupt:
        pass
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    console.print("Stopped watching. What was ingested stays; a running stack ends its job.")
    return 0


def _is_ours(path: Path, root: Path) -> bool:
    """Whether it may be a document: not hidden, no lock, no download that is still under way."""
    parts = path.relative_to(root).parts
    hidden = any(part.startswith((".", "~$")) for part in parts)
    return not hidden and path.suffix.lower() not in _PASSING


class _Follower:
    """The changes of one folder, from the first look on."""

    def __init__(self, root: Path, ingest: Ingest, console: Console) -> None:
        self._root = root
        self._ingest = ingest
        self._console = console
        self._settling = Settling(_STILL, _PATIENCE)
        self._not_before = 0.0
        # Everything at first: what changed while nobody watched.
        self._settling.changed(root, None, time.monotonic() - _STILL)
        for file in _just_written(root):
            self._settling.changed(file, stamp_of(file), time.monotonic())

    def look(self, changed: set[Path]) -> None:
        """Take note of changes; ingest those that stand still."""
        now = time.monotonic()
        for path in [*self._settling.waiting, *changed]:
            if path != self._root:
                self._settling.changed(path, stamp_of(path), now)
        if now < self._not_before:
            return
        done = self._settling.settled(now)
        for target in targets(done, self._root) if done else ():
            self._try(target)

    def _try(self, target: Path) -> None:
        shown = target.relative_to(self._root.parent)
        self._console.print(Text(f"{time.strftime('%H:%M:%S')}  {shown}", "dim"))
        try:
            self._ingest(target)
        except (JobError, KnowledgeError, RedisError, OSError) as error:
            self._console.print(f"[red]not ingested:[/red] {escape(str(error))}", highlight=False)
            self._console.print(f"It is tried again in {_RETRY:.0f} s.", style="dim")
            self._not_before = time.monotonic() + _RETRY
            self._settling.changed(target, stamp_of(target), time.monotonic())
        else:
            if target == self._root:
                self._console.print(f"Watching {self._root}; Ctrl-C ends it.", style="dim")


def _just_written(root: Path) -> Iterator[Path]:
    """Files that somebody may be writing right now."""
    recent = time.time() - _STILL
    for file in root.rglob("*"):
        stamp = stamp_of(file)
        if stamp is not None and stamp[1] / 1e9 > recent:
            yield file
