"""The way out, against real servers: what is sent, what is refused, and when it ends."""

import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpcore
import httpx
import pytest
import trustme

from workers.delivery.backoff import NoReply, Refused, Reply
from workers.delivery.egress import CallbackClient
from workers.delivery.hosts import Busy

if TYPE_CHECKING:
    from tests.integration.workers.delivery.conftest import Receiver, Start

pytestmark = pytest.mark.integration

#: Seconds beyond the client's time-out of 1 s that a busy machine may need.
SLACK = 1.5
#: Every error of httpcore but its pool's own signal to look for another connection.
FOREIGN = sorted(
    {
        kind
        for kind in vars(httpcore).values()
        if isinstance(kind, type) and issubclass(kind, Exception)
    }
    - {httpcore.ConnectionNotAvailable},
    key=str,
)


def take(connection: socket.socket) -> None:
    """Read a whole request of `post`: what is left unread would turn the close into a reset."""
    data = b""
    while not data.endswith(b"{}") and (part := connection.recv(65536)):
        data += part


def post(client: CallbackClient, url: str, body: bytes = b"{}") -> object:
    return client.post(httpx.URL(url), {"Content-Type": "application/json"}, body)


def test_what_arrives(client: CallbackClient, receiver: "Receiver") -> None:
    assert post(client, receiver.url + "?a=%C3%A7", "é".encode()) == Reply(200)
    (received,) = receiver.posts
    assert received.path == "/cb?a=%C3%A7"
    assert received.body == "é".encode()
    assert received.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert received.headers["content-type"] == "application/json"
    assert "authorization" not in received.headers


def test_user_and_password_are_sent_as_basic_authentication(
    client: CallbackClient, receiver: "Receiver"
) -> None:
    post(client, f"http://bot:s%40cret@127.0.0.1:{receiver.port}/")
    assert receiver.posts[0].headers["authorization"] == "Basic Ym90OnNAY3JldA=="


def test_a_connection_is_used_again_and_cookies_are_not_kept(
    client: CallbackClient, receiver: "Receiver"
) -> None:
    receiver.headers, receiver.body = {"Set-Cookie": "a=b"}, b"ok"
    post(client, receiver.url)
    post(client, receiver.url)
    assert len({received.connection for received in receiver.posts}) == 1
    assert "cookie" not in receiver.posts[1].headers


def test_retry_after_is_handed_on(client: CallbackClient, receiver: "Receiver") -> None:
    receiver.replies, receiver.headers = [429], {"Retry-After": "7"}
    assert post(client, receiver.url) == Reply(429, "7")


def test_a_redirect_is_not_followed(client: CallbackClient, receiver: "Receiver") -> None:
    receiver.replies, receiver.headers = [302], {"Location": "/elsewhere"}
    assert post(client, receiver.url) == Reply(302)
    assert len(receiver.posts) == 1


def test_a_proxy_of_the_environment_is_not_used(
    client: CallbackClient, receiver: "Receiver", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert post(client, receiver.url) == Reply(200)


def test_a_huge_body_is_not_read(client: CallbackClient, raw_server: "Start") -> None:
    sent_bytes = 0

    def huge(connection: socket.socket) -> None:
        nonlocal sent_bytes
        take(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        for _ in range(1000):
            connection.sendall(b"x" * 1_000_000)
            sent_bytes += 1_000_000

    assert post(client, f"http://127.0.0.1:{raw_server(huge)}/") == Reply(200)
    time.sleep(0.2)
    assert sent_bytes < 50_000_000  # what the sockets buffer


def test_a_status_counts_though_its_body_never_ends(
    client: CallbackClient, raw_server: "Start"
) -> None:
    def unfinished(connection: socket.socket) -> None:
        take(connection)
        connection.sendall(b"HTTP/1.1 204 No\r\nContent-Length: 0\r\n\r\n")
        take(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx")
        time.sleep(10)

    port = raw_server(unfinished)
    assert post(client, f"http://127.0.0.1:{port}/") == Reply(204)
    started = time.monotonic()
    assert post(client, f"http://127.0.0.1:{port}/") == Reply(200)
    assert time.monotonic() - started < 1 + SLACK


def hang(connection: socket.socket) -> None:
    take(connection)
    time.sleep(10)


def drip(connection: socket.socket) -> None:
    take(connection)
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000:
        connection.sendall(bytes([byte]))
        time.sleep(0.2)


def drip_informational(connection: socket.socket) -> None:
    take(connection)
    while True:
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
        time.sleep(0.1)


@pytest.mark.parametrize("behave", [hang, drip, drip_informational])
def test_no_receiver_holds_a_thread_beyond_the_time_limit(
    client: CallbackClient, raw_server: "Start", behave: Callable[[socket.socket], None]
) -> None:
    port = raw_server(behave)
    started = time.monotonic()
    assert post(client, f"http://127.0.0.1:{port}/") == NoReply("no reply within 1 s")
    assert 0.9 < time.monotonic() - started < 1 + SLACK


def test_a_receiver_that_does_not_read_is_left_too(
    client: CallbackClient, raw_server: "Start"
) -> None:
    port = raw_server(lambda _: time.sleep(10))
    started = time.monotonic()
    result = post(client, f"http://127.0.0.1:{port}/", b"x" * 50_000_000)
    assert result == NoReply("no reply within 1 s")
    assert time.monotonic() - started < 1 + SLACK


def test_a_tls_handshake_that_hangs_is_left_too(
    client: CallbackClient, raw_server: "Start"
) -> None:
    port = raw_server(lambda _: time.sleep(10))
    started = time.monotonic()
    assert post(client, f"https://127.0.0.1:{port}/") == NoReply("no reply within 1 s")
    assert time.monotonic() - started < 1 + SLACK


def test_a_closed_port(client: CallbackClient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    result = post(client, f"http://127.0.0.1:{port}/")
    assert isinstance(result, NoReply)
    assert result.reason.startswith("no connection")


@pytest.mark.parametrize("answer", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 abc\r\n\r\n"])
def test_a_receiver_that_speaks_no_http(
    client: CallbackClient, raw_server: "Start", answer: bytes
) -> None:
    def talk(connection: socket.socket) -> None:
        take(connection)
        connection.sendall(answer)

    result = post(client, f"http://127.0.0.1:{raw_server(talk)}/")
    assert isinstance(result, NoReply)
    assert result.reason.startswith("the receiver broke HTTP")


def test_a_name_that_does_not_exist(client: CallbackClient) -> None:
    result = post(client, "http://atende.invalid/")
    assert isinstance(result, NoReply)
    assert "atende.invalid does not resolve" in result.reason


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://2130706433:{port}/",  # the same address as one number
        "http://0x7f.1:{port}/",
        "http://0:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
        "http://[::1]:{port}/",
        "https://localhost:{port}/",
    ],
)
def test_private_addresses_are_refused_however_they_are_written(
    strict_client: CallbackClient, receiver: "Receiver", url: str
) -> None:
    result = post(strict_client, url.format(port=receiver.port))
    assert isinstance(result, Refused)
    assert "ATENDE_CALLBACK_ALLOW_PRIVATE" in result.reason
    assert receiver.posts == []


def test_one_private_address_among_public_ones_refuses_the_name(
    strict_client: CallbackClient, receiver: "Receiver", monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [(0, 0, 0, "", (address, receiver.port)) for address in ("8.8.8.8", "127.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: rows)
    result = post(strict_client, f"http://mixed.example:{receiver.port}/")
    assert isinstance(result, Refused)
    assert "127.0.0.1" not in result.reason


def test_the_name_is_resolved_once_and_the_checked_address_is_called(
    client: CallbackClient, receiver: "Receiver", monkeypatch: pytest.MonkeyPatch
) -> None:
    real, names = socket.getaddrinfo, []

    def rebinding(host: str, *rest: object, **options: object) -> object:
        names.append(host)
        address = "127.0.0.1" if host == "rebind.example" and len(names) == 1 else host
        return real(address, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    assert post(client, f"http://rebind.example:{receiver.port}/") == Reply(200)
    assert names == ["rebind.example", "127.0.0.1"]
    assert receiver.posts[0].headers["host"] == f"rebind.example:{receiver.port}"


def test_the_next_address_is_tried_where_the_first_does_not_listen(
    client: CallbackClient, receiver: "Receiver", monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def two(host: str, *rest: object, **options: object) -> object:
        if host != "two.example":
            return real(host, *rest, **options)  # type: ignore[arg-type]
        return [(0, 0, 0, "", (address, 0)) for address in ("127.0.0.2", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    assert post(client, f"http://two.example:{receiver.port}/") == Reply(200)


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:99999/", "http://127.0.0.1:-1/", f"http://{'a' * 70}.com/", "ftp://x/"],
)
def test_a_url_that_nobody_can_call_is_refused(client: CallbackClient, url: str) -> None:
    assert isinstance(post(client, url), Refused)


@pytest.mark.parametrize(
    ("name", "trusted", "delivered"),
    [("localhost", True, True), ("other.example", True, False), ("localhost", False, False)],
)
def test_tls_keeps_the_name_and_checks_the_certificate(
    receiver: "Receiver", name: str, *, trusted: bool, delivered: bool
) -> None:
    authority = trustme.CA()
    trust = ssl.create_default_context()
    if trusted:
        authority.configure_trust(trust)
    client = CallbackClient(allow_private=True, timeout=2.0, per_host=8, tls=trust)
    with receiver.serving() as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(name).configure_cert(context)
        server.handle_error = lambda *_: None  # type: ignore[method-assign] # it logs bad handshakes
        server.socket = context.wrap_socket(server.socket, server_side=True)
        result = post(client, f"https://localhost:{receiver.port}/")
    client.close()
    if delivered:
        assert result == Reply(200)
    else:
        assert isinstance(result, NoReply)
        assert "certificate verify failed" in result.reason


def test_a_host_gets_no_more_than_its_places(receiver: "Receiver") -> None:
    client = CallbackClient(allow_private=True, timeout=5.0, per_host=2)
    held, go = threading.Semaphore(0), threading.Event()

    def wait() -> None:
        held.release()
        go.wait(5)

    receiver.on_post = wait
    threads = [threading.Thread(target=post, args=(client, receiver.url)) for _ in range(2)]
    for thread in threads:
        thread.start()
    held.acquire()
    held.acquire()
    assert isinstance(post(client, receiver.url), Busy)
    go.set()
    for thread in threads:
        thread.join()
    assert post(client, receiver.url) == Reply(200)
    client.close()


def test_a_resolver_that_hangs_is_left_too(
    client: CallbackClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3))
    started = time.monotonic()
    assert post(client, "http://slow.example/") == NoReply("no reply within 1 s")
    assert time.monotonic() - started < 1 + SLACK


@pytest.mark.parametrize("error", FOREIGN)
def test_no_error_of_httpcore_leaves_the_client(
    client: CallbackClient, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error("broken")

    monkeypatch.setattr(socket, "getaddrinfo", fails)
    never = issubclass(error, httpcore.UnsupportedProtocol | httpcore.LocalProtocolError)
    assert isinstance(post(client, "http://any.example/"), Refused if never else NoReply)


def test_the_errors_of_httpcore_are_known() -> None:
    assert {httpcore.ConnectError, httpcore.ReadTimeout, httpcore.ProxyError} < set(FOREIGN)
