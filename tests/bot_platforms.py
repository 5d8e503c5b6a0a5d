"""Stand-ins for what stands on a bot's other side: a channel that takes texts, and Chatwoot."""

import hashlib
import hmac
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx


@dataclass(frozen=True)
class Call:
    """One request that came."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Platform:
    """A server that notes each call, and answers with the next of `replies`, then with 200.

    While `open` is cleared, it answers nothing.
    """

    calls: list[Call] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)
    url: str = ""
    came: int = 0
    open: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.open.set()

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve on a free port until the end."""
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                headers = {name.lower(): value for name, value in self.headers.items()}
                platform.came += 1
                platform.open.wait()
                status = platform.replies.pop(0) if platform.replies else 200
                if status == 200:
                    platform.calls.append(Call(self.path, headers, body))
                self.send_response(status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.url = f"http://127.0.0.1:{server.server_port}"
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield
            finally:
                self.open.set()
                server.shutdown()
                thread.join()

    def bodies(self, path: str) -> list[Any]:
        """What came to one path, in its order."""
        return [call.body for call in self.calls if call.path == path]


class ChatwootPlatform(Platform):
    """Chatwoot as an agent bot meets it: it signs its webhooks, and takes the bot's calls."""

    SECRET = "a secret of the bot"
    TOKEN = "a token of the bot"

    def post(self, bot_url: str, event: dict[str, Any], sent_at: float | None = None) -> int:
        """Post an event to the bot as Chatwoot does; gives the bot's status."""
        # Rails escapes these in JSON: whoever signs what he wrote anew signs something else.
        text = json.dumps(event, ensure_ascii=False)
        for letter in "<>&":
            text = text.replace(letter, f"\\u{ord(letter):04x}")
        body = text.encode()
        second = str(int(time.time() if sent_at is None else sent_at))
        signed = f"{second}.".encode() + body
        digest = hmac.new(self.SECRET.encode(), signed, hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Chatwoot-Delivery": "0b0c2f4e",
            "X-Chatwoot-Timestamp": second,
            "X-Chatwoot-Signature": f"sha256={digest}",
        }
        return httpx.post(f"{bot_url}/chatwoot", content=body, headers=headers).status_code

    @staticmethod
    def message(number: int, text: str | None, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
        """The event of a patient's message in conversation 7, which waits for the bot."""
        event = {
            "event": "message_created",
            "id": number,
            "content": text,
            "message_type": "incoming",
            "content_type": "text",
            "private": False,
            "created_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "content_attributes": {},
            "sender": {"id": 3, "name": "Maria <R&D>", "type": "contact"},
            "conversation": {"id": 7, "status": "pending", "inbox_id": 2},
            "inbox": {"id": 2, "name": "Site"},
            "account": {"id": 1, "name": "Clínica"},
        }
        return event | changes

    @staticmethod
    def opened(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
        """The event of conversation 7 being opened: a person has it. It names no account."""
        return {"event": "conversation_opened", "id": 7, "status": "open", "inbox_id": 2} | changes

    def said(self, *, private: bool) -> list[str]:
        """What the bot wrote into conversation 7: to the patient, or as notes."""
        path = "/api/v1/accounts/1/conversations/7/messages"
        return [each["content"] for each in self.bodies(path) if each["private"] is private]

    def steps(self) -> list[str]:
        """The calls about conversation 7 by their last word."""
        return [call.path.rpartition("/")[2] for call in self.calls]
