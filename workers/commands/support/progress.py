"""The bars that a command shows while a job runs."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from ingestion.report import Event


class _Bar:
    """A bar that is gone at its end. Use it as a context manager."""

    def __init__(
        self, console: Console, label: str, total: int | None, clock: ProgressColumn
    ) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            clock,
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task(label, total=total)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()


class QuestionBar(_Bar):
    """A bar over questions; call it with the number that is done.

    Args:
        console: where it is shown.
        label: what is done.
        total: how many there are; None: it is not known before the first call.
    """

    def __init__(self, console: Console, label: str, total: int | None) -> None:
        super().__init__(console, label, total, TimeRemainingColumn())

    def __call__(self, done: int, total: int | None = None) -> None:
        """Show that so many are done, of so many where that was not known."""
        self._progress.update(self._task, completed=done, total=total)


class FileBar(_Bar):
    """A bar over files; call it with each event, from wherever the ingestion runs."""

    def __init__(self, console: Console) -> None:
        super().__init__(console, "", None, TimeElapsedColumn())

    def __call__(self, event: Event) -> None:
        """Show an event."""
        chunks = f" ({event.chunks_done}/{event.chunks_total})" if event.chunks_total else ""
        self._progress.update(
            self._task,
            description=Text(f"{event.name}{chunks}").markup,
            completed=event.done,
            total=event.total,
        )
