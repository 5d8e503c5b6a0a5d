"""How boxes of mails are recognised and opened."""

from pathlib import Path
from typing import Final

from workers.channels.backfill.sources.mails.files import MailFiles, mail_files
from workers.channels.backfill.sources.mails.imap_account import (
    ImapAccount,
    account_at,
    ask_password,
    is_address,
)
from workers.channels.backfill.sources.mails.imap_folders import ImapFolders
from workers.channels.backfill.sources.mails.mail_source import MailSource
from workers.channels.backfill.sources.mails.maildir import Maildir, is_maildir
from workers.channels.backfill.sources.mails.mbox import Mbox
from workers.channels.backfill.sources.mails.mbox_folder import MboxFolder, mbox_files
from workers.channels.backfill.sources.mails.separators import begins_mbox
from workers.channels.backfill.sources.source import Opening, SourceError, SourceOptions
from workers.channels.email.imap.mailbox import Mailbox
from workers.channels.email.oauth import Tokens
from workers.channels.email.reading.verdict import ClinicMail
from workers.contracts.email_channel import EmailChannel

#: Apple's Mail exports a folder that holds a file of this name.
_APPLE: Final = "mbox"


def kind_of(location: str, head: bytes) -> str | None:
    """Which kind of mails lies there; None: none."""
    if "://" in location:
        return "imap" if is_address(location) else None
    path = Path(location)
    if not path.is_dir():
        if begins_mbox(head):
            return "mbox"
        return "eml" if path.suffix.lower() == ".eml" else None
    if is_maildir(path):
        return "maildir"
    if next(mail_files(path), None):
        return "eml"
    return "mbox" if (path / _APPLE).is_file() or mbox_files(path) else None


def open_as(kind: str, location: str, options: SourceOptions) -> MailSource:
    """The mails there, as one of the kinds.

    Raises:
        SourceError: they are of another kind, or cannot be read.
    """
    if kind == "imap":
        return open_account(account_at(location, ask_password), options)
    path = Path(location)
    if not path.exists():
        raise SourceError(f"There is no file or folder {path}. Nothing was read. Check its name.")
    if kind == "maildir":
        if not is_maildir(path):
            raise SourceError(
                f"{path} is no Maildir: it holds no `cur` and `new`. Nothing was read. Name the "
                "folder that does."
            )
        return MailSource(Maildir(path, options.folder), options)
    if kind == "eml":
        return MailSource(MailFiles(path), options)
    if (path / _APPLE).is_file():
        path /= _APPLE
    if not path.is_dir():
        return MailSource(Mbox(path), options)
    if not mbox_files(path):
        raise SourceError(f"{path} holds no mbox file. Nothing was read. Name the file itself.")
    return MailSource(MboxFolder(path), options)


def open_channel(channel: EmailChannel, options: SourceOptions) -> MailSource:
    """The mailbox of a channel, with all that the channel says of the clinic; read only.

    Raises:
        SourceError: the channel has none.
    """
    if channel.imap_host is None:
        raise SourceError(
            f"The channel {channel.name} has no mailbox: its mails come by HTTP. Nothing was read. "
            "Name another channel, or a mailbox by its address (imaps://…)."
        )
    clinic = ClinicMail(channel.addresses, channel.authserv_id, channel.forms)
    return open_account(ImapAccount(channel, channel.folders), options, clinic)


def open_account(
    account: ImapAccount, options: SourceOptions, clinic: ClinicMail | None = None
) -> MailSource:
    """A mailbox at a server; it is connected to once something is read."""
    channel = account.channel
    folders = (options.folder,) if options.folder else account.folders
    tokens = Tokens()
    box = ImapFolders(
        connect=lambda: Mailbox.connect(channel, tokens),
        name=f"{channel.user}@{channel.imap_host} {' '.join(folders)}",
        folders=folders,
        since=options.since,
    )
    return MailSource(box, options, clinic or ClinicMail(channel.addresses))


OPENING: Final = Opening(kinds=("mbox", "maildir", "eml", "imap"), kind_of=kind_of, open_as=open_as)
