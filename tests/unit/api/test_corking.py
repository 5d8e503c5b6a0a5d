"""An answer's head and body leave in one packet, and not before both are written."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from api import gunicorn


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The server's and the asker's end of a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        asker = socket.create_connection(listening.getsockname())
        server, _ = listening.accept()
    with asker, server:
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as gunicorn does
        asker.settimeout(5)
        yield server, asker


@pytest.mark.skipif(not hasattr(socket, "TCP_CORK"), reason="Linux's option")
def test_head_and_body_arrive_together(pair: tuple[socket.socket, socket.socket]) -> None:
    server, asker = pair
    environ: dict[str, Any] = {"gunicorn.socket": server}

    def app(_: dict[str, Any], start_response: Any) -> list[bytes]:  # noqa: ANN401 - WSGI
        start_response("202 ACCEPTED", [])
        return [b"body"]

    body = gunicorn.corked(app)(environ, lambda *_: None)
    server.sendall(b"head ")
    server.sendall(b"".join(body))
    gunicorn.post_request(None, None, environ, None)
    assert asker.recv(100) == b"head body"


def test_an_asker_that_hung_up_is_no_error(pair: tuple[socket.socket, socket.socket]) -> None:
    server, _ = pair
    server.close()
    gunicorn.post_request(None, None, {"gunicorn.socket": server}, None)


def test_a_request_that_could_not_be_read_has_no_socket() -> None:
    gunicorn.post_request(None, None, {}, None)
