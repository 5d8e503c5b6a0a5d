"""A clinic's stack around `atende backfill`: API, feeder and a worker, with a real Valkey."""

import csv
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis import Redis
from werkzeug.serving import make_server

from api.server import create_app
from api.settings import ApiSettings
from workers.contracts.backfill import Backfill
from workers.contracts.backfills import BackfillStore
from workers.contracts.settings import QueueSettings

Row = Mapping[str, str]


@dataclass(frozen=True)
class BackfillBench:
    """Types commands as a user does, and reads what they left."""

    redis: Redis
    settings: QueueSettings
    folder: Path
    url: str
    key: str

    @property
    def store(self) -> BackfillStore:
        return BackfillStore(self.redis, self.settings)

    def source(self, texts: Iterable[str], name: str = "perguntas.csv") -> Path:
        """A table with these questions, as Excel in Brazil writes it."""
        path = self.folder / name
        with path.open("w", encoding="cp1252", newline="") as file:
            table = csv.writer(file, delimiter=";", lineterminator="\r\n")
            table.writerow(["Protocolo", "Canal", "Mensagem"])
            table.writerows([f"P{n}", "Site", text] for n, text in enumerate(texts, 1))
        return path

    def start(self, *words: str | Path, file_bytes: int | None = None) -> subprocess.Popen[str]:
        """Type a command; with `file_bytes` no file of it may become longer."""

        def limit() -> None:
            if file_bytes is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

        own = {
            "ATENDE_DATA_DIR": str(self.folder),
            "ATENDE_URL": self.url,
            "ATENDE_API_KEY": self.key,
            "COLUMNS": "300",
        }
        return subprocess.Popen(
            [sys.executable, "-c", "import atende; atende.main()", *map(str, words)],
            env=os.environ | own,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=limit,  # noqa: PLW1509 - no thread of ours holds a lock that it needs
        )

    def type(self, *words: str | Path, file_bytes: int | None = None) -> tuple[int, str]:
        """Type a command and wait for its end: exit code and what it said."""
        return ended(self.start(*words, file_bytes=file_bytes))

    def backfill(self) -> Backfill:
        """The one that there is."""
        (backfill,) = self.store.list("clinica")
        return backfill

    def when(self, holds: Callable[[Backfill], bool]) -> Backfill:
        """The backfill once something holds of it."""
        until(lambda: any(map(holds, self.store.list("clinica"))))
        return self.backfill()


def ended(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The exit code of a command, and what it said."""
    output, _ = process.communicate(timeout=90)
    return process.returncode, output


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for it: long enough for a busy machine."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def table(path: Path) -> list[Row]:
    """The rows of a file of results."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


@contextmanager
def serving(port: int = 0) -> Iterator[int]:
    """The API on a port of this machine."""
    app = create_app(ApiSettings())
    server = make_server("127.0.0.1", port, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        app.extensions["atende"].redis.close()
