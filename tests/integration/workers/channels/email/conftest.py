"""A mailbox at a real mail server, and what follows it."""

from pathlib import Path

import pytest
from redis import Redis

from tests.mailbox_bench import MailboxBench
from workers.contracts.settings import QueueSettings
from workers.simulation.email.post_office import PostOffice


@pytest.fixture
def bench(
    redis: Redis, queue_settings: QueueSettings, post_office: PostOffice, tmp_path: Path
) -> MailboxBench:
    """The mailbox of `contato@clinica.example`, in clear on loopback."""
    mailbox = post_office.mailbox("contato@clinica.example")
    return MailboxBench(redis, queue_settings, post_office, tmp_path / "channels", mailbox)
