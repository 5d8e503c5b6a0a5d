"""A cheap HTTP client that keeps connections busy: the server is measured, not the client.

Each connection sends its next request as soon as it has the whole reply to the one before. The
requests are bytes made by hand and the replies are read for their status and length alone: about
25 µs of a core each, where httpx takes 400.
"""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, cast

_LENGTH: Final = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)


@dataclass
class Tally:
    """What came back."""

    replies: int = 0
    failed: dict[bytes, int] = field(default_factory=dict)


class _Connection(asyncio.Protocol):
    def __init__(self, request: Callable[[], bytes], good: bytes, tally: Tally) -> None:
        self._request = request
        self._good = good
        self._tally = tally
        self._got = b""
        self.gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(self._request())

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        if not end:
            return
        length = _LENGTH.search(head)
        if length is None or len(body) < int(length[1]):
            return
        self._got = b""
        if head[9:12] == self._good:
            self._tally.replies += 1
        else:
            self._tally.failed[head[9:12]] = self._tally.failed.get(head[9:12], 0) + 1
        self._transport.write(self._request())

    def connection_lost(self, _: Exception | None) -> None:
        if not self.gone.done():
            self.gone.set_result(None)


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
    loop = asyncio.get_running_loop()
    opened = [
        await loop.create_connection(
            lambda: _Connection(request, str(good).encode(), tally), "127.0.0.1", port
        )
        for _ in range(connections)
    ]
    await asyncio.sleep(seconds / 10)
    before, begun = tally.replies, time.perf_counter()
    await asyncio.sleep(seconds)
    rate = (tally.replies - before) / (time.perf_counter() - begun)
    lost = sum(protocol.gone.done() for _, protocol in opened)
    for transport, _ in opened:
        transport.abort()
    if tally.failed or lost:
        raise RuntimeError(f"{lost} connections were closed; other replies: {tally.failed}")
    return rate
