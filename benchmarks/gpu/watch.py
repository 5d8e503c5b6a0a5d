"""What the drain's process does meanwhile: its loop's lag, and processor time by thread."""

import asyncio
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

#: Seconds between two looks at the lag, and between two lines of the report.
LOOK, REPORT = 0.01, 0.5


class Watch:
    """Writes `report.jsonl`, and reads `control.json` for changes of the engine.

    Args:
        folder: for both.
        state: of the engine, put into each line.
        change: called with the number and the limits of a new `control.json`.
    """

    def __init__(
        self,
        folder: Path,
        state: Callable[[], dict[str, Any]],
        change: Callable[[int, dict[str, Any]], None],
    ) -> None:
        self._folder = folder
        self._state = state
        self._change = change
        self._number = 0

    async def run(self) -> None:
        """Until it is cancelled."""
        with (self._folder / "report.jsonl").open("a", buffering=1) as report:
            while True:
                lags = await self._lags()
                self._control()
                line = {"at": time.time(), "lags": lags, "threads": thread_seconds()}
                report.write(json.dumps(line | self._state()) + "\n")

    async def _lags(self) -> list[float]:
        """Seconds by which the loop woke this task too late, over one report's time."""
        lags: list[float] = []
        end = time.perf_counter() + REPORT
        while (now := time.perf_counter()) < end:
            await asyncio.sleep(LOOK)
            lags.append(round(time.perf_counter() - now - LOOK, 5))
        return lags

    def _control(self) -> None:
        try:
            control = json.loads((self._folder / "control.json").read_text())
        except (FileNotFoundError, ValueError):  # none yet, or half written
            return
        if control["number"] != self._number:
            self._number = control["number"]
            self._change(self._number, control["limits"])


def thread_seconds() -> dict[str, float]:
    """Processor seconds so far of this process, by its threads' names.

    Those that Python did not start have the name that the system knows.
    """
    names = {thread.native_id: thread.name for thread in threading.enumerate()}
    tick: Final = os.sysconf("SC_CLK_TCK")
    seconds: dict[str, float] = {}
    for task in Path("/proc/self/task").iterdir():
        try:
            stat = (task / "stat").read_text()
        except OSError:
            continue  # it has ended
        head, _, fields = stat.rpartition(") ")
        name = names.get(int(task.name), f"({head.partition('(')[2]})")
        user, system = fields.split()[11:13]
        seconds[name] = seconds.get(name, 0.0) + (int(user) + int(system)) / tick
    return seconds
