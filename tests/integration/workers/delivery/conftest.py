"""Receivers of callbacks: real servers on the loopback interface, good ones and bad ones."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from redis import Redis

from tests.stand_ins import NoEmail, NoWhatsApp
from workers.contracts import keys
from workers.contracts.claims import ClaimStore, LaneCursor, Settlement
from workers.contracts.connection import connect_async
from workers.contracts.dead_deliveries import DeadDeliveries
from workers.contracts.outbox import Outbox
from workers.contracts.question import Outcome, Question, Request, Status
from workers.contracts.questions import QuestionStore
from workers.contracts.reply import WebhookAddress
from workers.contracts.settings import QueueSettings
from workers.delivery.deliver import deliver, dispatch
from workers.delivery.egress import CallbackClient
from workers.delivery.sender import Senders
from workers.delivery.webhook import WebhookSender
from workers.settings import WorkerSettings

#: Starts a server that hands each connection to a function; gives its port.
Start = Callable[[Callable[[socket.socket], None]], int]


@dataclass(frozen=True)
class Post:
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int  # the sender's port: equal where a connection was used again


@dataclass
class Receiver:
    """A server that notes what it gets and answers with the next of `replies`, then with 200."""

    posts: list[Post] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    on_post: Callable[[], None] = lambda: None
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/cb"

    @contextmanager
    def serving(self) -> Iterator[ThreadingHTTPServer]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                port = int(self.client_address[1])
                receiver.posts.append(Post(self.path, headers, body, port))
                receiver.on_post()
                status = receiver.replies.pop(0) if receiver.replies else 200
                with suppress(OSError):  # the sender may be gone: some tests kill it
                    self.send_response(status)
                    for name, value in receiver.headers.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(receiver.body)))
                    self.end_headers()
                    self.wfile.write(receiver.body)

            def log_message(self, *_: object) -> None:
                """Keep the test's output clean."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.port = server.server_port
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield server
            finally:
                server.shutdown()
                thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A well-behaved receiver."""
    receiver = Receiver()
    with receiver.serving():
        yield receiver


@pytest.fixture
def raw_server() -> Iterator[Start]:
    """Starts a server that hands each connection to a function; gives its port."""
    with ExitStack() as stack:
        yield lambda behave: stack.enter_context(_listening(behave))


@contextmanager
def _listening(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                behave(connection)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield int(listener.getsockname()[1])
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.fixture
def settings(
    queue_settings: QueueSettings,  # noqa: ARG001 - it sets the environment
    monkeypatch: pytest.MonkeyPatch,
) -> WorkerSettings:
    """Settings with short times."""
    monkeypatch.setenv("ATENDE_CALLBACK_ALLOW_PRIVATE", "1")
    monkeypatch.setenv("ATENDE_CALLBACK_TIMEOUT_SECONDS", "1")
    monkeypatch.setenv("ATENDE_DELIVERY_LEASE_SECONDS", "0.5")
    return WorkerSettings()


@pytest.fixture
def client(settings: WorkerSettings) -> Iterator[CallbackClient]:
    """A client that may call the loopback interface."""
    client = CallbackClient(
        allow_private=True,
        timeout=settings.callback_timeout_seconds,
        per_host=settings.callback_per_host,
    )
    yield client
    client.close()


@pytest.fixture
def strict_client() -> Iterator[CallbackClient]:
    """A client as in production: public addresses only."""
    client = CallbackClient(allow_private=False, timeout=1.0, per_host=8)
    yield client
    client.close()


@dataclass(frozen=True)
class Office:
    """Everything that a delivery needs, on the test's Redis."""

    redis: Redis
    settings: WorkerSettings
    client: CallbackClient
    store: QuestionStore
    outbox: Outbox
    dead: DeadDeliveries

    def settle(self, url: str) -> str:
        """Ask a question with this callback URL, answer it, and give its id."""
        request = Request(
            tenant="clinica-a",
            question="Jejum?",
            asked_at=time.time(),
            reply_to=WebhookAddress(url=url),
        )
        admission = self.store.enqueue(request)
        asyncio.run(self._answer())
        return admission.id

    async def _answer(self) -> None:
        redis = connect_async(self.settings)
        claims = ClaimStore(redis, self.settings, "w1")
        await claims.open()
        for claim in await claims.claim(100, 100, LaneCursor()):
            outcome = Outcome(status=Status.ANSWERED, text="Sim, 8 horas de jejum.")
            assert await claims.settle([Settlement(claim, outcome)]) == [True]
        await redis.aclose()

    def dispatch(self, send: Callable[[str], object]) -> int:
        """Lease what is due and `send` it."""
        return dispatch(self.outbox, self.settings, send)

    def deliver(self, question_id: str, client: CallbackClient | None = None) -> None:
        """What the Celery task does."""
        sender = WebhookSender(client or self.client, self.settings.secret.get_secret_value())
        senders = Senders(webhook=sender, whatsapp=NoWhatsApp(), email=NoEmail())
        deliver(question_id, self.store, self.outbox, senders, self.settings)

    def run(self) -> int:
        """Deliver what is due, here and now; gives how many were due."""
        return self.dispatch(self.deliver)

    def hurry(self, question_id: str) -> None:
        """Let the time until a retry pass."""
        self.redis.zadd(keys.OUTBOX, {question_id: 0}, xx=True)

    def read(self, question_id: str) -> Question:
        question = self.store.get(question_id)
        assert question is not None
        return question


@pytest.fixture
def office(redis: Redis, settings: WorkerSettings, client: CallbackClient) -> Office:
    return Office(
        redis,
        settings,
        client,
        QuestionStore(redis, settings),
        Outbox(redis, settings),
        DeadDeliveries(redis, settings),
    )
