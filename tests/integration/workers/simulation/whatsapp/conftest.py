"""A caller of the strict Graph API, as a sender would be, and a receiver of its webhooks."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from workers.simulation.whatsapp.graph import StrictGraph
from workers.simulation.whatsapp.phone import Phone


@dataclass
class Caller:
    """Calls Graph with the clinic's token."""

    graph: StrictGraph
    client: httpx.Client
    version: str = "v25.0"

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.graph.token}"}

    def post(self, body: object, *, name: str = "") -> httpx.Response:
        url = f"{self.graph.url}/{self.version}/{name or self.graph.number.id}/messages"
        return self.client.post(url, json=body, headers=self.headers)

    def get(self, path: str, **query: str) -> httpx.Response:
        url = f"{self.graph.url}/{self.version}/{path}"
        return self.client.get(url, params=query, headers=self.headers)

    def text(self, phone: Phone, body: str = "Olá", **more: object) -> httpx.Response:
        return self.post(
            {
                "messaging_product": "whatsapp",
                "to": phone.patient.phone,
                "type": "text",
                "text": {"body": body},
            }
            | more
        )


@pytest.fixture
def caller(graph: StrictGraph) -> Iterator[Caller]:
    with httpx.Client(timeout=2.0) as client:
        yield Caller(graph, client)


@pytest.fixture
def ana(graph: StrictGraph) -> Phone:
    """A patient with a number, who has just written."""
    ana = graph.patient("Ana", "+5541999990000")
    ana.writes("Oi")
    return ana


@dataclass
class Receiver:
    """What the clinic's side got, and what it replies: the next of `replies`, then 200."""

    posts: list[tuple[bytes, str]] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)


@pytest.fixture
def receiver(graph: StrictGraph) -> Iterator[Receiver]:
    """A receiver that the webhooks go to."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.posts.append((body, self.headers["X-Hub-Signature-256"]))
            self.send_response(receiver.replies.pop(0) if receiver.replies else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        graph.courier.url = f"http://127.0.0.1:{server.server_port}/v1/channels/whatsapp"
        yield receiver
        server.shutdown()
        thread.join()
