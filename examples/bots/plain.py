"""A bot's two halves in plain Python: it asks Atende, and takes the outcomes that Atende posts.

    pip install standardwebhooks
    python plain.py

`POST /message` takes a patient's message from your side, as `{"id": …, "contact": …, "text": …}`
with the header `Authorization: Bearer BOT_TOKEN`; `POST /atende` is the callback. `send` is what
you write anew: here it posts the text to `SEND_URL`, where your channel takes it.

What was sent is kept in a file, since a callback may come twice.
"""

import hmac
import json
import os
import sqlite3
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.request import Request, urlopen

from standardwebhooks import Webhook, WebhookVerificationError

ATENDE_URL = os.environ["ATENDE_URL"]
ATENDE_API_KEY = os.environ["ATENDE_API_KEY"]
CALLBACK = Webhook(os.environ["CALLBACK_SECRET"])
BOT_URL = os.environ["BOT_URL"]
BOT_TOKEN = os.environ["BOT_TOKEN"]
SEND_URL = os.environ["SEND_URL"]
#: Larger bodies are not read.
MOST_BYTES = 1024 * 1024

lock = threading.Lock()
sent = sqlite3.connect(
    os.environ.get("BOT_FILE", "bot.sqlite"), check_same_thread=False, isolation_level=None
)
sent.execute("CREATE TABLE IF NOT EXISTS sent (id TEXT PRIMARY KEY, at REAL)")


def ask(message: dict[str, Any]) -> None:
    """Ask; the message's id makes sure that it is asked once, however often it comes."""
    body = {
        "question": message["text"],
        "callback_url": f"{BOT_URL}/atende",
        "metadata": {"contact": message["contact"]},
    }
    headers = {"Authorization": f"Bearer {ATENDE_API_KEY}", "Idempotency-Key": message["id"]}
    _post(f"{ATENDE_URL}/v1/questions", body, headers)


def bring(webhook_id: str, outcome: dict[str, Any]) -> None:
    """Send an outcome's text to its patient, once."""
    with lock:
        if sent.execute("SELECT 1 FROM sent WHERE id = ?", [webhook_id]).fetchone():
            return
        needs_person = outcome["status"] != "answered"
        send(outcome["metadata"]["contact"], outcome["text"], needs_person=needs_person)
        sent.execute("INSERT INTO sent VALUES (?, ?)", [webhook_id, time.time()])
        sent.execute("DELETE FROM sent WHERE at < ?", [time.time() - 7 * 24 * 3600])


def send(contact: str, text: str, *, needs_person: bool) -> None:
    """Write to the patient, and call a person where one is needed: put your channel here."""
    _post(SEND_URL, {"contact": contact, "text": text, "needs_person": needs_person}, {})


def _post(url: str, body: dict[str, Any], headers: dict[str, str]) -> None:
    content = {"Content-Type": "application/json"}
    request = Request(url, json.dumps(body).encode(), headers | content)  # noqa: S310 - our own URLs
    with urlopen(request, timeout=10):  # noqa: S310
        pass


class Handler(BaseHTTPRequestHandler):
    """The two doors."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Take a message or a callback; 503 where the next one in line is away: send it again."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > MOST_BYTES:
            self._reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        body = self.rfile.read(length)  # the bytes as they came: what is signed
        doors = {"/message": self._message, "/atende": self._callback}
        try:
            door = doors.get(self.path)
            self._reply(door(body) if door else HTTPStatus.NOT_FOUND)
        except (KeyError, ValueError):
            self._reply(HTTPStatus.BAD_REQUEST)
        except OSError:  # also what urllib raises of an answer that is no 2xx
            self._reply(HTTPStatus.SERVICE_UNAVAILABLE)

    def _message(self, body: bytes) -> HTTPStatus:
        given = self.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {BOT_TOKEN}".encode()):
            return HTTPStatus.UNAUTHORIZED
        ask(json.loads(body))
        return HTTPStatus.ACCEPTED

    def _callback(self, body: bytes) -> HTTPStatus:
        try:
            event = CALLBACK.verify(body, {k.lower(): v for k, v in self.headers.items()})
        except WebhookVerificationError:
            return HTTPStatus.UNAUTHORIZED  # forged, or older than five minutes
        bring(self.headers["webhook-id"], event["data"])
        return HTTPStatus.OK

    def _reply(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Log nothing: a path or a body may name a patient."""


if __name__ == "__main__":
    ThreadingHTTPServer(("", int(os.environ.get("PORT", "9000"))), Handler).serve_forever()
