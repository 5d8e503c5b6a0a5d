"""Two mailboxes, and a client that sends as a mail program does."""

import smtplib
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from tests.conftest import running_post_office
from workers.simulation.email.post_office import HOST, Mailbox, PostOffice

MAIL = b"""From: Ana <ana@paciente.example>\r
To: contato@clinica.example\r
Subject: =?utf-8?q?Hor=C3=A1rio?=\r
Message-ID: <1@paciente.example>\r
\r
Abrem no domingo?\r
"""


@pytest.fixture
def clinic(post_office: PostOffice) -> Mailbox:
    return post_office.mailbox("contato@clinica.example")


@pytest.fixture
def ana(post_office: PostOffice) -> Mailbox:
    return post_office.mailbox("ana@paciente.example")


@pytest.fixture
def client(post_office: PostOffice, clinic: Mailbox) -> Iterator[smtplib.SMTP]:
    """The clinic's connection for sending, logged in."""
    client = smtplib.SMTP(HOST, post_office.ports.smtp, timeout=5)
    client.login(clinic.address, clinic.password)
    yield client
    client.close()


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
