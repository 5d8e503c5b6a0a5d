"""The real server process: gunicorn, asked over HTTP and stopped by a signal."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from redis import Redis

from tests.integration.api.conftest import Keys
from tests.sample_channel import email_channel
from workers.contracts import channel_files
from workers.contracts import keys as names
from workers.contracts.question import Lane
from workers.stack.ports import free_port

pytestmark = pytest.mark.integration


@pytest.fixture
def server(
    redis: Redis, tmp_path: Path
) -> Iterator[tuple["subprocess.Popen[bytes]", httpx.Client, Path]]:
    redis.ping()
    port, log = free_port(), tmp_path / "api.log"
    channel_files.save(email_channel(), tmp_path / "channels")
    with log.open("wb") as out:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn"),
                *("-c", "python:api.gunicorn", "api.server:create_app()"),
            ],
            env=os.environ
            | {"ATENDE_PORT": str(port), "ATENDE_CHANNELS_DIR": str(tmp_path / "channels")},
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            for _ in range(200):
                try:
                    client.get("/healthz")
                    break
                except httpx.TransportError:
                    time.sleep(0.05)
            yield process, client, log
    finally:
        process.kill()
        process.wait()


def test_served_and_stopped_while_a_long_poll_waits(
    server: tuple["subprocess.Popen[bytes]", httpx.Client, Path], keys: Keys
) -> None:
    process, client, log = server
    answer = client.post("/v1/questions", json={"question": "Abre hoje?"}, headers=keys.ask)
    assert answer.status_code == 202
    path = answer.json()["links"]["self"]
    with ThreadPoolExecutor(1) as pool:
        polling = pool.submit(client.get, path + "?wait=30", headers=keys.ask)
        time.sleep(0.5)
        begun = time.monotonic()
        process.send_signal(signal.SIGTERM)
        response = polling.result(25)
    assert (response.status_code, response.json()["status"]) == (200, "queued")
    assert process.wait(20) == 0
    assert time.monotonic() - begun < 25  # not the 30 s that it asked for; 5 s as a rule
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    routes = [line["route"] for line in lines if line["event"] == "request"]
    assert "/v1/questions/<question_id>" in routes


def test_a_body_of_unknown_length_is_bounded(
    server: tuple["subprocess.Popen[bytes]", httpx.Client, Path], keys: Keys
) -> None:
    _, client, _ = server

    def chunks() -> Iterator[bytes]:
        for _ in range(20):
            yield b" " * 10_000

    response = client.post(
        "/v1/questions",
        content=chunks(),
        headers=keys.ask | {"Content-Type": "application/json"},
    )
    assert response.status_code == 413
    assert response.headers["Content-Type"] == "application/problem+json"
    # gunicorn closes the connection of a body that it did not read to its end
    small = httpx.post(
        f"{client.base_url}/v1/questions",
        content=iter([b'{"question":', b' "Abre hoje?"}']),
        headers=keys.ask | {"Content-Type": "application/json"},
    )
    assert small.status_code == 202


def test_a_mail_of_unknown_length_is_taken_up_to_its_own_limit(
    server: tuple["subprocess.Popen[bytes]", httpx.Client, Path], keys: Keys, redis: Redis
) -> None:
    _, client, _ = server

    def send(mebibytes: int) -> int:
        reply = httpx.post(
            f"{client.base_url}/v1/channels/email/correio",
            content=(b"a" * 1024 * 1024 for _ in range(mebibytes)),
            headers=keys.ask | {"Content-Type": "message/rfc822"},
        )
        return reply.status_code

    assert [send(24), send(26)] == [202, 413]
    assert redis.xlen(names.INBOUND) == 1


def test_a_mail_that_ends_early_is_not_stored(
    server: tuple["subprocess.Popen[bytes]", httpx.Client, Path], keys: Keys, redis: Redis
) -> None:
    _, client, _ = server
    with socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=10) as link:
        link.sendall(
            b"POST /v1/channels/email/correio HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
            b"Content-Type: message/rfc822\r\n"
            + f"Authorization: {keys.ask['Authorization']}\r\n\r\n".encode()
            + b"From: ana@example.com\r\n"
        )
        link.shutdown(socket.SHUT_WR)
        reply = link.recv(4096)
    assert reply.startswith(b"HTTP/1.1 400")
    assert redis.xlen(names.INBOUND) == 0


def test_a_body_that_ends_early_is_no_batch(
    server: tuple["subprocess.Popen[bytes]", httpx.Client, Path], keys: Keys, redis: Redis
) -> None:
    _, client, _ = server
    with socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=10) as link:
        link.sendall(
            b"POST /v1/questions/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
            b"Content-Type: application/x-ndjson\r\n"
            + f"Authorization: {keys.ask['Authorization']}\r\n\r\n".encode()
            + b'{"question": "Abre hoje?"}\n'
        )
        link.shutdown(socket.SHUT_WR)
        reply = link.recv(4096)
    assert reply.startswith(b"HTTP/1.1 400")
    assert redis.xlen(names.lane(Lane.BULK)) == 0


def test_chunks_that_cannot_be_read_are_the_sender_s_fault(
    server: tuple["subprocess.Popen[bytes]", httpx.Client, Path], keys: Keys, redis: Redis
) -> None:
    _, client, _ = server
    with socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=10) as link:
        link.sendall(
            b"POST /v1/questions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
            b"Content-Type: application/json\r\n"
            + f"Authorization: {keys.ask['Authorization']}\r\n\r\n".encode()
            + b"no size\r\n"
        )
        reply = link.recv(4096)
    assert reply.startswith(b"HTTP/1.1 400")
    assert redis.xlen(names.lane(Lane.INTERACTIVE)) == 0
