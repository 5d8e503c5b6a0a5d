"""The files that one question executes, from `POST /v1/questions` to its callback.

One process runs the parts that production has in three: the API's app, the drain in its thread over
the embedded store, the delivery tasks; Valkey is a server beside it, the engine a stand-in. A first
question warms them up; of the second every function call of every thread is noted.

    python -m benchmarks.walk [--files]
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any, Final

from benchmarks.corpora import CLINIC
from benchmarks.figure import Figure, keep, show
from tests.stand_ins import StandInEngine
from workers.contracts.connection import connect
from workers.contracts.outbox import Outbox
from workers.contracts.question import Delivery
from workers.contracts.questions import QuestionStore
from workers.settings import WorkerSettings
from workers.stack import valkey
from workers.stack.ports import free_port

COMMAND = "python -m benchmarks.walk"
ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = ("api", "workers", "ingestion")
QUESTIONS: Final = ("Quais convênios vocês aceitam?", "Qual o preparo para a colonoscopia?")
#: Seconds that one question may take.
PATIENCE: Final = 120.0


class Trace:
    """Notes which of our files run, in every thread that starts after it."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.recording = False
        self._ours = tuple(f"{ROOT / package}{os.sep}" for package in PACKAGES)
        threading.setprofile(self._note)
        sys.setprofile(self._note)

    def _note(self, frame: FrameType, event: str, _: Any) -> None:  # noqa: ANN401 - CPython's
        name = frame.f_code.co_filename
        if self.recording and event == "call" and name.startswith(self._ours):
            self.files.add(str(Path(name).relative_to(ROOT)))


class Callbacks(BaseHTTPRequestHandler):
    """Takes every callback."""

    def do_POST(self) -> None:
        """Say 200."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep the output clean."""


@contextmanager
def receiver() -> Iterator[str]:
    """The URL of a server that takes callbacks."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Callbacks) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@contextmanager
def queue(folder: Path) -> Iterator[None]:
    """A Valkey server, and the environment of a stack on it."""
    port = free_port()
    process = subprocess.Popen(valkey.command(port, folder))  # noqa: S603 - our own command line
    os.environ |= {
        "ATENDE_REDIS_URL": f"redis://127.0.0.1:{port}/0",
        "ATENDE_SECRET": "a master secret",
        "ATENDE_DATA_DIR": str(folder),
        "ATENDE_ENGINE": "benchmarks.walk:engine",
        "ATENDE_ANSWER": "write",
        "ATENDE_CALLBACK_ALLOW_PRIVATE": "true",
    }
    time.sleep(1)
    try:
        yield
    finally:
        process.kill()
        process.wait()


def engine(_: object) -> StandInEngine:
    """For `ATENDE_ENGINE`."""
    return StandInEngine()


def walk(trace: Trace, callback_url: str) -> None:
    """Ask one question to warm up, and one that is traced."""
    from api.server import create_app  # noqa: PLC0415 - after the environment is set
    from ingestion.pipeline import Target, ingest_path  # noqa: PLC0415
    from workers import tasks  # noqa: PLC0415
    from workers.contracts.api_keys import ApiKeys, Scope  # noqa: PLC0415
    from workers.delivery.deliver import dispatch  # noqa: PLC0415
    from workers.knowledge import held_knowledge  # noqa: PLC0415
    from workers.service import DrainService  # noqa: PLC0415

    settings = WorkerSettings()
    redis = connect(settings)
    store, outbox = QuestionStore(redis, settings), Outbox(redis, settings)
    knowledge = held_knowledge(settings)
    ingest_path(CLINIC / "documentos", Target("clinica", knowledge, settings))
    key = ApiKeys(redis).create("clinica", frozenset({Scope.ASK}), "walk")
    app = create_app()
    client, headers = app.test_client(), {"Authorization": f"Bearer {key}"}
    drain = DrainService(settings, hint=lambda: None)
    drain.start()
    for text in QUESTIONS:
        trace.recording = text == QUESTIONS[-1]
        body = {"question": text, "callback_url": callback_url}
        accepted = client.post("/v1/questions", json=body, headers=headers).get_json()
        question_id = accepted["id"]
        record = store.wait(question_id, PATIENCE)
        if record is None or record.outcome is None:
            raise SystemExit(f"The question did not end within {PATIENCE:g} s.")
        dispatch(outbox, settings, tasks.deliver.run)
        trace.recording = False
        record = store.get(question_id)
        if record is None or record.delivery is not Delivery.DELIVERED:
            raise SystemExit("The callback was not delivered.")
    drain.stop()


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", action="store_true", help="name each file")
    options = parser.parse_args()
    trace = Trace()
    with tempfile.TemporaryDirectory() as folder, queue(Path(folder)), receiver() as url:
        walk(trace, url)
    if options.files:
        print("\n".join(sorted(trace.files)))
    count = (float(len(trace.files)),)
    figures = [Figure("files that one question executes", count, "", 45.0, COMMAND, most=True)]
    show(figures)
    keep(figures)


if __name__ == "__main__":
    main()
