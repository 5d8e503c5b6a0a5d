"""Two mailboxes, and a client that sends as a mail program does."""

import smtplib
from collections.abc import Iterator

import pytest

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
