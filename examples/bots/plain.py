"""A bot's two halves in plain Python: it asks Atende, and takes the outcomes that Atende posts.

    pip install standardwebhooks
    python plain.py

`POST /message` takes a patient's message from your side, as `{"id": …, "contact": …, "text": …}`
with the header `Authorization: Bearer BOT_TOKEN`; `POST /atende` is the callback. `send` is what
you write anew: here it posts the text to `SEND_URL`, where your channel takes it.

A message that gets 400 or 422 is never asked: call a person. What gets 503, send again. What was
sent is kept in a file, since a callback may come twice.
"""

import hmac
import json
import os
import re
import sqlite3
import sys
import threading
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from standardwebhooks import Webhook, WebhookVerificationError


def setting(name: str) -> str:
    """A setting that there must be: with an empty secret anybody could sign."""
    value = os.environ.get(name, "").strip()
    if not value.removeprefix("whsec_"):
        sys.exit(f"Set {name} in the environment: docs/connect-bots.md says to what.")
    return value


ATENDE_URL = setting("ATENDE_URL")
ATENDE_API_KEY = setting("ATENDE_API_KEY")
CALLBACK = Webhook(setting("CALLBACK_SECRET"))
BOT_URL = setting("BOT_URL")
BOT_TOKEN = setting("BOT_TOKEN")
SEND_URL = setting("SEND_URL")
#: Larger bodies are not read.
MOST_BYTES = 1024 * 1024
#: What an Idempotency-Key may be.
ID = re.compile(r"[\x21-\x7e]{1,255}")
#: What Atende says of a question that it will never take.
NEVER = {HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, 422}

#: One of them is held while an outcome is sent: it may come twice at once, and others go on.
turns = [threading.Lock() for _ in range(64)]
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


def is_message(message: object) -> bool:
    """Whether it says who wrote what. Without an id of its own it would be taken for another."""
    if not isinstance(message, dict):
        return False
    name, contact, text = (message.get(each) for each in ("id", "contact", "text"))
    if not (isinstance(name, str) and isinstance(contact, str) and isinstance(text, str)):
        return False
    return bool(ID.fullmatch(name) and contact.strip() and text.strip())


def bring(webhook_id: str, outcome: dict[str, Any]) -> None:
    """Send an outcome's text to its patient, once."""
    with turns[hash(webhook_id) % len(turns)]:
        if remembered("SELECT 1 FROM sent WHERE id = ?", webhook_id):
            return
        needs_person = outcome["status"] != "answered"
        send(outcome["metadata"]["contact"], outcome["text"], needs_person=needs_person)
        remembered("INSERT OR IGNORE INTO sent VALUES (?, ?)", webhook_id, time.time())
        remembered("DELETE FROM sent WHERE at < ?", time.time() - 7 * 24 * 3600)


def remembered(statement: str, *values: object) -> object:
    """Ask or tell the file what was sent."""
    with lock:
        return sent.execute(statement, values).fetchone()


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
    timeout = 30  # seconds for who sends slowly, or no more

    def do_POST(self) -> None:
        """Take a message or a callback; 503 where the next one in line is away: send it again."""
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            self.close_connection = True  # what is not read is no next request
            self._reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return
        body = self.rfile.read(int(length))  # the bytes as they came: what is signed
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
        message = json.loads(body)
        if not is_message(message):
            return HTTPStatus.BAD_REQUEST
        try:
            ask(message)
        except HTTPError as error:
            if error.code not in NEVER:
                raise
            return HTTPStatus.UNPROCESSABLE_ENTITY
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
