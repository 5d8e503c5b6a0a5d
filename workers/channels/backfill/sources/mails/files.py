"""Mails that are files of their own: `.eml`."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from workers.channels.backfill.sources.mails.held_mail import MOST_HELD, HeldMail
from workers.channels.backfill.sources.mails.uses import use_of_folder
from workers.channels.backfill.sources.source import name_of, unreadable

_SUFFIX: Final = ".eml"


class MailFiles:
    """The `.eml` files of a folder and of those below it, by their names; or one such file.

    Args:
        path: of the folder or the file.
    """

    kind: Final = "eml"

    def __init__(self, path: Path) -> None:
        self.name = name_of(path)
        self._path = path

    def heads(self) -> Iterator[HeldMail]:
        """All mails."""
        return self.mails()

    def mails(self) -> Iterator[HeldMail]:
        """All mails."""
        for path in mail_files(self._path):
            folder = path.parent.relative_to(self._path) if path != self._path else Path()
            yield HeldMail(str(path), read_head(path), use_of_folder(folder.name))

    def fetch(self, ref: str) -> bytes | None:
        """A mail again."""
        return read_head(Path(ref))

    def close(self) -> None:
        """Nothing is held open."""


def mail_files(path: Path) -> Iterator[Path]:
    """The mails below a folder, or the one file that it is.

    Raises:
        SourceError: the folder cannot be read.
    """
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path, onerror=_refused):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith(_SUFFIX) and is_there(Path(folder, name)):
                yield Path(folder, name)


def is_there(path: Path) -> bool:
    """Whether it is a file: nothing is waited for at a pipe."""
    return path.is_file()


def read_head(path: Path) -> bytes | None:
    """A mail's first `MOST_HELD` bytes; None where it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(MOST_HELD)
    except OSError:
        return None


def _refused(error: OSError) -> None:
    raise unreadable(Path(error.filename or "."), error)
