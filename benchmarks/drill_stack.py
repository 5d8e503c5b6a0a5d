"""The processes of an installation, which a drill ends by SIGKILL and starts again."""

import os
import signal
import subprocess
import time
import urllib.request
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

from workers.stack.command_lines import commands

#: The processes that are ended; beat goes on, as it does little.
MORTAL: Final = ("api", "callbacks", "worker")
_START_SECONDS: Final = 120


class DrillStack:
    """The API, the two workers and beat, each in a process group of its own.

    Args:
        folder: for logs.
        environment: `ATENDE_*` of all.

    Attributes:
        kills: how often each was ended.
        started: when each was last started, Unix seconds.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = dict(os.environ) | dict(environment)
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.kills: Counter[str] = Counter()
        self.started: dict[str, float] = {}

    def __enter__(self) -> Self:
        """Start all, and wait until the API answers."""
        for name in commands(self._folder):
            self._start(name)
        url = f"http://127.0.0.1:{self._environment['ATENDE_PORT']}/healthz"
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError), urllib.request.urlopen(url):
                return self
            time.sleep(0.1)
        self.__exit__()
        raise TimeoutError(f"the API did not start: see {self._folder / 'api.log'}")

    def __exit__(self, *_: object) -> None:
        """End all; what they hold is of no use to anybody after."""
        for name in list(self._processes):
            self._end(name)

    def kill(self, name: str) -> None:
        """End one of them between any two instructions, and start it again."""
        self._end(name)
        self.kills[name] += 1
        self._start(name)

    def stop(self) -> None:
        """End all of them: an outage."""
        self.__exit__()

    def start(self) -> None:
        """Start all of them again after that, and wait until the API answers."""
        self.__enter__()

    def ended(self) -> list[str]:
        """Those that ended by themselves."""
        return [name for name, process in self._processes.items() if process.poll() is not None]

    def _start(self, name: str) -> None:
        environment = self._environment | {
            "ATENDE_DRAIN": str(int(name == "worker")),
            "ATENDE_INTAKE": str(int(name == "callbacks")),
        }
        with (self._folder / f"{name}.log").open("ab") as log:
            self.started[name] = time.time()
            self._processes[name] = subprocess.Popen(  # noqa: S603 - our own command line
                commands(self._folder)[name],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _end(self, name: str) -> None:
        process = self._processes.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
