"""A Valkey server with its append-only file that a drill ends by SIGKILL and starts again."""

import subprocess
import time
from pathlib import Path
from typing import Final, Self

import redis as redis_client

from workers.stack import valkey
from workers.stack.ports import free_port

#: Seconds for the server to read its file.
_START_SECONDS: Final = 60.0


class MortalValkey:
    """The server, as `atende up` starts it, on a port that stays the same.

    Args:
        folder: for its file.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Its address."""
        return f"redis://127.0.0.1:{self._port}/0"

    def __enter__(self) -> Self:
        """Start it, and wait until it answers."""
        command = valkey.command(self._port, self._folder)
        self._process = subprocess.Popen(command)  # noqa: S603 - our own command line
        deadline = time.monotonic() + _START_SECONDS
        with redis_client.Redis(port=self._port) as probe:
            while not _answers(probe):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"Valkey has not started in {_START_SECONDS:.0f} s")
                time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def kill(self) -> None:
        """End it between any two writes, and start it again."""
        self.__exit__()
        self.__enter__()


def _answers(probe: "redis_client.Redis") -> bool:
    try:
        return bool(probe.ping())
    except redis_client.RedisError:
        return False
