"""A folder of mbox files: Takeout's, one for each label, and a mail folder of Thunderbird's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from workers.channels.backfill.sources.mails.held_mail import HeldMail
from workers.channels.backfill.sources.mails.mbox import Mbox
from workers.channels.backfill.sources.source import name_of, unreadable

_SUFFIX: Final = ".mbox"
#: What Thunderbird lays beside each of its files, which have no suffix.
_SUMMARY: Final = ".msf"


class MboxFolder:
    """The mails of all files, by the files' names; what was sent may lie in one of its own.

    Args:
        path: of the folder.
    """

    kind: Final = "mbox"

    def __init__(self, path: Path) -> None:
        self.name = name_of(path)
        self._boxes = {file.name: Mbox(file) for file in mbox_files(path)}

    def heads(self) -> Iterator[HeldMail]:
        """All mails."""
        return self.mails()

    def mails(self) -> Iterator[HeldMail]:
        """All mails."""
        for name, box in self._boxes.items():
            for held in box.mails():
                yield HeldMail(f"{held.ref} {name}", held.raw, held.use, held.received_at)

    def fetch(self, ref: str) -> bytes | None:
        """A mail again."""
        place, _, name = ref.partition(" ")
        return self._boxes[name].fetch(place)

    def close(self) -> None:
        """Nothing is held open."""


def mbox_files(path: Path) -> list[Path]:
    """The mbox files of a folder; not those of the folders in it.

    Raises:
        SourceError: it cannot be read.
    """
    try:
        files = {each.name: each for each in path.iterdir() if each.is_file()}
    except OSError as error:
        raise unreadable(path, error) from error
    return [
        file
        for name, file in sorted(files.items())
        if file.suffix.lower() == _SUFFIX or f"{name}{_SUMMARY}" in files
    ]
