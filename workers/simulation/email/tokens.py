"""A token server: OAuth2 for mailboxes, as Microsoft's and Google's, for XOAUTH2 log-ins.

`POST /token` gives a token for a client's secret (`client_credentials`) or for a refresh token;
`GET /introspect` tells Dovecot whose a token is.
"""

import json
import secrets
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qsl

#: Seconds that a token lives; the providers' live about an hour.
_LIFETIME_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Client:
    """A registered program, with what it asks for tokens by.

    Attributes:
        address: the mailbox that its tokens open.
        refresh_token: of the one who allowed it; None: its own secret is enough.
    """

    address: str
    id: str
    secret: str
    refresh_token: str | None


@dataclass
class Tokens:
    """Clients and the tokens that they were given. Safe for threads.

    Args:
        port: where it listens in clear, for Dovecot and for who needs no TLS.
        safe_port: where it listens with TLS; None: nowhere.

    Attributes:
        lifetime: seconds that the next tokens live.
        refuses: whether requests are refused with `invalid_grant`, as a revoked consent's are.
        requests: the fields of each request for a token, in order.
    """

    port: int
    safe_port: int | None = None
    lifetime: float = _LIFETIME_SECONDS
    refuses: bool = False
    requests: list[dict[str, str]] = field(default_factory=list)
    _clients: dict[str, Client] = field(default_factory=dict)
    _ends: dict[str, tuple[str, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        """Where tokens are asked for; with TLS where it has it."""
        if self.safe_port is not None:
            return f"https://localhost:{self.safe_port}/token"
        return f"http://127.0.0.1:{self.port}/token"

    def client(self, address: str, *, refresh: bool = False) -> Client:
        """Register a program for a mailbox."""
        token = secrets.token_hex(8) if refresh else None
        client = Client(address, secrets.token_hex(4), secrets.token_hex(8), token)
        with self._lock:
            self._clients[client.id] = client
        return client

    def revoke(self) -> None:
        """Let no token that was given open anything any more."""
        with self._lock:
            self._ends.clear()

    def address(self, token: str) -> str | None:
        """Whose mailbox a token opens now."""
        with self._lock:
            address, end = self._ends.get(token, ("", 0.0))
        return address if time.time() < end else None

    def give(self, fields: dict[str, str]) -> dict[str, object] | None:
        """The reply to a request for a token; None: it is refused."""
        self.requests.append(fields)
        with self._lock:
            client = self._clients.get(fields.get("client_id", ""))
            if client is None or self.refuses or not _allowed(client, fields):
                return None
            token = secrets.token_hex(16)
            self._ends[token] = (client.address, time.time() + self.lifetime)
        return {"access_token": token, "token_type": "Bearer", "expires_in": int(self.lifetime)}

    @contextmanager
    def running(self, context: ssl.SSLContext | None = None) -> Iterator[None]:
        """Listen on loopback; `context`: the server's side of TLS."""
        with ExitStack() as stack:
            stack.enter_context(_listening(self, self.port, None))
            if context is not None and self.safe_port is not None:
                stack.enter_context(_listening(self, self.safe_port, context))
            yield


@contextmanager
def _listening(tokens: Tokens, port: int, context: ssl.SSLContext | None) -> Iterator[None]:
    with ThreadingHTTPServer(("127.0.0.1", port), _handler(tokens)) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()


def _allowed(client: Client, fields: dict[str, str]) -> bool:
    """Whether a request proves what its client has to."""
    if fields.get("grant_type") == "refresh_token":
        return fields.get("refresh_token") == client.refresh_token is not None
    proof = fields.get("grant_type"), fields.get("client_secret")
    return client.refresh_token is None and proof == ("client_credentials", client.secret)


def _handler(tokens: Tokens) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            reply = tokens.give(dict(parse_qsl(body.decode())))
            if reply is None:
                self._send(400, {"error": "invalid_grant"})
            else:
                self._send(200, reply)

        def do_GET(self) -> None:
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            address = tokens.address(token)
            active = address is not None
            self._send(
                200, {"active": active, "username": address} if active else {"active": active}
            )

        def _send(self, status: int, content: dict[str, object]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    return Handler
