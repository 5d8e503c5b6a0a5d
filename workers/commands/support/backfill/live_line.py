"""The line that moves while rows are answered; without a terminal a line now and then."""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn
from rich.table import Column
from rich.text import Text

from workers.commands.support.backfill.handing_over import Reading
from workers.commands.support.backfill.totals import Totals

#: Seconds between two lines where no terminal shows one that moves.
_NEXT_LINE_SECONDS: Final = 30.0
#: Columns of a terminal that has room for a long bar.
_WIDE: Final = 110
_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86400


class LiveLine:
    """Shows how far a backfill is. Use it as a context manager.

    Args:
        console: where it is shown.
        clock: seconds, monotonic.
    """

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._clock = clock
        self._progress = Progress(
            TaskProgressColumn(table_column=Column(min_width=4, no_wrap=True)),
            BarColumn(bar_width=24 if console.width >= _WIDE else 8),
            TextColumn("{task.fields[words]}"),
            console=console,
            transient=True,
            refresh_per_second=4,
        )
        self._task = self._progress.add_task("", total=None, words="")
        self._last = (clock(), "")
        self._said = ""

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._progress.stop()

    def read(self, reading: Reading) -> None:
        """Show how much of the source was read."""
        left_out = reading.left_out.total()
        also = f", {left_out} left out" if left_out else ""
        self._show(f"reading the source: {reading.rows} questions{also}", None)

    def show(self, totals: Totals, rate: float | None, note: str = "") -> None:
        """Show how far it is.

        Args:
            totals: what became of the rows.
            rate: rows a second lately; None: it is not known.
            note: what else there is to say, as that it waits for its window.
        """
        parts = [totals.words]
        if note:  # what keeps it says more than a rate that does not hold
            parts.append(note)
        elif rate and totals.left:
            parts += [rate_words(rate), f"{duration_words(totals.left / rate)} to go"]
        self._show(" · ".join(parts), totals)

    def say(self, sentence: str, style: str = "") -> None:
        """Print a sentence above the line; the same one twice in a row is printed once."""
        if sentence != self._said:
            self._said = sentence
            self._console.print(
                Text(sentence, style), highlight=False, soft_wrap=not self._console.is_terminal
            )

    def _show(self, words: str, totals: Totals | None) -> None:
        if self._console.is_terminal:
            self._progress.update(
                self._task,
                completed=totals.ended if totals else 0,
                total=totals.rows if totals else None,
                words=Text(words).markup,
            )
            return
        now = self._clock()
        if now - self._last[0] >= _NEXT_LINE_SECONDS:
            if self._last[1] != words:
                self._console.print(Text(words), highlight=False, soft_wrap=True)
            self._last = (now, words)


def rate_words(rate: float) -> str:
    """Rows a second, or a minute where they are few.

    >>> rate_words(12.34), rate_words(0.05)
    ('12.3/s', '3.0/min')
    """
    return f"{rate:.1f}/s" if rate >= 1 else f"{rate * _MINUTE:.1f}/min"


def duration_words(seconds: float) -> str:
    """A time that is left, in the two largest units.

    >>> duration_words(75), duration_words(3 * 3600 + 61), duration_words(49 * 3600)
    ('1 min 15 s', '3 h 1 min', '2 d 1 h')
    """
    whole = int(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"
