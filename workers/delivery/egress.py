"""The way out: one POST to a URL that a stranger chose, without risk to our network.

The name is resolved here, every address of it is checked, and the connection goes to the checked
address itself: a name that resolves otherwise a second time (DNS rebinding) gains nothing. TLS and
`Host` keep the name. No redirect is followed, no proxy is taken from the environment, no cookie is
kept, and nothing outlives the time limit, however slowly a receiver sends.

    Exception
    └── HostRefusedError   the URL's host must not be called

It goes through httpcore and ends here, as httpcore's own errors do: `CallbackClient.post` makes
each of them a result.
"""

import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from typing import Final

import httpcore
import httpx

from workers.contracts.addresses import is_public
from workers.delivery.backoff import NoReply, Refused, Reply, Result
from workers.delivery.hosts import Busy, Hosts

#: Bytes of a response's body that are read so that its connection can be used again.
_BODY_BYTES: Final = 64 * 1024
#: Seconds that this may take: the status is known by then, the rest is a courtesy.
_BODY_SECONDS: Final = 1.0
#: Bytes handed to the socket at a time: the time limit is checked between two such writes.
_WRITE_BYTES: Final = 64 * 1024
#: Seconds for one of a name's addresses, so that a dead one leaves time for the next.
_CONNECT_SECONDS: Final = 5.0
_LAST_PORT: Final = 65_535
#: Names resolved at the same time; the system's resolver does not heed our time limit.
_RESOLVERS: Final = 32

#: When the request of this thread must have ended (monotonic seconds).
_deadline: ContextVar[float] = ContextVar("deadline")

_SocketOptions = Iterable[
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
]


class HostRefusedError(Exception):
    """The URL's host must not be called; `str()` tells the user why."""


class CallbackClient:
    """Posts callbacks. Safe for threads; connections are kept open for the next ones.

    Args:
        allow_private: whether loopback and private addresses may be called.
        timeout: seconds for a whole callback, from resolving the name to the status.
        per_host: callbacks that one host gets at the same time from this process.
        tls: whom to trust; the system's certificates by default.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        timeout: float,
        per_host: int,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._timeout = timeout
        self._hosts = Hosts(per_host)
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls or ssl.create_default_context(),
            max_connections=None,  # bounded by the threads that call
            max_keepalive_connections=64,
            keepalive_expiry=5.0,
            network_backend=_CheckedNetwork(allow_private=allow_private),
        )

    def post(self, url: httpx.URL, headers: Mapping[str, str], body: bytes) -> Result | Busy:
        """Send `body`; the receiver's reply, or why there is none. Raises nothing of the network.

        Args:
            url: http or https; user and password in it are sent as Basic authentication.
            headers: in addition to `Host` and `Content-Length`.
            body: the bytes as they were signed.
        """
        host = url.raw_host.decode("ascii")  # httpx reads some names that exist (☃.net) as no name
        busy = self._hosts.enter(host)
        if busy is not None:
            return busy
        started = time.monotonic()
        _deadline.set(started + self._timeout)
        try:
            return self._send(url, headers, body)
        finally:
            self._hosts.leave(host, time.monotonic() - started)

    def _send(self, url: httpx.URL, headers: Mapping[str, str], body: bytes) -> Result:
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        try:
            with self._pool.stream(
                "POST", target, headers=_headers(url, headers), content=body
            ) as response:
                _read_some(response)
                retry_after = httpx.Headers(response.headers).get("retry-after")
                return Reply(response.status, retry_after)
        except HostRefusedError as error:
            return Refused(str(error))
        except (httpcore.UnsupportedProtocol, httpcore.LocalProtocolError) as error:
            return Refused(f"the request cannot be made: {error}")
        except httpcore.TimeoutException:
            return NoReply(f"no reply within {self._timeout:g} s")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError) as error:
            return NoReply(f"{_cause(error)}: {error}")

    def close(self) -> None:
        """Close the kept connections."""
        self._pool.close()


def _cause(error: Exception) -> str:
    causes = {
        httpcore.ConnectError: "no connection",
        httpcore.RemoteProtocolError: "the receiver broke HTTP",
    }
    return causes.get(type(error), "the connection broke")


def _headers(url: httpx.URL, signed: Mapping[str, str]) -> list[tuple[bytes | str, bytes | str]]:
    headers: list[tuple[bytes | str, bytes | str]] = [("Host", url.netloc), *signed.items()]
    if url.userinfo:
        credentials = b64encode(f"{url.username}:{url.password}".encode()).decode()
        headers.append(("Authorization", f"Basic {credentials}"))
    return headers


def _read_some(response: httpcore.Response) -> None:
    """Read a short body, so that the connection can be kept; a long or slow one closes it."""
    _deadline.set(min(_deadline.get(), time.monotonic() + _BODY_SECONDS))
    size = 0
    try:
        for part in response.iter_stream():
            size += len(part)
            if size > _BODY_BYTES:
                return
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        return


def _seconds_left() -> float:
    return _deadline.get() - time.monotonic()


class _CheckedNetwork(httpcore.NetworkBackend):
    """Opens connections to checked addresses only."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private
        self._inner = httpcore.SyncBackend()
        self._resolvers = ThreadPoolExecutor(_RESOLVERS, thread_name_prefix="resolve")

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the deadline rules
        local_address: str | None = None,
        socket_options: _SocketOptions | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of the host that takes the connection.

        Raises:
            HostRefusedError: it is no host name, or one of its addresses is not public.
            httpcore.ConnectError: no such name, or nobody listens there.
            httpcore.ConnectTimeout: the time is up.
        """
        failure: httpcore.ConnectError | httpcore.ConnectTimeout | None = None
        for address in self._checked(host, port):
            seconds = min(_seconds_left(), _CONNECT_SECONDS)
            if seconds <= 0:
                break
            try:
                return _TimedStream(
                    self._inner.connect_tcp(address, port, seconds, local_address, socket_options)
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectTimeout("the time was up")

    def _checked(self, host: str, port: int) -> list[str]:
        if not 0 < port <= _LAST_PORT:  # the system's resolver would cut it to 16 bits
            raise HostRefusedError(f"there is no port {port}")
        try:
            addresses = _resolve(self._resolvers, host, port)
        except socket.gaierror as error:
            raise httpcore.ConnectError(f"{host} does not resolve: {error.strerror}") from error
        except UnicodeError as error:
            raise HostRefusedError(f"{host} is no host name") from error
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"{host} was not resolved in time") from error
        if self._allow_private or all(is_public(address) for address in addresses):
            return addresses
        # The address itself is not named: that would tell a stranger about the inner network.
        raise HostRefusedError(
            f"{host} resolves to an address that is not public. Callbacks to such addresses are "
            "refused unless ATENDE_CALLBACK_ALLOW_PRIVATE is set"
        )


def _resolve(resolvers: ThreadPoolExecutor, host: str, port: int) -> list[str]:
    addresses: Future[list[str]] = resolvers.submit(_addresses, host, port)
    try:
        return addresses.result(max(0.0, _seconds_left()))
    finally:
        addresses.cancel()


def _addresses(host: str, port: int) -> list[str]:
    rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in rows))


class _TimedStream(httpcore.NetworkStream):
    """A connection whose every step ends at the deadline of the request that uses it.

    httpcore's own limits apply to each read alone: a receiver that sends a byte every few seconds
    would hold a thread for ever.
    """

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - see above
        if (seconds := _seconds_left()) <= 0:
            raise httpcore.ReadTimeout("the time was up")
        return self._inner.read(max_bytes, seconds)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - see above
        for start in range(0, len(buffer), _WRITE_BYTES):
            if (seconds := _seconds_left()) <= 0:
                raise httpcore.WriteTimeout("the time was up")
            self._inner.write(buffer[start : start + _WRITE_BYTES], seconds)

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - see above
    ) -> httpcore.NetworkStream:
        if (seconds := _seconds_left()) <= 0:
            raise httpcore.ConnectTimeout("the time was up")
        return _TimedStream(self._inner.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> object:
        return self._inner.get_extra_info(info)
