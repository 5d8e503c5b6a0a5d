"""The client that keeps a pace: a stall counts against all that were due meanwhile."""

import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from benchmarks.load import pace, post

STALL = 0.3


class Stalls(socketserver.BaseRequestHandler):
    """Answers 202, the first time after a while."""

    def handle(self) -> None:
        time.sleep(STALL)
        while self.request.recv(4096):
            self.request.sendall(b"HTTP/1.1 202 ACCEPTED\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def port() -> Iterator[int]:
    with socketserver.TCPServer(("127.0.0.1", 0), Stalls) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_a_request_s_time_begins_when_it_is_due(port: int) -> None:
    times = pace(port, lambda: post("/", b"{}"), good=202, connections=1, dues=[0.0, 0.1, 0.2])
    assert times[0] >= STALL
    assert times[1] >= STALL - 0.1
    assert times[2] >= STALL - 0.2


def test_another_status_is_an_error(port: int) -> None:
    with pytest.raises(RuntimeError, match="202"):
        pace(port, lambda: post("/", b"{}"), good=200, connections=1, dues=[0.0])
