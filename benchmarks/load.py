"""A cheap HTTP client that keeps connections busy: the server is measured, not the client.

Each connection sends its next request as soon as it has the whole reply to the one before. The
requests are bytes made by hand and the replies are read for their status and length alone: about
25 µs of a core each, where httpx takes 400.
"""

import asyncio
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, cast

_LENGTH: Final = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
#: Seconds that a paced reply may take before the server counts as gone.
_REPLY_SECONDS = 30.0


@dataclass
class Tally:
    """What came back."""

    replies: int = 0
    failed: dict[bytes, int] = field(default_factory=dict)

    def count(self, status: bytes, good: int) -> None:
        """Count one reply."""
        if status == str(good).encode():
            self.replies += 1
        else:
            self.failed[status] = self.failed.get(status, 0) + 1

    def check(self, lost: int = 0) -> None:
        """Raise RuntimeError where a reply had another status, or a connection was closed."""
        if self.failed or lost:
            raise RuntimeError(f"{lost} connections were closed; other replies: {self.failed}")


class _Connection(asyncio.Protocol):
    """Calls `replied` with itself and the status of each whole reply."""

    def __init__(self, replied: "Callable[[_Connection, bytes], None]") -> None:
        self._replied = replied
        self._received = b""
        self.closed = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def send(self, request: bytes) -> None:
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, body = self._received.partition(b"\r\n\r\n")
        if not end:
            return
        length = _LENGTH.search(head)
        if length is None or len(body) < int(length[1]):
            return
        self._received = b""
        self._replied(self, head[9:12])

    def connection_lost(self, _: Exception | None) -> None:
        self.closed = True

    def abort(self) -> None:
        self._transport.abort()


async def _connect(
    port: int, connections: int, replied: Callable[[_Connection, bytes], None]
) -> list[_Connection]:
    loop = asyncio.get_running_loop()
    return [
        (await loop.create_connection(lambda: _Connection(replied), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]


def post(path: str, body: bytes, *headers: str) -> bytes:
    """The bytes of one POST of JSON."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", "Content-Type: application/json"]
    lines += [*headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def load(
    port: int, request: Callable[[], bytes], *, good: int, connections: int, seconds: float
) -> float:
    """Replies per second over some seconds, after a tenth of them to get going.

    Raises:
        RuntimeError: a reply had another status than `good`, or a connection was closed.
    """
    return asyncio.run(_load(port, request, good, connections, seconds))


async def _load(
    port: int, request: Callable[[], bytes], good: int, connections: int, seconds: float
) -> float:
    tally = Tally()

    def replied(connection: _Connection, status: bytes) -> None:
        tally.count(status, good)
        connection.send(request())

    links = await _connect(port, connections, replied)
    for connection in links:
        connection.send(request())
    await asyncio.sleep(seconds / 10)
    before, start = tally.replies, time.perf_counter()
    await asyncio.sleep(seconds)
    rate = (tally.replies - before) / (time.perf_counter() - start)
    lost = sum(connection.closed for connection in links)
    for connection in links:
        connection.abort()
    tally.check(lost)
    return rate


def pace(
    port: int,
    request: Callable[[], bytes],
    *,
    good: int,
    connections: int,
    dues: Sequence[float],
) -> list[float]:
    """Seconds that each request took, from the time at which it was due.

    Each is due whether those before it were answered or not, so that a stall counts against all
    that would have come meanwhile.

    Args:
        port: of the server, on this machine.
        request: makes the next one's bytes.
        good: the status that every reply must have.
        connections: kept open; a request that finds none free waits for one.
        dues: seconds from the beginning, in order.

    Raises:
        RuntimeError: a reply had another status than `good`.
        TimeoutError: a reply did not come, or a connection was closed.
    """
    return asyncio.run(_pace(port, request, good, connections, dues))


async def _pace(
    port: int, request: Callable[[], bytes], good: int, connections: int, dues: Sequence[float]
) -> list[float]:
    tally = Tally()
    times: list[float] = []
    sent: dict[_Connection, float] = {}
    free: asyncio.LifoQueue[_Connection] = asyncio.LifoQueue()

    def replied(connection: _Connection, status: bytes) -> None:
        times.append(time.perf_counter() - sent.pop(connection))
        tally.count(status, good)
        free.put_nowait(connection)

    links = await _connect(port, connections, replied)
    for connection in links:
        free.put_nowait(connection)
    start = time.perf_counter()
    for due in dues:
        await asyncio.sleep(max(0.0, start + due - time.perf_counter()))
        connection = await asyncio.wait_for(free.get(), _REPLY_SECONDS)
        sent[connection] = start + due
        connection.send(request())
    for _ in links:  # each is free again once its last reply has come
        await asyncio.wait_for(free.get(), _REPLY_SECONDS)
    for connection in links:
        connection.abort()
    tally.check()
    return times
