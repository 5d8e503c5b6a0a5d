"""`atende ingest --watch`: watches a folder, and ingests what changes in it once it is whole."""

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

from rich.console import Console
from rich.text import Text
from watchfiles import watch as file_changes

from workers.commands.support.changed_files import ChangedFiles, stamp_of, targets
from workers.commands.support.errors import USER_ERRORS, CommandError, message_of

#: Seconds for which a file must not change before it is read.
_STILL_SECONDS = 1.5
#: Seconds for which a file that is written without end holds the others back.
_LONGEST_HOLD_SECONDS = 60.0
#: Milliseconds between two looks at files that are held back.
_NEXT_LOOK_MS = 500
#: Seconds until a change is ingested again whose ingestion failed as a whole.
_NEXT_TRY_SECONDS = 15.0

#: Endings of files that programs write on their way to a document.
_TEMPORARY = frozenset({".tmp", ".temp", ".part", ".partial", ".crdownload", ".download", ".swp"})

#: Ingests a path, shows its report, returns the exit code.
Ingest = Callable[[Path], int]


def watch(path: Path, ingest: Ingest, console: Console) -> int:
    """Ingest a folder, then whatever changes in it, until Ctrl-C or SIGTERM; the exit code.

    A file that cannot be read fails alone; while the knowledge base or the stack is away, the
    change is kept and tried again.

    Raises:
        CommandError: there is no such folder.
    """
    if not path.is_dir():
        raise CommandError(f"{path} is not a folder, and --watch needs one. Nothing was changed.")
    root = path.resolve()
    stopping = Event()

    def stop(_number: int, _frame: object) -> None:
        stopping.set()  # a library's clean-up may swallow what is raised: then the loop ends
        raise KeyboardInterrupt

    numbers = (signal.SIGINT, signal.SIGTERM)
    handlers = {number: signal.signal(number, stop) for number in numbers}
    try:
        watcher = _FolderWatcher(root, ingest, console)
        for changes in file_changes(
            root,
            watch_filter=lambda _, changed: _may_be_document(Path(changed), root),
            rust_timeout=_NEXT_LOOK_MS,
            yield_on_timeout=True,
            stop_event=stopping,
        ):
            watcher.look({Path(changed) for _, changed in changes})
    except KeyboardInterrupt:
        pass
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    console.print("Stopped watching. What was ingested stays; a running stack finishes its job.")
    return 0


def _may_be_document(path: Path, root: Path) -> bool:
    """Whether it may be a document: not hidden, no lock, no unfinished download."""
    parts = path.relative_to(root).parts
    hidden = any(part.startswith((".", "~$")) for part in parts)
    return not hidden and path.suffix.lower() not in _TEMPORARY


class _FolderWatcher:
    """The changes of one folder, from the first look on."""

    def __init__(self, root: Path, ingest: Ingest, console: Console) -> None:
        self._root = root
        self._ingest = ingest
        self._console = console
        self._changes = ChangedFiles(_STILL_SECONDS, _LONGEST_HOLD_SECONDS)
        self._next_try_at = 0.0
        # Everything at first: what changed while nobody watched.
        self._changes.note(root, None, time.monotonic() - _STILL_SECONDS)
        for file in _just_written(root):
            self._changes.note(file, stamp_of(file), time.monotonic())

    def look(self, changed: set[Path]) -> None:
        """Note changes; ingest the files that are whole."""
        now = time.monotonic()
        for path in [*self._changes.waiting, *changed]:
            if path != self._root:
                self._changes.note(path, stamp_of(path), now)
        if now < self._next_try_at:
            return
        whole = self._changes.take_whole(now)
        for target in targets(whole, self._root) if whole else ():
            self._try(target)

    def _try(self, target: Path) -> None:
        name = target.relative_to(self._root.parent)
        self._console.print(Text(f"{time.strftime('%H:%M:%S')}  {name}", "dim"))
        try:
            self._ingest(target)
        except USER_ERRORS as error:
            line = Text("not ingested: ", "red").append(message_of(error), "default")
            self._console.print(line, highlight=False)
            self._console.print(f"It is tried again in {_NEXT_TRY_SECONDS:.0f} s.", style="dim")
            self._next_try_at = time.monotonic() + _NEXT_TRY_SECONDS
            self._changes.note(target, stamp_of(target), time.monotonic())
        else:
            if target == self._root:
                self._console.print(f"Watching {self._root}; Ctrl-C ends it.", style="dim")


def _just_written(root: Path) -> Iterator[Path]:
    """Files that somebody may be writing right now."""
    recent = time.time() - _STILL_SECONDS
    for file in root.rglob("*"):
        stamp = stamp_of(file)
        if stamp is not None and stamp[1] / 1e9 > recent:
            yield file
