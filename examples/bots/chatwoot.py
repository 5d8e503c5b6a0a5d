"""An agent bot of Chatwoot that asks Atende: patients' messages in, answers and handoffs out.

    pip install flask httpx standardwebhooks gunicorn
    gunicorn --threads 8 --bind 0.0.0.0:9000 "chatwoot:app_from_environment()"

In Chatwoot (Settings, Bots) the bot's webhook URL is `BOT_URL/chatwoot`; the page shows its access
token and its secret. A message while the conversation is *pending* is the bot's to answer:

1. Chatwoot posts it here, signed. It is asked, and Chatwoot has its 200 within a second.
2. Atende posts the outcome to `BOT_URL/atende`, signed. The answer is sent; its sources stand below
   it in a private note. Where a person is needed, the conversation is opened, so that Chatwoot
   gives it to one.

Whoever opens the conversation meanwhile has it: the answer is then a private note alone. Where
Atende cannot be reached, Chatwoot is told so (503), and opens the conversation itself.

What was done is kept in a file, so nothing is done twice after a restart.
"""

import hashlib
import hmac
import json
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx
from flask import Flask, request
from standardwebhooks import Webhook, WebhookVerificationError

#: Seconds that a signature holds: an older post is one that somebody sends again.
SIGNATURE_SECONDS = 300
#: Seconds after which Chatwoot gives a webhook up.
CHATWOOT_PATIENCE = 5.0
#: Seconds that is remembered what was done: Atende repeats callbacks for three days.
REMEMBERED_SECONDS = 7 * 24 * 3600


@dataclass(frozen=True)
class Settings:
    """Where everything is, and what proves who speaks."""

    atende_url: str
    atende_key: str  # atd_…, of the scope `ask`
    callback_secret: str  # whsec_…
    chatwoot_url: str
    chatwoot_token: str  # the bot's access token
    chatwoot_secret: str  # the bot's secret
    bot_url: str  # where Chatwoot and Atende reach this program
    file: str = "chatwoot-bot.sqlite"


class Memory:
    """What was done, and whose conversations are; in one file."""

    def __init__(self, file: str) -> None:
        self._lock = threading.Lock()
        self._file = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._file.execute("CREATE TABLE IF NOT EXISTS done (name TEXT PRIMARY KEY, at REAL)")
        self._file.execute("CREATE TABLE IF NOT EXISTS statuses (name TEXT PRIMARY KEY, status)")

    def once(self, name: str, work: Callable[[], object]) -> None:
        """Do it, unless it was done before. Whatever fails may be tried again.

        One at a time: two deliveries of one callback may come in the same second.
        """
        with self._lock:
            self._file.execute("DELETE FROM done WHERE at < ?", [time.time() - REMEMBERED_SECONDS])
            if self._file.execute("SELECT 1 FROM done WHERE name = ?", [name]).fetchone():
                return
            work()
            self._file.execute("INSERT INTO done VALUES (?, ?)", [name, time.time()])

    def note_status(self, conversation: str, status: str) -> None:
        """Remember whose a conversation is: `pending` is the bot's."""
        with self._lock:
            self._file.execute("REPLACE INTO statuses VALUES (?, ?)", [conversation, status])

    def was_done(self, name: str) -> bool:
        """Whether it was done."""
        with self._lock:
            row = self._file.execute("SELECT 1 FROM done WHERE name = ?", [name]).fetchone()
        return row is not None

    def is_the_bots(self, conversation: str) -> bool:
        """Whether nobody else has taken it."""
        with self._lock:
            select = "SELECT status FROM statuses WHERE name = ?"
            row = self._file.execute(select, [conversation]).fetchone()
        return row is None or row[0] == "pending"


class Chatwoot:
    """The calls that an agent bot may make about one conversation."""

    def __init__(self, settings: Settings, account: int, conversation: int) -> None:
        self._url = (
            f"{settings.chatwoot_url}/api/v1/accounts/{account}/conversations/{conversation}"
        )
        self._headers = {"api_access_token": settings.chatwoot_token}

    def say(self, text: str) -> None:
        """Send a message to the patient."""
        self._post("messages", {"content": text, "message_type": "outgoing", "private": False})

    def note(self, text: str) -> None:
        """Leave a note that only the clinic's people see."""
        self._post("messages", {"content": text, "message_type": "outgoing", "private": True})

    def hand_over(self, *, urgent: bool) -> None:
        """Give the conversation to a person. Twice does no harm."""
        if urgent:
            self._post("toggle_priority", {"priority": "urgent"})
        self._post("toggle_status", {"status": "open"})

    def _post(self, call: str, body: dict[str, Any]) -> None:
        url = f"{self._url}/{call}"
        httpx.post(url, json=body, headers=self._headers, timeout=10).raise_for_status()


def is_from_chatwoot(secret: str, headers: Any, body: bytes) -> bool:  # noqa: ANN401 - a mapping
    """Whether Chatwoot signed these bytes, and not long ago."""
    sent_at = headers.get("X-Chatwoot-Timestamp", "")
    if not sent_at.isdecimal() or abs(time.time() - int(sent_at)) > SIGNATURE_SECONDS:
        return False
    digest = hmac.new(secret.encode(), f"{sent_at}.".encode() + body, hashlib.sha256).hexdigest()
    given = headers.get("X-Chatwoot-Signature", "")
    return hmac.compare_digest(f"sha256={digest}".encode(), given.encode())


class Bot:
    """What becomes of a patient's message, and of an outcome."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._memory = Memory(settings.file)

    def take(self, event: dict[str, Any]) -> None:
        """Ask what a patient wrote; any other event is noted at most.

        Raises:
            httpx.HTTPError: Atende did not take it.
        """
        conversation = event.get("conversation") or event
        account: Any = (event.get("account") or {}).get("id")
        place = f"{account}-{conversation.get('id')}"
        if event.get("event") in {"conversation_opened", "conversation_resolved"}:
            self._memory.note_status(place, str(conversation.get("status")))
        if event.get("event") != "message_created" or event.get("message_type") != "incoming":
            return
        self._memory.note_status(place, str(conversation.get("status")))
        if event.get("private") or conversation.get("status") != "pending":
            return
        if (event.get("content") or "").strip():
            self._ask(event, account, conversation["id"])
        else:
            chatwoot = Chatwoot(self._settings, account, conversation["id"])
            self._memory.once(f"media-{account}-{event['id']}", lambda: _leave_media(chatwoot))

    def _ask(self, event: dict[str, Any], account: int, conversation: int) -> None:
        reply = httpx.post(
            f"{self._settings.atende_url}/v1/questions",
            headers={
                "Authorization": f"Bearer {self._settings.atende_key}",
                # Chatwoot repeats what it is not sure of: the same message is asked once.
                "Idempotency-Key": f"chatwoot-{account}-{event['id']}",
            },
            json={
                "question": event["content"],
                "callback_url": f"{self._settings.bot_url}/atende",
                "conversation_id": f"chatwoot-{account}-{conversation}",
                "metadata": {"account": account, "conversation": conversation},
            },
            timeout=CHATWOOT_PATIENCE - 1,
        )
        reply.raise_for_status()

    def bring(self, webhook_id: str, outcome: dict[str, Any]) -> None:
        """Bring an outcome to the conversation that it belongs to; each step once.

        Raises:
            httpx.HTTPError: Chatwoot did not take it; Atende sends the callback again.
        """
        where = outcome["metadata"]
        chatwoot = Chatwoot(self._settings, where["account"], where["conversation"])
        answered = outcome["status"] == "answered"
        notes = [_sources(outcome) if answered else f"Precisa de uma pessoa: {_why(outcome)}"]
        place = f"{where['account']}-{where['conversation']}"
        # A repeated callback finds it open where the bot itself has called a person.
        is_sent = self._memory.was_done(f"{webhook_id}-text")
        if not is_sent and not self._memory.is_the_bots(place):
            notes.insert(0, f"Não enviado, pois alguém já atende:\n\n{outcome['text']}")
        else:
            self._memory.once(f"{webhook_id}-text", lambda: chatwoot.say(outcome["text"]))
            if not answered:
                urgent = outcome.get("reason") == "emergency"
                self._memory.once(f"{webhook_id}-person", lambda: chatwoot.hand_over(urgent=urgent))
        note = "\n\n".join(filter(None, notes))
        if note:
            self._memory.once(f"{webhook_id}-note", lambda: chatwoot.note(note))


def _leave_media(chatwoot: Chatwoot) -> None:
    chatwoot.note("O assistente lê só texto; veja o anexo.")
    chatwoot.hand_over(urgent=False)


def _why(outcome: dict[str, Any]) -> str:
    return str(outcome.get("reason") or outcome["status"])


def _sources(outcome: dict[str, Any]) -> str:
    places = []
    for each in outcome.get("citations", ()):
        page = f", p. {each['page']}" if each.get("page") else ""
        places.append(f"{each['title']}{page} ({each['document']})")
    return "Fontes: " + "; ".join(dict.fromkeys(places)) if places else ""


def create_app(settings: Settings) -> Flask:
    """The program's two doors: one for Chatwoot, one for Atende."""
    app, bot = Flask("chatwoot-bot"), Bot(settings)
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    webhook = Webhook(settings.callback_secret)

    @app.post("/chatwoot")
    def chatwoot() -> tuple[str, HTTPStatus]:
        body = request.get_data()  # the bytes as they came: what is signed
        if not is_from_chatwoot(settings.chatwoot_secret, request.headers, body):
            return "", HTTPStatus.UNAUTHORIZED
        try:
            bot.take(json.loads(body))
        except httpx.HTTPError as error:
            app.logger.error("Atende did not take a question: %s", type(error).__name__)  # noqa: TRY400
            return "", HTTPStatus.SERVICE_UNAVAILABLE
        return "", HTTPStatus.OK

    @app.post("/atende")
    def atende() -> tuple[str, HTTPStatus]:
        body = request.get_data()
        try:
            event = webhook.verify(body, dict(request.headers))
        except WebhookVerificationError:
            return "", HTTPStatus.UNAUTHORIZED
        try:
            bot.bring(request.headers["webhook-id"], event["data"])
        except httpx.HTTPError as error:
            app.logger.error("Chatwoot did not take an answer: %s", type(error).__name__)  # noqa: TRY400
            return "", HTTPStatus.SERVICE_UNAVAILABLE
        return "", HTTPStatus.OK

    return app


def app_from_environment() -> Flask:
    """The app with the settings of the environment."""
    return create_app(
        Settings(
            atende_url=os.environ["ATENDE_URL"],
            atende_key=os.environ["ATENDE_API_KEY"],
            callback_secret=os.environ["CALLBACK_SECRET"],
            chatwoot_url=os.environ["CHATWOOT_URL"],
            chatwoot_token=os.environ["CHATWOOT_BOT_TOKEN"],
            chatwoot_secret=os.environ["CHATWOOT_BOT_SECRET"],
            bot_url=os.environ["BOT_URL"],
            file=os.environ.get("BOT_FILE", "chatwoot-bot.sqlite"),
        )
    )
