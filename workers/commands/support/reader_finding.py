"""Whether a worker reads a mailbox, and what it says of it."""

from datetime import datetime
from typing import Final

from redis import RedisError

from workers.commands.support.finding import Finding
from workers.commands.support.queue import queue_settings
from workers.contracts.connection import connect
from workers.contracts.email_channel import EmailChannel
from workers.contracts.errors import RecordError
from workers.contracts.mailboxes import MailboxHealth, MailboxStore
from workers.stack.errors import NotRunningError

#: Seconds after which a mailbox that is read has been looked through again for certain.
_LATE_SECONDS: Final = 15 * 60.0


def mailbox_store() -> MailboxStore | None:
    """The queue's mailboxes; None where no queue answers."""
    try:
        return MailboxStore(connect(queue_settings()))
    except NotRunningError:
        return None


def health_of(channel: EmailChannel, mailboxes: MailboxStore | None) -> MailboxHealth | None:
    """How a channel's mailbox fares; None where no queue answers."""
    try:
        return mailboxes.health(channel.name) if mailboxes else None
    except (RedisError, RecordError):
        return None


def reader_finding(health: MailboxHealth | None, now: float) -> Finding:
    """What a worker says of a mailbox; `now` in Unix seconds."""
    part = "reader"
    start = "A worker with ATENDE_INTAKE=1 reads mailboxes: `atende up` starts one."
    if health is None:
        return Finding(part, good=False, state="no queue answers here", repair=start)
    if health.fault:
        since = f"since {_moment(health.fault_since)}"
        repair = "It is tried again as soon as the file is changed, else within 15 minutes."
        return Finding(part, good=False, state=f"{since}: {health.fault}", repair=repair)
    if not health.looked_at:
        repair = f"{start} A mailbox that was just added is opened within seconds."
        return Finding(part, good=False, state="no worker has looked yet", repair=repair)
    state = f"looked through at {_moment(health.looked_at)}"
    if now - health.looked_at > _LATE_SECONDS or not health.holder:
        return Finding(part, good=False, state=f"{state}; by nobody now", repair=start)
    return Finding(part, good=True, state=state)


def fault_line(health: MailboxHealth | None) -> str:
    """What is wrong with a mailbox, as a list says it; empty where nothing is."""
    if health is None or not health.fault:
        return ""
    return f"{health.fault} (since {_moment(health.fault_since)})"


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at).astimezone():%Y-%m-%d %H:%M}"
