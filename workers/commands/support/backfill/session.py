"""One `atende backfill`: read the source, hand its rows over, follow, write, and check the sum."""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Final

from rich.console import Console

from workers.channels.backfill.sources.source import LeftOut, Source, SourceError
from workers.channels.backfill.window import Window, window_of
from workers.commands.support.backfill.calls import Calls, GivenUpError, Json
from workers.commands.support.backfill.endings import Endings
from workers.commands.support.backfill.following import End, Following
from workers.commands.support.backfill.handing_over import SHOWN, Reading, hand_over, noted
from workers.commands.support.backfill.interrupts import Interrupts
from workers.commands.support.backfill.live_line import LiveLine
from workers.commands.support.backfill.nights import Nights
from workers.commands.support.backfill.options import Asking
from workers.commands.support.backfill.preview import show_first, show_guesses
from workers.commands.support.backfill.results import Results, check_file
from workers.commands.support.backfill.totals import ALL_ENDED, INTERRUPTED
from workers.commands.support.errors import CommandError
from workers.contracts.backfill import BackfillRow
from workers.contracts.result_files import ResultFileError

#: Seconds between two looks at the clock, while the next night is waited for.
_NEXT_LOOK_SECONDS: Final = 2.0

_Items = Iterable[BackfillRow | LeftOut]


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
        self._clock = clock
        self._nights = Nights(asking.hours, clock)
        self._calls = Calls()
        self._endings = Endings(self._calls, asking, self._line)

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
        self._nights = Nights(self._hours(backfill), self._clock)
        self._calls.be_patient(self._away, self._wait)
        with self._line:
            try:
                reading, backfill = self._hand_over(items, source, backfill)
                if self._asking.detach:
                    return self._endings.detached(reading, backfill)
                with self._interrupts:
                    return self._follow(reading, backfill, shape)
            except KeyboardInterrupt:
                return self._endings.stopped_while_reading(backfill)
            except GivenUpError:
                return self._endings.given_up(backfill)

    def _try(self, source: Source) -> int:
        """Read all of the source, and ask nothing."""
        reading = Reading()
        with self._line:
            for _ in noted(source.rows(), reading, lambda: self._read_one(reading)):
                pass
        self._show_first(reading)
        self._line.say(f"{reading.words} Nothing was asked.")
        return ALL_ENDED

    def _create(self, source: Source, shape: str) -> Json:
        """The backfill of this source; FILE is looked at before anything is changed."""
        name = self._asking.name or source.name
        known = self._calls.named(name)
        if self._asking.out is not None:
            check_file(self._asking.out, shape, known["id"] if known else "")
        fields = {"name": name, "source": source.name, **self._asking.plan}
        backfill, created = self._calls.create(fields)
        self._nights = Nights.of_plan(backfill["plan"], self._clock)
        if not created:
            self._line.say(
                f"This goes on with the backfill {name}, {backfill['rows']} rows so far."
            )
            self._again(backfill)
        return backfill

    def _hours(self, backfill: Json) -> Window:
        """The backfill's window: what was not typed now stays as it was typed before."""
        plan = backfill["plan"]
        return window_of(plan["window"], plan["time_zone"])

    def _again(self, backfill: Json) -> None:
        """Ask some rows again, where that is wanted."""
        if self._asking.redo:
            fields = {"status": list(self._asking.redo)}
            reply = self._calls.change(backfill["id"], "redo", fields)
            self._line.say(f"{reply['again']} rows are asked again.")

    def _hand_over(self, items: _Items, source: Source, backfill: Json) -> tuple[Reading, Json]:
        """Hand the source's rows over; what was read, and the record after that."""
        self._nights.note_reading()
        reading = Reading()
        rows = noted(items, reading, lambda: self._read_one(reading))
        hand_over(rows, self._calls, backfill["id"], reading)
        self._show_first(reading)
        backfill = self._calls.seal(backfill["id"], reading.left_out, source.guesses())
        self._line.say(reading.words)
        if backfill["state"] == "paused":
            backfill = self._calls.change(backfill["id"], "resume")
        return reading, backfill

    def _read_one(self, reading: Reading) -> None:
        """Between two things that are read."""
        if self._interrupts.count:
            raise KeyboardInterrupt
        self._line.read(reading)
        if len(reading.first) == SHOWN:
            self._show_first(reading)

    def _show_first(self, reading: Reading) -> None:
        """Show the first questions, once."""
        if not reading.shown:
            reading.shown = True
            show_first(reading.first, self._console)

    def _follow(self, reading: Reading, backfill: Json, shape: str) -> int:
        """Until all is done, or for every night until Ctrl-C."""
        out = Results(self._calls, backfill["id"], self._asking.needed_out, shape)
        following = Following(
            self._calls, backfill["id"], out, self._line, self._interrupts, self._nights
        )
        every_night = self._asking.every_night
        try:
            while True:
                end = following.run(lambda: every_night and self._nights.due)
                if end is End.INTERRUPTED:
                    return self._endings.interrupted(backfill, out)
                if end is End.ALL:
                    code = self._endings.all_ended(reading, backfill, out)
                    if not every_night:
                        return code
                    if not self._sleep():
                        return INTERRUPTED
                reading = self._read_again(backfill) or reading
        except ResultFileError:
            if self._calls.change(backfill["id"], "pause")["state"] == "paused":
                self._line.say("The backfill is paused: FILE cannot take what comes.", "yellow")
            raise
        finally:
            out.close()

    def _sleep(self) -> bool:
        """Wait for the next night; whether it came, and not Ctrl-C."""
        night = self._nights.next_night
        when = f", {night:%d/%m %H:%M}" if night else ""
        self._line.say(f"Waiting for the next night{when}. Ctrl-C ends.")
        while not self._nights.due:
            self._interrupts.wait(_NEXT_LOOK_SECONDS)
            if self._interrupts.count:
                self._line.say("Ended. Type the same line to go on with the next nights.")
                return False
        return True

    def _read_again(self, backfill: Json) -> Reading | None:
        """Hand over what is new in the source; None where it cannot be read tonight."""
        self._nights.note_reading()
        try:
            source = self._open_source()
            return self._hand_over(source.rows(), source, backfill)[0]
        except SourceError as error:
            self._line.say(f"{error} It is read again next night.", "yellow")
            return None

    def _away(self, trouble: str) -> None:
        self._line.say(
            f"{trouble} What it had taken is kept. Waiting for it; `atende doctor` checks each "
            "part.",
            "yellow",
        )

    def _wait(self, seconds: float) -> None:
        self._interrupts.wait(seconds)
        if self._interrupts.count:
            raise GivenUpError


def _begun(items: Iterator[BackfillRow | LeftOut]) -> tuple[_Items, str]:
    """The same items, and the shape of the first row.

    Raises:
        CommandError: there is no row at all.
    """
    before: list[BackfillRow | LeftOut] = []
    for item in items:
        before.append(item)
        if isinstance(item, BackfillRow):
            return chain(before, items), item.shape
    reading = Reading()
    for item in before:
        reading.note(item)
    raise CommandError(f"{reading.words} Nothing was asked. Look at the guesses above, if any.")
