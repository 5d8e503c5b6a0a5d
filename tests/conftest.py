"""Fixtures shared by all tests: a real Valkey server, emptied for each test."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis as redis_client
import trustme

from workers.contracts.connection import connect
from workers.contracts.settings import QueueSettings
from workers.simulation.email.dovecot import binary
from workers.simulation.email.errors import DovecotMissingError
from workers.simulation.email.post_office import PostOffice
from workers.simulation.whatsapp.graph import StrictGraph
from workers.stack import valkey
from workers.stack.ports import free_port

#: Tests that need weights take the smallest, also in the processes that they start.
os.environ.setdefault("ATENDE_MODEL", "embedded:tiny")
#: Its answers are written, though an embedded model's would be quoted: the engine is tested too.
os.environ.setdefault("ATENDE_ANSWER", "write")


@pytest.fixture(scope="session")
def valkey_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a Valkey server that lives as long as the session."""
    folder: Path = tmp_path_factory.mktemp("valkey")
    port = free_port()
    process = subprocess.Popen(valkey.command(port, folder))
    try:
        with redis_client.Redis(port=port) as probe:
            for _ in range(200):
                try:
                    probe.ping()
                    break
                except redis_client.ConnectionError:
                    time.sleep(0.05)
        yield port
    finally:
        process.terminate()
        process.wait()


@pytest.fixture
def queue_settings(valkey_port: int, monkeypatch: pytest.MonkeyPatch) -> QueueSettings:
    """Settings of the queue on the test's server."""
    monkeypatch.setenv("ATENDE_REDIS_URL", f"redis://127.0.0.1:{valkey_port}/0")
    monkeypatch.setenv("ATENDE_SECRET", "a master secret for tests")
    return QueueSettings()


@pytest.fixture
def redis(queue_settings: QueueSettings) -> Iterator["redis_client.Redis"]:
    """A client of an empty server."""
    client = connect(queue_settings)
    client.flushall()
    yield client
    client.close()


@pytest.fixture
def graph() -> Iterator[StrictGraph]:
    """A strict Graph API on a free port; `graph.courier.url` says where its webhooks go."""
    with StrictGraph().running() as graph:
        yield graph


@pytest.fixture
def post_office() -> Iterator[PostOffice]:
    """Dovecot and a mail server on free ports; skipped where Dovecot is not installed."""
    with running_post_office() as office:
        yield office


@contextmanager
def running_post_office(certificate: tuple[Path, Path] | None = None) -> Iterator[PostOffice]:
    """A post office, with TLS where there is a certificate; skips where Dovecot is missing."""
    try:
        binary()
    except DovecotMissingError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    with PostOffice(certificate).running() as office:
        yield office


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def safe_office(authority: trustme.CA, tmp_path: Path) -> Iterator[PostOffice]:
    """A post office whose certificate is made out to localhost."""
    chain, key = tmp_path / "chain.pem", tmp_path / "key.pem"
    certificate = authority.issue_cert("localhost")
    certificate.private_key_pem.write_to_path(key)
    for blob in certificate.cert_chain_pems:
        blob.write_to_path(chain, append=True)
    with running_post_office((chain, key)) as office:
        yield office
