"""What `atende channels doctor` finds, from a channel's file to a post that a worker takes."""

import time
from collections.abc import Iterator

from workers.channels.email.oauth import Tokens
from workers.commands.support.domain_findings import domain_findings
from workers.commands.support.finding import Finding
from workers.commands.support.graph import Graph
from workers.commands.support.graph_findings import graph_findings
from workers.commands.support.mailbox_findings import mailbox_findings
from workers.commands.support.posts import posts_taken
from workers.commands.support.reader_finding import health_of, mailbox_store, reader_finding
from workers.commands.support.smtp_findings import smtp_findings
from workers.commands.support.webhook_findings import PATH, address_finding, webhook_findings
from workers.contracts import channel_files
from workers.contracts.channels import ChannelBook
from workers.contracts.email_channel import EmailChannel
from workers.contracts.whatsapp_channel import WhatsAppChannel
from workers.stack.running_stack import running_stack
from workers.stack.settings import LocalSettings


def channel_findings(name: str, book: ChannelBook, settings: LocalSettings) -> Iterator[Finding]:
    """Check a channel from its file to a post that a worker takes."""
    channel, fault = book.named(name), book.faults().get(name)
    if fault:
        yield Finding("file", good=False, state="it is not used", repair=fault)
    else:
        path = channel_files.path_of(book.folder, name)
        yield Finding("file", good=True, state=f"{path}, readable by its owner alone")
    if isinstance(channel, WhatsAppChannel):
        yield from _number_findings(channel, settings)
    elif isinstance(channel, EmailChannel):
        yield from _email_findings(channel)


def _email_findings(channel: EmailChannel) -> Iterator[Finding]:
    """What a mailbox and its servers say, and whether a worker reads it."""
    tokens = Tokens()
    yield from mailbox_findings(channel, tokens)
    yield from smtp_findings(channel, tokens)
    yield from domain_findings(channel.domain)
    if channel.imap_host is not None:
        yield reader_finding(health_of(channel, mailbox_store()), time.time())


def _number_findings(channel: WhatsAppChannel, settings: LocalSettings) -> Iterator[Finding]:
    """What Meta says of a number, and whether its posts come in."""
    with Graph(channel) as graph:
        yield from graph_findings(channel, graph, time.time())
    url = webhook_url(settings)
    if url is None:
        repair = "Start it with `atende up`, or set ATENDE_PUBLIC_URL to where it is."
        yield Finding("webhook", good=False, state="no API runs here", repair=repair)
        return
    yield address_finding(url)
    yield from webhook_findings(channel, url, posts_taken())


def webhook_url(settings: LocalSettings) -> str | None:
    """Where Meta calls this installation; None where nothing says."""
    stack = running_stack(settings)
    base = settings.public_url or settings.url or (stack.url if stack else None)
    return base.rstrip("/") + PATH if base else None
