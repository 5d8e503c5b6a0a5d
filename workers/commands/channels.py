"""`atende channels`: the ways on which patients write; add, list, check and remove them."""

import json
import os
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

from cyclopts import App, Parameter
from rich.console import Console
from rich.table import Table
from rich.text import Text

from workers.commands.support.channel_findings import channel_findings, webhook_url
from workers.commands.support.channel_secrets import secret_of
from workers.commands.support.errors import CommandError, exit_on_error
from workers.commands.support.finding import findings_table
from workers.commands.support.new_channel import (
    WhatsAppOptions,
    refuse_second,
    validated,
    verify_token,
)
from workers.commands.support.queue import queue_settings
from workers.commands.support.webhook_findings import PATH
from workers.contracts import channel_files
from workers.contracts.channel_files import AnyChannel
from workers.contracts.channels import ChannelBook
from workers.contracts.connection import connect
from workers.contracts.inbound import Inbound
from workers.contracts.whatsapp_channel import WhatsAppChannel
from workers.stack.settings import load_settings

channels = App(name="channels", help="Add, list, check and remove the ways patients write on.")
add = App(name="add", help="Add a channel.")
channels.command(add)

#: What Meta calls the events that are used; the first is needed.
_FIELDS: Final = (
    "messages, smb_message_echoes, user_preferences, account_update, account_alerts, "
    "phone_number_quality_update"
)


@add.command
@exit_on_error("atende channels add whatsapp")
def whatsapp(name: str, /, options: Annotated[WhatsAppOptions, Parameter(name="*")]) -> None:
    """Add a number at WhatsApp (Meta's Cloud API), and say what to enter at Meta.

    Secrets are asked for without showing them, or read from files; never give them as arguments.
    The environment may hold them instead: of a channel `recepcao` ATENDE_CHANNEL_RECEPCAO_TOKEN,
    …_APP_SECRET and …_VERIFY_TOKEN.

    Args:
        name: what you call the channel: small letters, digits, dashes.
        options: the options.
    """
    settings, console = load_settings(), Console()
    fields = options.fields() | {"name": name, "tenant": options.tenant or settings.tenant}
    # Checked before anybody types a secret.
    draft = validated(fields | dict.fromkeys(WhatsAppChannel.SECRETS, "x"))
    refuse_second(draft, ChannelBook.open(settings), force=options.force)
    given = {
        "token": secret_of(name, "token", options.token_file),
        "app_secret": secret_of(name, "app_secret", options.app_secret_file),
        "verify_token": verify_token(name, options.verify_token_file),
    }
    kept = [secret for secret, text in given.items() if text is None]  # in the environment
    elsewhere = {secret: os.environ[channel_files.variable(name, secret)] for secret in kept}
    channel = validated(fields | given | elsewhere)
    path = channel_files.save(channel, settings.channels_dir, without=kept)
    console.print(Text(f"The channel {name} is kept in {path}, which its owner alone may read."))
    console.print("What runs uses it within a second: nothing needs a restart.\n")
    _say_what_to_enter(channel, webhook_url(settings), console)


@channels.command(name="list")
@exit_on_error("atende channels list")
def show_all() -> None:
    """List the channels, and what is wrong with their files; no secret is shown."""
    settings, console = load_settings(), Console()
    book = ChannelBook.open(settings)
    listed, faults = book.all(), book.faults()
    if not listed and not faults:
        console.print(Text(f"There is no channel in {settings.channels_dir}."))
        console.print("`atende channels add whatsapp --help` says how to add one.", style="dim")
    if listed:
        console.print(listing_table(listed, time.time()))
    for name, fault in faults.items():
        console.print(Text(f"{name}: ", "bold red").append(fault, "default"), soft_wrap=True)
    if faults:
        sys.exit(1)


@channels.command
@exit_on_error("atende channels token")
def token(name: str, /, *, token_file: Path | None = None) -> None:
    """Give a channel another access token; what waits is sent within seconds.

    Args:
        name: the channel.
        token_file: a file that holds the token; it is asked for by default.
    """
    settings = load_settings()
    channel = _named(name, ChannelBook.open(settings))
    if not isinstance(channel, WhatsAppChannel):
        raise CommandError(
            f"{name} is no number at WhatsApp, and has no access token. Nothing was changed. "
            "Add it once more for another password: atende channels add email --force"
        )
    kept = [each for each in channel.SECRETS if os.environ.get(channel_files.variable(name, each))]
    if "token" in kept:
        raise CommandError(
            f"The token of {name} stands in {channel_files.variable(name, 'token')}. Nothing was "
            "changed. Change it there, and restart what runs."
        )
    text = secret_of(name, "token", token_file)
    changed = validated(channel.model_dump() | {"token": text})
    channel_files.save(changed, settings.channels_dir, without=kept)
    console = Console()
    console.print(Text(f"{name} has its new token. What waited for it is sent within seconds."))
    console.print(Text(f"Check it: atende channels doctor {name}", "dim"))


@channels.command
@exit_on_error("atende channels remove")
def remove(name: str, /) -> None:
    """Remove a channel with its secrets. Conversations and questions stay until they expire.

    Args:
        name: the channel, as `atende channels list` gives it.
    """
    settings = load_settings()
    book = ChannelBook.open(settings)
    if book.named(name) is None and name not in book.faults():
        raise _unknown(name, book)
    channel_files.path_of(settings.channels_dir, name).unlink()
    console = Console()
    console.print(Text(f"Removed {name}. Its patients are answered no more."))
    console.print("At Meta take the webhook's address away, and revoke the token.", style="dim")


@channels.command
@exit_on_error("atende channels doctor")
def doctor(name: str | None = None, /) -> None:
    """Check channels at Meta and here, and say how to repair what fails.

    Asks Meta about the token, the number and the subscription, and posts a signed test event to the
    own webhook. Nothing is sent to a patient. Exit code 1 where something fails.

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
        table.add_row(*map(Text, (came, item["kind"], item["reason"], str(len(item["item"])))))
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


def _say_what_to_enter(channel: WhatsAppChannel, url: str | None, console: Console) -> None:
    address = url or f"https://YOUR-ADDRESS{PATH}"
    console.print(
        "Enter this at Meta (developers.facebook.com, your app, WhatsApp, Configuration):"
    )
    console.print(Text(f"  Callback URL    {address}"), soft_wrap=True)
    console.print(Text(f"  Verify token    {channel.verify_token.get_secret_value()}"))
    console.print(Text(f"  Webhook fields  {_FIELDS}\n"), soft_wrap=True)
    if not address.startswith("https://") or url is None:
        console.print(
            "Meta calls https alone, at an address of the internet: put a TLS proxy before the API "
            "and set ATENDE_PUBLIC_URL to its address.",
            style="yellow",
        )
    console.print(Text(f"Then type: atende channels doctor {channel.name}"))


def _named(name: str, book: ChannelBook) -> AnyChannel:
    channel = book.named(name)
    if channel is None:
        raise _unknown(name, book)
    return channel


def _unknown(name: str, book: ChannelBook) -> CommandError:
    fault = book.faults().get(name)
    if fault:
        return CommandError(f"{fault} Nothing was changed.")
    names = ", ".join(channel.name for channel in book.all()) or "none"
    return CommandError(f"There is no channel {name}. Nothing was changed. There is: {names}.")
