"""An agent bot of Chatwoot that asks Atende: patients' messages in, answers and handoffs out.

    pip install flask httpx standardwebhooks gunicorn
    gunicorn --threads 32 --bind 0.0.0.0:9000 "chatwoot:app_from_environment()"

In Chatwoot (Settings, Bots) the bot's webhook URL is `BOT_URL/chatwoot`; the page shows its access
token and its secret. A message while the conversation is *pending* is the bot's to answer:

1. Chatwoot posts it here, signed. It is asked, and Chatwoot has its 200 within a second.
2. Atende posts the outcome to `BOT_URL/atende`, signed. The answer is sent; its sources stand below
   it in a private note. Where a person is needed, the conversation is opened, so that Chatwoot
   gives it to one.

Whoever opens the conversation meanwhile, or writes to the patient, has it: the answer is then a
private note alone. Where Atende cannot be reached, Chatwoot is told so (503), and opens the
conversation itself. Mails that a program wrote (absences) are never answered.

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
from datetime import datetime
from http import HTTPStatus
from typing import Any

import httpx
from flask import Flask, request
from standardwebhooks import Webhook, WebhookVerificationError

#: Seconds that a signature holds: an older post is one that somebody sends again.
SIGNATURE_SECONDS = 300
#: Seconds after which Chatwoot gives a webhook up.
CHATWOOT_PATIENCE = 5.0
#: Events that tell of a conversation, and not of a message in it.
CONVERSATION_EVENTS = {"conversation_opened", "conversation_resolved", "conversation_updated"}
#: Seconds after which a message is a person's: what was fetched or repaired late is stale.
LATE_SECONDS = 30 * 60
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


class SettingsError(Exception):
    """A setting is missing; the message says which."""


class Memory:
    """What was done, and whose conversations are; in one file."""

    def __init__(self, file: str) -> None:
        self._lock = threading.Lock()
        self._turns = [threading.Lock() for _ in range(64)]
        self._file = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._run("CREATE TABLE IF NOT EXISTS done (name TEXT PRIMARY KEY, at REAL)")
        self._run("CREATE TABLE IF NOT EXISTS owners (name TEXT PRIMARY KEY, status TEXT, at REAL)")

    def turn(self, name: str) -> threading.Lock:
        """What to hold while something of this name is done: a delivery may come twice at once.

        Others go on meanwhile, though Chatwoot be slow.
        """
        return self._turns[hash(name) % len(self._turns)]

    def once(self, name: str, work: Callable[[], object]) -> None:
        """Do it, unless it was done before. Whatever fails may be tried again."""
        if not self.was_done(name):
            work()
            self._run("INSERT OR IGNORE INTO done VALUES (?, ?)", name, time.time())
            self._run("DELETE FROM done WHERE at < ?", time.time() - REMEMBERED_SECONDS)

    def note_status(self, conversation: str, status: str, at: float) -> None:
        """Remember whose a conversation is: `pending` is the bot's. Events come in no order."""
        self._run(
            "INSERT INTO owners VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE "
            "SET status = excluded.status, at = excluded.at WHERE excluded.at >= owners.at",
            *(conversation, status, at),
        )

    def was_done(self, name: str) -> bool:
        """Whether it was done."""
        return self._run("SELECT 1 FROM done WHERE name = ?", name) is not None

    def is_the_bots(self, conversation: str) -> bool:
        """Whether nobody else has taken it."""
        row = self._run("SELECT status FROM owners WHERE name = ?", conversation)
        return row is None or row[0] == "pending"

    def _run(self, statement: str, *values: object) -> Any:  # noqa: ANN401 - a row of any kind
        with self._lock:
            return self._file.execute(statement, values).fetchone()


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
        if event.get("event") in CONVERSATION_EVENTS:
            self._note_status(event)
        if event.get("event") != "message_created" or event.get("private"):
            return
        conversation = event["conversation"]
        if _is_a_persons(event):
            # Chatwoot leaves it pending: the bot would talk over whoever writes.
            self._note_status(conversation | {"status": "open"})
            if conversation["status"] == "pending":
                self._leave(event, "")
        elif event.get("message_type") == "incoming" and not _is_automatic(event):
            self._note_status(conversation)
            if conversation["status"] == "pending":
                self._answer(event)

    def _answer(self, event: dict[str, Any]) -> None:
        if not (event.get("content") or "").strip():
            self._leave(event, "O assistente lê só texto; veja o anexo.")
        elif _is_late(event):
            self._leave(event, "Mensagem antiga: o assistente não responde a ela.")
        else:
            self._ask(event, event["account"]["id"], event["conversation"])

    def _leave(self, event: dict[str, Any], note: str) -> None:
        """Give the conversation to a person, once for each message."""
        account = event["account"]["id"]
        chatwoot = Chatwoot(self._settings, account, event["conversation"]["id"])
        name = f"left-{account}-{event['id']}"

        def leave() -> None:
            if note:
                chatwoot.note(note)
            chatwoot.hand_over(urgent=False)

        with self._memory.turn(name):
            self._memory.once(name, leave)

    def _note_status(self, conversation: dict[str, Any]) -> None:
        changed_at = conversation.get("updated_at")
        at = changed_at if isinstance(changed_at, float | int) else time.time()
        self._memory.note_status(_place(conversation), str(conversation["status"]), at)

    def _ask(self, event: dict[str, Any], account: int, conversation: dict[str, Any]) -> None:
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
                "conversation_id": f"chatwoot-{account}-{conversation['id']}",
                "metadata": {
                    "account": account,
                    "conversation": conversation["id"],
                    "place": _place(conversation),
                },
            },
            timeout=CHATWOOT_PATIENCE - 1,
        )
        reply.raise_for_status()

    def bring(self, webhook_id: str, outcome: dict[str, Any]) -> None:
        """Bring an outcome to the conversation that it belongs to; each step once.

        Raises:
            httpx.HTTPError: Chatwoot did not take it; Atende sends the callback again.
        """
        with self._memory.turn(webhook_id):
            self._bring(webhook_id, outcome)

    def _bring(self, webhook_id: str, outcome: dict[str, Any]) -> None:
        where = outcome["metadata"]
        chatwoot = Chatwoot(self._settings, where["account"], where["conversation"])
        answered = outcome["status"] == "answered"
        notes = [_sources(outcome) if answered else f"Precisa de uma pessoa: {_why(outcome)}"]
        urgent = outcome.get("reason") == "emergency"  # whose text is owed in any case
        # A repeated callback finds it open where the bot itself has called a person.
        is_begun = urgent or self._memory.was_done(f"{webhook_id}-text")
        if not (is_begun or self._memory.is_the_bots(where["place"])):
            notes.insert(0, f"Não enviado, pois alguém já atende:\n\n{outcome['text']}")
        else:
            self._memory.once(f"{webhook_id}-text", lambda: chatwoot.say(outcome["text"]))
            if not answered:
                self._memory.once(f"{webhook_id}-person", lambda: chatwoot.hand_over(urgent=urgent))
        note = "\n\n".join(filter(None, notes))
        if note:
            self._memory.once(f"{webhook_id}-note", lambda: chatwoot.note(note))


def _place(conversation: dict[str, Any]) -> str:
    """One conversation of all accounts: its own id is one within its account, not every event's."""
    return f"{conversation['inbox_id']}-{conversation['id']}"


def _is_a_persons(event: dict[str, Any]) -> bool:
    """Whether somebody of the clinic writes to the patient, here or on the clinic's telephone."""
    sender, details = event.get("sender") or {}, event.get("content_attributes") or {}
    by_person = sender.get("type") == "user" or details.get("external_echo") is True
    return event.get("message_type") == "outgoing" and by_person


def _is_automatic(event: dict[str, Any]) -> bool:
    """Whether a program wrote this mail: two that answer each other never end."""
    mail = (event.get("content_attributes") or {}).get("email") or {}
    return mail.get("auto_reply") is True


def _is_late(event: dict[str, Any]) -> bool:
    try:
        written_at = datetime.fromisoformat(event["created_at"]).timestamp()
    except (KeyError, TypeError, ValueError):
        return False
    return time.time() - written_at > LATE_SECONDS


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
    """The app with the settings of the environment.

    Raises:
        SettingsError: one is missing.
    """
    return create_app(
        Settings(
            atende_url=_setting("ATENDE_URL"),
            atende_key=_setting("ATENDE_API_KEY"),
            callback_secret=_setting("CALLBACK_SECRET"),
            chatwoot_url=_setting("CHATWOOT_URL"),
            chatwoot_token=_setting("CHATWOOT_BOT_TOKEN"),
            chatwoot_secret=_setting("CHATWOOT_BOT_SECRET"),
            bot_url=_setting("BOT_URL"),
            file=os.environ.get("BOT_FILE", "chatwoot-bot.sqlite"),
        )
    )


def _setting(name: str) -> str:
    """A setting that there must be: with an empty secret anybody could sign."""
    value = os.environ.get(name, "").removeprefix("whsec_").strip()
    if not value:
        raise SettingsError(f"Set {name} in the environment: docs/connect-bots.md says to what.")
    return os.environ[name].strip()
