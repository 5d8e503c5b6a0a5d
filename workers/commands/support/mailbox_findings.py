"""What a mailbox says of itself by IMAP: log-in, IDLE, folders, and who judges its mails."""

from collections.abc import Iterator
from contextlib import closing
from typing import Final

from imap_tools.folder import FolderInfo

from workers.channels.email.imap.mailbox import Mailbox
from workers.channels.email.imap.mailbox_errors import (
    CredentialsError,
    InsecureError,
    MailboxError,
    UnreachableError,
)
from workers.channels.email.imap.special_folders import Special, special_folder
from workers.channels.email.oauth import TokenError, Tokens
from workers.channels.email.reading.authenticity import authserv_of
from workers.channels.email.reading.mail import read_mail
from workers.commands.support.finding import Finding
from workers.contracts.email_channel import EmailChannel

#: UIDs back from the newest among which its newest mails are looked for.
_NEWEST_UIDS: Final = 500
#: Mails whose Authentication-Results are read.
_NEWEST_MAILS: Final = 5
#: Names of folders that are said where one is missing.
_MOST_NAMES: Final = 12


def mailbox_findings(channel: EmailChannel, tokens: Tokens) -> Iterator[Finding]:
    """Look at a channel's mailbox; nothing in it is changed, and no mail becomes read."""
    if channel.imap_host is None:
        state = f"none: mails come by HTTP alone, at /v1/channels/email/{channel.name}"
        yield Finding("mailbox", good=True, state=state)
        return
    if channel.oauth is not None:
        token = _token(channel, tokens)
        yield token
        if not token.good:
            return
    try:
        mailbox = Mailbox.connect(channel, tokens)
    except MailboxError as error:
        repair = _repair(channel, error)
        yield Finding("mailbox", good=False, state=error.words, repair=repair)
        return
    with closing(mailbox):
        where = f"{channel.imap_host}:{channel.imap_port} ({channel.imap_security})"
        yield Finding("mailbox", good=True, state=f"opened at {where}")
        yield _idle(mailbox)
        try:
            folders = mailbox.folders()
            read = [_folder(mailbox, name, folders) for name in channel.folders]
            yield from read
            yield from _special(mailbox, channel, folders)
            if read[0].good:
                yield _authserv(mailbox, channel)
        except MailboxError as error:
            repair = "Type the command again."
            yield Finding("mailbox", good=False, state=error.words, repair=repair)


def _token(channel: EmailChannel, tokens: Tokens) -> Finding:
    """`channel` has an app at its provider."""
    part = "access token"
    if channel.oauth is None:
        return Finding(part, good=True, state="none is needed")
    try:
        tokens.token(channel.oauth, channel.ca_file)
    except TokenError as error:
        repair = (
            f"Where its secret has expired: atende channels password {channel.name}; else correct "
            "`oauth` in the channel's file."
        )
        return Finding(part, good=False, state=error.words, repair=repair)
    return Finding(part, good=True, state=f"given by {channel.oauth.token_url.split('/')[2]}")


def _repair(channel: EmailChannel, error: MailboxError) -> str:
    if isinstance(error, CredentialsError):
        if channel.oauth is not None:
            return (
                "Let the provider give the app this mailbox: docs/connect-email.md says the lines. "
                "Check `user`, too."
            )
        return (
            f"Another password: atende channels password {channel.name}. Google wants an app "
            "password; some servers want another `user` than the address."
        )
    if isinstance(error, InsecureError):
        return "A server with a certificate of its own needs `ca_file`; see also `imap_security`."
    if isinstance(error, UnreachableError):
        return "Check `imap_host` and `imap_port`, and whether this machine may connect there."
    return "Check with the provider that IMAP is switched on for this mailbox."


def _idle(mailbox: Mailbox) -> Finding:
    if not mailbox.can_idle:
        return Finding("IDLE", good=True, state="not offered: looked at each minute")
    try:
        mailbox.open("INBOX")
        mailbox.wait(0.5, lambda: True)
    except MailboxError as error:
        return Finding("IDLE", good=False, state=error.words, repair="Ask the provider about IDLE.")
    return Finding("IDLE", good=True, state="new mail is told of at once")


def _folder(mailbox: Mailbox, name: str, folders: list[FolderInfo]) -> Finding:
    part = f"folder {name}"
    try:
        opened = mailbox.open(name)
    except MailboxError as error:
        there = ", ".join(folder.name for folder in folders[:_MOST_NAMES])
        return Finding(part, good=False, state=error.words, repair=f"There is: {there}.")
    if not opened.validity:
        state = "opened; it has no UIDVALIDITY, so mails are told apart by their ids alone"
        return Finding(part, good=True, state=state)
    return Finding(part, good=True, state="opened")


def _special(
    mailbox: Mailbox, channel: EmailChannel, folders: list[FolderInfo]
) -> Iterator[Finding]:
    """The folders that something is laid into, and the one where persons' answers are seen."""
    drafts, sent = (special_folder(folders, use) for use in (Special.DRAFTS, Special.SENT))
    if channel.mode == "draft":
        yield _writable(mailbox, channel, "drafts", drafts)
    elif channel.sent_copy:
        yield _writable(mailbox, channel, "sent", sent)
        return
    if sent is None:
        state = "no folder of what was sent: what persons answer from it is not noticed"
        yield Finding("sent", good=True, state=state, repair="Make a folder Sent in the mailbox.")
    else:
        yield Finding("sent", good=True, state=f"{sent}: who answers from it is noticed")


def _writable(mailbox: Mailbox, channel: EmailChannel, part: str, name: str | None) -> Finding:
    if name is None:
        repair = f"Make a folder {part.capitalize()} in the mailbox."
        if part == "sent":
            repair += ' Or leave the copy out: "sent_copy": false in the channel\'s file.'
        return Finding(part, good=False, state="there is no such folder", repair=repair)
    try:
        mailbox.open(name, to_change=True)
    except MailboxError:
        repair = f"Give {channel.user} the right to write there."
        return Finding(part, good=False, state=f"{name} cannot be written to", repair=repair)
    return Finding(part, good=True, state=f"{name}, open for writing")


def _authserv(mailbox: Mailbox, channel: EmailChannel) -> Finding:
    """Whose Authentication-Results stand on top of the newest mails."""
    part = "authserv-id"
    named = _judges(mailbox, channel.folders[0])
    ours = channel.authserv_id
    if ours is not None:
        if named and ours.lower() not in named:
            repair = (
                f"The newest mails were judged by {', '.join(sorted(named))}: correct `authserv_id`"
                " in the channel's file, or forged senders are not noticed."
            )
            state = f"{ours} has judged none of the newest mails"
            return Finding(part, good=False, state=state, repair=repair)
        return Finding(part, good=True, state=f"{ours} is believed")
    if len(named) == 1:
        (name,) = named
        repair = f'If that is your own server, write "authserv_id": "{name}" into the file.'
        state = f"nobody is believed; {name} judged the newest mails"
        return Finding(part, good=True, state=state, repair=repair)
    if named:
        repair = f"Which of these is your own server? {', '.join(sorted(named))}"
        return Finding(part, good=True, state="nobody is believed", repair=repair)
    state = "nobody is believed: the newest mails bear no Authentication-Results"
    repair = "Your server should check DMARC: else a forged sender is not noticed."
    return Finding(part, good=True, state=state, repair=repair)


def _judges(mailbox: Mailbox, folder: str) -> set[str]:
    """The ids on top of the newest mails of a folder."""
    opened = mailbox.open(folder)
    uids = mailbox.uids_after(max(opened.next_uid - 1 - _NEWEST_UIDS, 0))[-_NEWEST_MAILS:]
    mails = [mailbox.fetch(uid) for uid in uids]
    ids = [authserv_of(read_mail(mail.raw)) for mail in mails if mail is not None and mail.raw]
    return {each for each in ids if each is not None}
