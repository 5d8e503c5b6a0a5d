"""One process of the embedded stack."""

import json
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import psutil

from workers.engine.orphans import die_with_parent


class Child:
    """A process with its own session and log file, which ends when its parent ends.

    Its own session keeps a terminal's Ctrl-C away from it: the stack stops its processes in order.

    Args:
        name: as shown to the user.
        command: the command line.
        env: its whole environment.
        log: file that its output is appended to.
        grace: seconds between SIGTERM and SIGKILL.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        env: Mapping[str, str],
        log: Path,
        grace: float = 10.0,
    ) -> None:
        self.name = name
        self.log = log
        self._command = list(command)
        self._env = dict(env)
        self._grace = grace
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it, or start it again."""
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(  # noqa: S603 - our own command lines
                self._command,
                env=self._env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
                preexec_fn=_end_with_parent,  # noqa: PLW1509 - the starter has no other threads
            )
        return self

    @property
    def pid(self) -> int:
        """Its process id; 0 before it was started."""
        return self._process.pid if self._process else 0

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll() if self._process else 0

    def last_error(self) -> str | None:
        """The message of the last error in its log; None where there is none.

        The log holds JSON lines, and among them what libraries print.
        """
        for line in reversed(self.log.read_text("utf-8", errors="replace").splitlines()):
            try:
                event = json.loads(line)
            except ValueError:
                continue
            if isinstance(event, dict) and event.get("level") == "error":
                return str(event.get("error") or event.get("event"))
        return None

    def stop(self) -> None:
        """SIGTERM, then SIGKILL for it and its children after the grace period."""
        if self._process is None or self._process.poll() is not None:
            return
        descendants = _descendants(self._process.pid)
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(self._grace)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for process in descendants:
            if process.is_running():
                process.kill()

    def kill(self) -> None:
        """SIGKILL now."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def _end_with_parent() -> None:
    die_with_parent(signal.SIGTERM)


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []
