"""An installation that a user starts: `atende up` on a folder of its own, and a receiver."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import psutil
from standardwebhooks import Webhook

from workers.contracts.signing import callback_secret
from workers.stack.ports import free_port

DOCUMENTS = Path(__file__).parents[2] / "examples" / "clinica" / "documentos"
ATENDE = [sys.executable, "-c", "import atende; atende.main()"]
#: Seconds for the engine to load on a slow machine.
LOADING = 400


def until(true: Callable[[], Any], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.5)  # two cores: what looks on takes time from the engine


class Receiver:
    """The asker's side: keeps every callback whose signature holds."""

    def __init__(self) -> None:
        self.secret = ""
        self.received: list[dict[str, Any]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                Webhook(receiver.secret).verify(body, dict(self.headers.items()))
                receiver.received.append(
                    {"webhook-id": self.headers["webhook-id"], "body": json.loads(body)}
                )
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:  # noqa: ANN401
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/callback"
        self.thread = Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Installation:
    """A data folder with its ports, and the `atende up` that runs on it."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.environment = (
            os.environ
            | {
                "ATENDE_DATA_DIR": str(folder),
                "ATENDE_PORT": str(self.port),
                "ATENDE_QUEUE_PORT": str(free_port()),
                "ATENDE_CALLBACK_ALLOW_PRIVATE": "true",
                "ATENDE_HEARTBEAT_SECONDS": "1",
                "ATENDE_TAKEOVER_SECONDS": "5",
                "ATENDE_START_SECONDS": str(LOADING),
                "ATENDE_ANSWER": "write",  # the engine has to work, and is killed at it
            }
            | environment
        )
        self.receiver = Receiver()
        self.process: subprocess.Popen[bytes] | None = None
        self.api = httpx.Client()

    def start(self) -> None:
        with (self.folder / "up.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*ATENDE, "up"], env=self.environment, stdout=log, stderr=log
            )
        until(self.ready, LOADING, "the stack is ready")
        made = json.loads((self.folder / "credentials.json").read_text("utf-8"))
        self.receiver.secret = callback_secret(made["secret"], "clinica")
        self.api.close()
        self.api = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}",
            headers={"Authorization": f"Bearer {made['api_key']}"},
            timeout=60,
        )

    def ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log("up")
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/readyz").is_success
        except httpx.TransportError:
            return False

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [*ATENDE, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def family(self) -> list[psutil.Process]:
        assert self.process is not None
        return psutil.Process(self.process.pid).children(recursive=True)

    def child(self, mark: str) -> psutil.Process:
        """The direct child whose command line holds `mark`."""
        assert self.process is not None
        children = psutil.Process(self.process.pid).children()
        return next(child for child in children if mark in " ".join(child.cmdline()))

    def batch(self, texts: list[str], lane: str) -> list[str]:
        items = [
            {"question": text, "lane": lane, "callback_url": self.receiver.url} for text in texts
        ]
        reply = self.api.post("/v1/questions/batch", json={"questions": items})
        return [item["accepted"]["id"] for item in reply.raise_for_status().json()["items"]]

    def get(self, question_id: str, wait: int = 0) -> dict[str, Any]:
        reply = self.api.get(f"/v1/questions/{question_id}", params={"wait": wait})
        found: dict[str, Any] = reply.raise_for_status().json()
        return found

    def ended(self, ids: list[str]) -> int:
        return sum(self.get(question_id)["outcome"] is not None for question_id in ids)

    def stop(self) -> None:
        assert self.process is not None
        self.api.close()
        family = self.family()
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(120) == 0, self.log("up")
        self.process = None
        _, alive = psutil.wait_procs(family, timeout=5)
        assert alive == []

    def log(self, name: str) -> str:
        file = self.folder / ("up.log" if name == "up" else f"logs/{name}.log")
        return file.read_text("utf-8")[-4000:]

    def close(self) -> None:
        self.receiver.close()
        if self.process is not None:
            self.api.close()
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(120)
