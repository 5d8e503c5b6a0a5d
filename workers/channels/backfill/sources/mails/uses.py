"""What a folder or a label of a mailbox is for. Pure."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from ingestion.folding import fold


class Use(StrEnum):
    """What the mails of a place are; all but the first are asked nothing."""

    ORDINARY = "ordinary"
    SENT = "clinic"
    SPAM = "spam"
    TRASH = "trash"
    DRAFT = "draft"


#: Names that programs give, folded, in Portuguese and English; Gmail's labels among them.
_NAMES: Final = {
    Use.SPAM: re.compile(r"spam|junk(?: e-?mail)?|lixo eletronico|bulk(?: mail)?|quarentena"),
    Use.TRASH: re.compile(
        r"trash|deleted(?: (?:items|messages))?|lixeira|lixo|itens excluidos|excluid[ao]s"
        r"|mensagens excluidas|bin"
    ),
    Use.DRAFT: re.compile(r"drafts?|rascunhos?"),
    Use.SENT: re.compile(
        r"sent(?: (?:items|messages|mail))?|enviad[ao]s?|(?:itens|mensagens|e-?mails) enviad[ao]s"
        r"|correio enviado"
    ),
}
_APART: Final = re.compile(r"[/.]")


def use_of_folder(name: str) -> Use:
    """What a folder is for, by the last part of its name: `INBOX.Sent`, `[Gmail]/Lixeira`."""
    return _use(_APART.split(name)[-1])


def use_of_labels(labels: Iterable[str]) -> Use:
    """What a mail with these labels is: thrown away before all else, since it may be sent too."""
    uses = {_use(label) for label in labels}
    return next((use for use in _NAMES if use in uses), Use.ORDINARY)


def _use(name: str) -> Use:
    plain = fold(name).strip(' "')
    return next((use for use, names in _NAMES.items() if names.fullmatch(plain)), Use.ORDINARY)
