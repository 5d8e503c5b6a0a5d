"""Which folder of a mailbox holds drafts, and which what was sent."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from imap_tools.folder import FolderInfo


class Special(StrEnum):
    """A folder's use, as RFC 6154 writes it."""

    DRAFTS = "\\Drafts"
    SENT = "\\Sent"


#: Names that servers and mail programs give, folded, where the server tells no use.
_NAMES: Final = {
    Special.DRAFTS: ("drafts", "draft", "rascunhos", "rascunho"),
    Special.SENT: (
        *("sent", "sent items", "sent messages", "sent mail"),
        *("enviados", "enviadas", "itens enviados", "mensagens enviadas", "e-mails enviados"),
        *("emails enviados", "correio enviado"),
    ),
}


def special_folder(folders: Iterable[FolderInfo], use: Special) -> str | None:
    """The folder of a use: as the server says, else by the usual names; None: there is none."""
    usable = [each for each in folders if "\\noselect" not in _folded(each.flags)]
    for folder in usable:
        if use.casefold() in _folded(folder.flags):
            return folder.name
    for name in _NAMES[use]:
        for folder in usable:
            if _last_part(folder).casefold() == name:
                return folder.name
    return None


def _folded(flags: Iterable[str]) -> set[str]:
    return {flag.casefold() for flag in flags}


def _last_part(folder: FolderInfo) -> str:
    return folder.name.rsplit(folder.delim, 1)[-1] if folder.delim else folder.name
