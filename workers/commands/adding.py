"""`atende channels add`: a number at WhatsApp, a mailbox."""

import os
from typing import Annotated, Final

from cyclopts import App, Parameter
from rich.console import Console
from rich.text import Text

from workers.commands.support.channel_findings import webhook_url
from workers.commands.support.channel_secrets import secret_of
from workers.commands.support.errors import exit_on_error
from workers.commands.support.new_channel import refuse_second, validated
from workers.commands.support.new_mailbox import EmailOptions
from workers.commands.support.new_number import WhatsAppOptions, verify_token
from workers.commands.support.reader_finding import mailbox_store
from workers.commands.support.webhook_findings import PATH
from workers.contracts import channel_files
from workers.contracts.channel_files import AnyChannel
from workers.contracts.channels import ChannelBook
from workers.contracts.email_channel import EmailChannel
from workers.contracts.whatsapp_channel import WhatsAppChannel
from workers.stack.settings import LocalSettings, load_settings

add = App(name="add", help="Add a channel.")

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
    draft = validated(WhatsAppChannel, fields | dict.fromkeys(WhatsAppChannel.SECRETS, "x"))
    refuse_second(draft, ChannelBook.open(settings), force=options.force)
    given = {
        "token": secret_of(name, "token", options.token_file),
        "app_secret": secret_of(name, "app_secret", options.app_secret_file),
        "verify_token": verify_token(name, options.verify_token_file),
    }
    texts, kept = _with_environment(name, given)
    channel = validated(WhatsAppChannel, channel_files.with_secrets(WhatsAppChannel, fields, texts))
    _keep(channel, settings, kept, console)
    _say_what_to_enter(channel, webhook_url(settings), console)


@add.command
@exit_on_error("atende channels add email")
def email(name: str, /, options: Annotated[EmailOptions, Parameter(name="*")]) -> None:
    """Add a mailbox: its questions are answered in their thread.

    Mails that lie in it now are not answered: only what comes from now on.

    Secrets are asked for without showing them, or read from files; never give them as arguments.
    The environment may hold them instead: of a channel `correio` ATENDE_CHANNEL_CORREIO_PASSWORD,
    or …_CLIENT_SECRET and …_REFRESH_TOKEN.

    Args:
        name: what you call the channel: small letters, digits, dashes.
        options: the options.
    """
    settings, console = load_settings(), Console()
    fields = options.fields() | {"name": name, "tenant": options.tenant or settings.tenant}
    needed = options.secrets(name)
    # Checked before anybody types a secret.
    marks = channel_files.with_secrets(EmailChannel, fields, dict.fromkeys(needed, "x"))
    refuse_second(validated(EmailChannel, marks), ChannelBook.open(settings), force=options.force)
    texts, kept = _with_environment(name, {each: options.secret(name, each) for each in needed})
    channel = validated(EmailChannel, channel_files.with_secrets(EmailChannel, fields, texts))
    _begin_anew(channel, ChannelBook.open(settings))
    _keep(channel, settings, kept, console)
    _say_what_happens(channel, console)


def _begin_anew(channel: EmailChannel, book: ChannelBook) -> None:
    """Let nothing be answered that came while a mailbox of this name was none of Atende's."""
    before = book.named(channel.name)
    mailboxes = None if before and before.served & channel.served else mailbox_store()
    if mailboxes is not None:
        mailboxes.forget(channel.name)


def _with_environment(name: str, given: dict[str, str | None]) -> tuple[dict[str, str], list[str]]:
    """All secrets of a channel, and which of them the environment holds, so that no file needs."""
    kept = [secret for secret, text in given.items() if text is None]
    held = {secret: os.environ[channel_files.variable(name, secret)] for secret in kept}
    return {secret: text for secret, text in given.items() if text is not None} | held, kept


def _keep(channel: AnyChannel, settings: LocalSettings, kept: list[str], console: Console) -> None:
    path = channel_files.save(channel, settings.channels_dir, without=kept)
    console.print(
        Text(f"The channel {channel.name} is kept in {path}, which its owner alone may read.")
    )
    console.print("What runs uses it within a second: nothing needs a restart.\n")


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


def _say_what_happens(channel: EmailChannel, console: Console) -> None:
    if channel.imap_host is None:
        console.print(
            Text(
                "It has no --imap-host: mails come by HTTP alone, each posted as it is "
                f"(message/rfc822) to /v1/channels/email/{channel.name} with an API key."
            ),
            soft_wrap=True,
        )
    elif channel.mode == "draft":
        console.print("Answers are laid into the drafts; a person sends them.")
    else:
        console.print(Text(f"New mails to {channel.address} are answered from now on."))
    if channel.imap_host is not None:
        console.print("What lies in the mailbox already is left as it is.")
    console.print(Text(f"\nCheck it: atende channels doctor {channel.name}"))
