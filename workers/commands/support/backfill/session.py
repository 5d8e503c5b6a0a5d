"""One `atende backfill`: read the source, hand its rows over, follow, write, and check the sum."""

import itertools
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from rich.console import Console
from rich.text import Text

from workers.channels.backfill.sources.source import LeftOut, Source, SourceError
from workers.commands.support.backfill.calls import Calls, Json
from workers.commands.support.backfill.following import End, Following
from workers.commands.support.backfill.handing_over import SHOWN, Reading, hand_over, noted
from workers.commands.support.backfill.interrupts import Interrupts
from workers.commands.support.backfill.live_line import LiveLine
from workers.commands.support.backfill.nights import Nights
from workers.commands.support.backfill.options import Asking
from workers.commands.support.backfill.preview import left_out_words, show_first, show_guesses
from workers.commands.support.backfill.results import Results
from workers.commands.support.backfill.totals import ALL_ENDED, INTERRUPTED, Totals
from workers.commands.support.errors import CommandError
from workers.contracts.backfill import BackfillRow
from workers.contracts.result_files import ResultFileError
from workers.stack.errors import ApiError

#: Seconds between two looks at the clock, while the next night is waited for.
_NEXT_LOOK_SECONDS: Final = 5.0


class Session:
    """Carries out one command.

    Args:
        open_source: opens the source, each night anew.
        asking: what was typed of when and where to.
        console: where it is shown.
        clock: Unix seconds.
    """

    def __init__(
        self,
        open_source: Callable[[], Source],
        asking: Asking,
        console: Console,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._open_source = open_source
        self._asking = asking
        self._console = console
        self._interrupts = Interrupts()
        self._line = LiveLine(console)
        self._nights = Nights(asking.hours, clock)
        self._calls = Calls()
        self._reading = Reading()

    def run(self) -> int:
        """Do it; the exit code.

        Raises:
            SourceError: the source cannot be read.
            CommandError: what was typed cannot be done.
            ApiError: the API refuses, or is not there when the command begins.
            ResultFileError: FILE cannot be written.
        """
        source = self._open_source()
        show_guesses(source, self._console)
        if self._asking.dry_run:
            return self._try(source)
        items, shape = _begun(source.rows())
        backfill = self._create(source, shape)
        with self._line:
            try:
                backfill = self._hand_over(items, source, backfill)
            except KeyboardInterrupt:
                return self._stopped_while_reading(backfill)
            if self._asking.detach:
                return self._detached(backfill)
            out = self._results(backfill, shape)
            try:
                return self._follow(backfill, out)
            finally:
                out.close()
