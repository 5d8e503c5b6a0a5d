"""A Maildir with its subfolders, as Dovecot and Courier keep mailboxes."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from imap_tools.imap_utf7 import utf7_decode

from workers.channels.backfill.sources.mails.files import is_there, read_head
from workers.channels.backfill.sources.mails.held_mail import HeldMail
from workers.channels.backfill.sources.mails.uses import Use, use_of_folder
from workers.channels.backfill.sources.source import SourceError, name_of, unreadable

INBOX: Final = "INBOX"
#: Where mails lie; what is in `tmp` is not whole.
_ROOMS: Final = ("new", "cur")
#: What a file's name ends in: `:2,FS`; where a colon is forbidden, another sign.
_FLAGS: Final = re.compile(r"[:;!]2,([A-Za-z]*)\Z")
_FLAG_USES: Final = {"T": Use.TRASH, "D": Use.DRAFT}


class Maildir:
    """The mails of a Maildir and of its subfolders.

    Args:
        path: of the folder that holds `cur` and `new`.
        folder: the one that is asked; None: all, each as its name says.

    Raises:
        SourceError: there is no such folder.
    """

    kind: Final = "maildir"

    def __init__(self, path: Path, folder: str | None = None) -> None:
        self.name = name_of(path) if folder is None else f"{name_of(path)} {folder}"
        self._folders = _folders(path)
        if folder is not None and folder not in self._folders:
            names = ", ".join(list(self._folders)[:20])
            raise SourceError(
                f"{path} has no folder {folder}. Nothing was read. Name with --folder one of "
                f"{names}."
            )
        self._asked = folder

    def heads(self) -> Iterator[HeldMail]:
        """The mails that are asked, and those that the clinic sent."""
        for name in self._folders:
            if self._asked in {None, name} or use_of_folder(name) is Use.SENT:
                yield from self._mails(name)

    def mails(self) -> Iterator[HeldMail]:
        """The mails of the folder that is asked, or of all."""
        for name in self._folders:
            if self._asked in {None, name}:
                yield from self._mails(name)

    def fetch(self, ref: str) -> bytes | None:
        """A mail, also where a mail program has marked it as read meanwhile."""
        return read_head(_where_now(Path(ref)))

    def close(self) -> None:
        """Nothing is held open."""

    def _mails(self, folder: str) -> Iterator[HeldMail]:
        # The folder that the user names is asked, whatever its name says.
        use = Use.ORDINARY if folder == self._asked else use_of_folder(folder)
        for room in _ROOMS:
            for name in _names(self._folders[folder] / room):
                path = _where_now(self._folders[folder] / room / name)
                if is_there(path):
                    yield HeldMail(str(path), read_head(path), _flagged(path, use), _moment(name))


def is_maildir(path: Path) -> bool:
    """Whether a folder is one."""
    return all((path / room).is_dir() for room in _ROOMS)


def _folders(path: Path) -> dict[str, Path]:
    """The folders by the names that people read: the inbox, and those in it (`.Sent` or `Sent`)."""
    folders = {INBOX: path}
    try:
        names = sorted(entry.name for entry in os.scandir(path) if entry.is_dir())
    except OSError as error:
        raise unreadable(path, error) from error
    for name in names:
        if is_maildir(path / name):
            folders[_readable(name.removeprefix("."))] = path / name
    return folders


def _readable(name: str) -> str:
    """A folder's name without its encoding: `.N&AOM-o lidos`."""
    try:
        return utf7_decode(name.encode())
    except ValueError:
        return name


def _names(room: Path) -> list[str]:
    """The files of a room, oldest first: their names begin with the second in which they came."""
    try:
        return sorted(entry.name for entry in os.scandir(room) if not entry.name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise unreadable(room, error) from error


def _where_now(path: Path) -> Path:
    """Where a mail lies now: programs move it to `cur` and rename it as they mark it."""
    if is_there(path):
        return path
    base = _FLAGS.sub("", path.name)
    for room in _ROOMS:
        for name in _names(path.parent.parent / room):
            if _FLAGS.sub("", name) == base:
                return path.parent.parent / room / name
    return path


def _flagged(path: Path, use: Use) -> Use:
    flags = _FLAGS.search(path.name)
    marks = (_FLAG_USES[flag] for flag in (flags[1] if flags else "") if flag in _FLAG_USES)
    return next(marks, use)


def _moment(name: str) -> float | None:
    digits = name.partition(".")[0]
    return float(digits) if digits.isdecimal() and len(digits) <= len("1000000000") else None
