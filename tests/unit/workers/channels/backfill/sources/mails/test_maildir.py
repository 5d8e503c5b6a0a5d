import os
from pathlib import Path

import pytest

from tests.unit.workers.channels.backfill.sources.mails.boxes import mail
from workers.channels.backfill.sources.mails.maildir import Maildir, is_maildir
from workers.channels.backfill.sources.mails.uses import Use
from workers.channels.backfill.sources.source import SourceError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty Maildir."""
    return made(tmp_path / "Maildir")


def made(path: Path) -> Path:
    for room in ("cur", "new", "tmp"):
        (path / room).mkdir(parents=True)
    return path


def lay(folder: Path, name: str, text: str = "oi") -> Path:
    (folder / name).write_bytes(mail(text))
    return folder / name


def test_new_and_read_mails_are_read_and_what_is_not_whole_is_not(folder: Path) -> None:
    lay(folder, "cur/1789247943.M1.mx:2,S", "lido")
    lay(folder, "new/1789247950.M2.mx", "novo")
    lay(folder, "tmp/1789247960.M3.mx", "pela metade")
    lay(folder, "dovecot-uidlist")
    assert [held.raw for held in Maildir(folder).mails()] == [mail("novo"), mail("lido")]
    assert {held.received_at for held in Maildir(folder).mails()} == {1789247943.0, 1789247950.0}


@pytest.mark.parametrize(
    ("name", "use"),
    [
        ("1.M1.mx:2,S", Use.ORDINARY),
        ("1.M1.mx:2,RS", Use.ORDINARY),
        ("1.M1.mx:2,ST", Use.TRASH),
        ("1.M1.mx;2,D", Use.DRAFT),
        ("1.M1.mx,S=120:2,FS", Use.ORDINARY),
        ("TD", Use.ORDINARY),
    ],
)
def test_flags_say_what_was_thrown_away_or_not_sent(folder: Path, name: str, use: Use) -> None:
    lay(folder, f"cur/{name}")
    assert [held.use for held in Maildir(folder).mails()] == [use]


def test_subfolders_are_what_their_names_say(folder: Path) -> None:
    for name, room in ((".Enviados", "s"), (".Conv&AOo-nios", "c"), (".Junk", "j"), ("Sent", "t")):
        lay(made(folder / name), f"cur/{room}:2,S")
    lay(folder, "cur/i:2,S")
    uses = {Path(held.ref).name[0]: held.use for held in Maildir(folder).mails()}
    sent, ordinary = Use.SENT, Use.ORDINARY
    assert uses == {"i": ordinary, "c": ordinary, "s": sent, "t": sent, "j": Use.SPAM}


def test_one_folder_is_asked_and_what_was_sent_is_known(folder: Path) -> None:
    lay(made(folder / ".N&AOM-o lidos"), "cur/n:2,")
    lay(made(folder / ".Enviados"), "cur/s:2,S")
    lay(folder, "cur/i:2,S")
    box = Maildir(folder, "Não lidos")
    assert [Path(held.ref).name for held in box.mails()] == ["n:2,"]
    assert {Path(held.ref).name for held in box.heads()} == {"n:2,", "s:2,S"}
    assert box.name != Maildir(folder).name


def test_the_folder_that_is_named_is_asked_whatever_its_name_says(folder: Path) -> None:
    lay(made(folder / ".Lixo"), "cur/l:2,S")
    assert [held.use for held in Maildir(folder, "Lixo").mails()] == [Use.ORDINARY]


def test_a_folder_that_is_not_there_is_told_with_those_that_are(folder: Path) -> None:
    made(folder / ".Enviados")
    with pytest.raises(SourceError, match=r"Antigas.*INBOX, Enviados"):
        Maildir(folder, "Antigas")


def test_a_mail_that_is_marked_while_it_is_read_is_found(folder: Path) -> None:
    lay(folder, "new/1.M1.mx", "um")
    lay(folder, "new/2.M2.mx", "dois")
    box = Maildir(folder)
    mails = box.mails()
    first = next(mails)
    (folder / "new/2.M2.mx").rename(folder / "cur/2.M2.mx:2,S")
    (folder / "new/1.M1.mx").rename(folder / "cur/1.M1.mx:2,S")
    assert mail("dois") in [held.raw for held in mails]
    assert box.fetch(first.ref) == mail("um")


def test_a_mail_that_is_deleted_while_others_are_read_is_none(folder: Path) -> None:
    lay(folder, "cur/1:2,S")
    lay(folder, "cur/2:2,S")
    mails = Maildir(folder).mails()
    next(mails)
    (folder / "cur/2:2,S").unlink()
    assert list(mails) == []
    assert Maildir(folder).fetch(str(folder / "cur/2:2,S")) is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_mail_that_may_not_be_read_is_one_without_its_bytes(folder: Path) -> None:
    lay(folder, "cur/1:2,S").chmod(0)
    assert [held.raw for held in Maildir(folder).mails()] == [None]


def test_what_is_no_file_is_passed_over(folder: Path) -> None:
    os.mkfifo(folder / "cur/pipe:2,S")
    (folder / "cur/folder").mkdir()
    assert list(Maildir(folder).mails()) == []


def test_a_maildir_is_known_by_its_rooms(folder: Path, tmp_path: Path) -> None:
    assert is_maildir(folder)
    assert not is_maildir(tmp_path)
