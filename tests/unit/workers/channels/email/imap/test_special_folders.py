"""The folders of drafts and of what was sent, as servers name them."""

import pytest
from imap_tools.folder import FolderInfo

from workers.channels.email.imap.special_folders import Special, special_folder


def folder(name: str, *flags: str, delim: str = "/") -> FolderInfo:
    return FolderInfo(name, delim, flags)


@pytest.mark.parametrize(
    ("folders", "drafts", "sent"),
    [
        pytest.param(
            [
                folder("INBOX"),
                folder("Sent"),
                folder("[Gmail]", "\\Noselect"),
                folder("[Gmail]/E-mails enviados", "\\HasNoChildren", "\\Sent"),
                folder("[Gmail]/Rascunhos", "\\Drafts"),
            ],
            "[Gmail]/Rascunhos",
            "[Gmail]/E-mails enviados",
            id="the server's word before any name",
        ),
        pytest.param(
            [folder("Itens Enviados"), folder("Rascunhos")], "Rascunhos", "Itens Enviados"
        ),
        pytest.param(
            [folder("INBOX.Drafts", delim="."), folder("INBOX.Sent", delim=".")],
            "INBOX.Drafts",
            "INBOX.Sent",
            id="below INBOX",
        ),
        pytest.param([folder("SENT ITEMS"), folder("drafts")], "drafts", "SENT ITEMS"),
        pytest.param([folder("Sent", "\\NoSelect"), folder("Presente")], None, None),
        pytest.param([folder("Enviados", delim="")], None, "Enviados", id="a flat name"),
        pytest.param([], None, None),
    ],
)
def test_they_are_found(folders: list[FolderInfo], drafts: str | None, sent: str | None) -> None:
    assert special_folder(folders, Special.DRAFTS) == drafts
    assert special_folder(folders, Special.SENT) == sent
