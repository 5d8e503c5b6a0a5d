"""`atende channels`: the ways on which patients write; add, list, check and remove them."""

import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from cyclopts import App
from rich.console import Console
from rich.table import Table
from rich.text import Text

from workers.commands.adding import add
from workers.commands.support.channel_findings import channel_findings
from workers.commands.support.channel_secrets import secret_of
from workers.commands.support.errors import CommandError, exit_on_error
from workers.commands.support.finding import findings_table
from workers.commands.support.new_channel import validated
from workers.commands.support.queue import queue_settings
from workers.commands.support.reader_finding import fault_line, health_of, mailbox_store
from workers.contracts import channel_files
from workers.contracts.channel_files import AnyChannel
from workers.contracts.channels import ChannelBook
from workers.contracts.connection import connect
from workers.contracts.email_channel import EmailChannel
from workers.contracts.inbound import Inbound
from workers.stack.settings import load_settings

channels = App(name="channels", help="Add, list, check and remove the ways patients write on.")
channels.command(add)
#: What is left to do where a channel was removed, by its kind; of a file that nobody can read all.
_AT_THE_PROVIDER: Final = {
    "whatsapp": "At Meta take back what was entered, and revoke its token.",
    "email": "Its mails stay in the mailbox. A password or a secret that was made for Atende alone "
    "can be revoked at the provider.",
    "": "At its provider take back what was entered, and revoke its token or password.",
}


@channels.command(name="list")
@exit_on_error("atende channels list")
def show_all() -> None:
    """List the channels, and what is wrong with their files or mailboxes; no secret is shown."""
    settings, console = load_settings(), Console()
    book = ChannelBook.open(settings)
    listed, faults = book.all(), book.faults()
    if not listed and not faults:
        console.print(Text(f"There is no channel in {settings.channels_dir}."))
        console.print("`atende channels add --help` says how to add one.", style="dim")
    if listed:
        console.print(listing_table(listed, time.time()))
    _show_faults([each for each in listed if isinstance(each, EmailChannel)], console)
    for name, fault in faults.items():
        console.print(Text(f"{name}: ", "bold red").append(fault, "default"), soft_wrap=True)
    if faults:
        sys.exit(1)


def _show_faults(channels: list[EmailChannel], console: Console) -> None:
    """What is wrong with mailboxes, as the workers that read them noted."""
    read = [channel for channel in channels if channel.imap_host is not None]
    mailboxes = mailbox_store() if read else None
    for channel in read:
        fault = fault_line(health_of(channel, mailboxes))
        if fault:
            console.print(Text(f"{channel.name}: ", "bold red").append(fault, "default"))


@channels.command
@exit_on_error("atende channels token")
def token(name: str, /, *, token_file: Path | None = None) -> None:
    """Give a channel another access token; what waits is sent within seconds.

    Args:
        name: the channel.
        token_file: a file that holds the token; it is asked for by default.
    """
    _replace(name, "token", token_file)
    console = Console()
    console.print(Text(f"{name} has its new token. What waited for it is sent within seconds."))
    console.print(Text(f"Check it: atende channels doctor {name}", "dim"))


@channels.command
@exit_on_error("atende channels password")
def password(
    name: str,
    /,
    *,
    secret: Literal["password", "client_secret", "refresh_token"] | None = None,
    password_file: Path | None = None,
) -> None:
    """Give a mailbox another password, or another secret of its log-in by tokens.

    Args:
        name: the channel.
        secret: which one; by default the first of these that the channel has.
        password_file: a file that holds it; it is asked for by default.
    """
    replaced = _replace(name, secret, password_file)
    console = Console()
    console.print(
        Text(f"{name} has its new {replaced}. What waited for it is read and sent within a minute.")
    )
    console.print(Text(f"Check it: atende channels doctor {name}", "dim"))


def _replace(name: str, secret: str | None, file: Path | None) -> str:
    """Write another secret into a channel's file, and give it a name in words.

    Args:
        name: the channel.
        secret: which one; None: the first that the channel has.
        file: where it stands; None: it is asked for.

    Raises:
        CommandError: the channel has no such secret, or the environment holds it.
    """
    settings = load_settings()
    channel = _named(name, ChannelBook.open(settings))
    used = [each for each in channel.SECRETS if channel_files.secret_in(channel, each)]
    which = secret or next(iter(used), "password")
    words = which.replace("_", " ")
    if which not in used:
        raise CommandError(
            f"{name} has no {words}. Nothing was changed. It has: {', '.join(used) or 'none'}."
        )
    kept = [each for each in channel.SECRETS if os.environ.get(channel_files.variable(name, each))]
    if which in kept:
        raise CommandError(
            f"The {words} of {name} stands in {channel_files.variable(name, which)}. Nothing was "
            "changed. Change it there, and restart what runs."
        )
    texts = {which: secret_of(name, which, file, {}) or ""}
    fields = channel_files.with_secrets(type(channel), channel_files.fields_of(channel), texts)
    channel_files.save(validated(type(channel), fields), settings.channels_dir, without=kept)
    return words


@channels.command
@exit_on_error("atende channels remove")
def remove(name: str, /) -> None:
    """Remove a channel with its secrets. Conversations and questions stay until they expire.

    Args:
        name: the channel, as `atende channels list` gives it.
    """
    settings = load_settings()
    book = ChannelBook.open(settings)
    channel = book.named(name)
    if channel is None and name not in book.faults():
        raise _unknown(name, book)
    channel_files.path_of(settings.channels_dir, name).unlink()
    console = Console()
    console.print(Text(f"Removed {name}. Its patients are answered no more."))
    console.print(_AT_THE_PROVIDER[channel.kind if channel else ""], style="dim")


@channels.command
@exit_on_error("atende channels doctor")
def doctor(name: str | None = None, /) -> None:
    """Check channels at their providers and here, and say how to repair what fails.

    Asks Meta about the token, the number and the subscription, and posts a signed test event to the
    own webhook. Of a mailbox: opens it, looks at its folders, logs in at the server that sends and
    asks the DNS about the domain. Nothing is sent to a patient, and no mail becomes read. Exit code
    1 where something fails.

    Args:
        name: the channel; all of them by default.
    """
    settings, console = load_settings(), Console()
    book = ChannelBook.open(settings)
    if name is not None and name not in book.faults():
        _named(name, book)
    good = True
    for each in sorted({*book.faults(), *(channel.name for channel in book.all())}):
        if name in {None, each}:
            findings = list(channel_findings(each, book, settings))
            console.print(Text(each, "bold"))
            console.print(findings_table(findings))
            good = good and all(finding.good for finding in findings)
    if not book.all() and not book.faults():
        console.print(Text(f"There is no channel in {settings.channels_dir}."))
    sys.exit(0 if good else 1)


@channels.command
@exit_on_error("atende channels aside")
def aside(*, raw: bool = False) -> None:
    """List the items of channels' posts that came to nothing, the newest first, and why.

    They are kept for 7 days at most: what cannot be read, and what is for another app or number.

    Args:
        raw: print the items themselves, one JSON object a line. They hold what patients wrote.
    """
    settings, console = queue_settings(), Console()
    items = Inbound(connect(settings), settings).aside()
    if raw:
        for item in items:
            print(item)  # noqa: T201 - for programs, unstyled; JSON escapes what a terminal obeys
        return
    if not items:
        console.print("Nothing was kept aside.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("came", "channel", "why", "characters"):
        table.add_column(column, overflow="fold")
    for item in map(json.loads, items):
        came = datetime.fromtimestamp(item["at"]).astimezone().strftime("%Y-%m-%d %H:%M")
        table.add_row(
            *map(
                Text,
                (came, item.get("channel") or item["kind"], item["reason"], str(len(item["item"]))),
            )
        )
    console.print(table)
    console.print("`--raw` prints them, with what patients wrote.", style="dim")


def listing_table(listed: Sequence[AnyChannel], now: float) -> Table:
    """One row a channel; `now` in Unix seconds says whether people are there."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "kind", "patients write to", "clinic", "tenant", "people are there"):
        table.add_column(column, overflow="fold")
    for channel in listed:
        hours = channel.opening_hours
        opening = hours.next_opening(now) if hours else None
        if hours is None:
            people = "not said"
        elif hours.open_at(now):
            people = "now"
        else:
            people = f"from {opening:%Y-%m-%d %H:%M}" if opening else "never"
        table.add_row(
            *map(Text, (channel.name, channel.kind, channel.contact, channel.clinic)),
            Text(channel.tenant),
            Text(people),
        )
    return table


def _named(name: str, book: ChannelBook) -> AnyChannel:
    channel = book.named(name)
    if channel is None:
        raise _unknown(name, book)
    return channel


def _unknown(name: str, book: ChannelBook) -> CommandError:
    fault = book.faults().get(name)
    if fault:
        return CommandError(f"{fault} Nothing was changed.")
    names = ", ".join(channel.name for channel in book.all())
    known = f"There is: {names}." if names else "None was added yet."
    return CommandError(f"There is no channel {name}. Nothing was changed. {known}")
