import os
from pathlib import Path

import pytest

from tests.unit.workers.channels.backfill.sources.mails.boxes import mail
from workers.channels.backfill.sources.mails.files import MailFiles
from workers.channels.backfill.sources.mails.held_mail import MOST_HELD
from workers.channels.backfill.sources.mails.uses import Use
from workers.channels.backfill.sources.source import SourceError


def lay(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_mails_come_by_name_from_the_folder_and_those_below(tmp_path: Path) -> None:
    lay(tmp_path / "b.eml", mail("b"))
    lay(tmp_path / "a.EML", mail("a"))
    lay(tmp_path / "2025" / "c.eml", mail("c"))
    lay(tmp_path / "leia.txt", b"nada")
    os.mkfifo(tmp_path / "pipe.eml")
    box = MailFiles(tmp_path)
    assert [held.raw for held in box.mails()] == [mail("a"), mail("b"), mail("c")]
    assert all(box.fetch(held.ref) == held.raw for held in box.heads())


def test_a_folder_below_is_what_its_name_says(tmp_path: Path) -> None:
    lay(tmp_path / "Enviados" / "a.eml", mail())
    lay(tmp_path / "Pacientes" / "b.eml", mail())
    uses = {Path(held.ref).name: held.use for held in MailFiles(tmp_path).mails()}
    assert uses == {"a.eml": Use.SENT, "b.eml": Use.ORDINARY}


def test_one_file_is_a_box_of_one_mail(tmp_path: Path) -> None:
    lay(tmp_path / "a.eml", mail("a"))
    assert [held.raw for held in MailFiles(tmp_path / "a.eml").mails()] == [mail("a")]


def test_of_a_huge_mail_its_beginning_is_held(tmp_path: Path) -> None:
    lay(tmp_path / "a.eml", mail("a") + b"x" * 1_000_000)
    (held,) = MailFiles(tmp_path).mails()
    assert held.raw is not None
    assert len(held.raw) == MOST_HELD


def test_a_mail_that_is_gone_is_none(tmp_path: Path) -> None:
    assert MailFiles(tmp_path).fetch(str(tmp_path / "a.eml")) is None


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    (tmp_path / "mails").mkdir()
    box = MailFiles(tmp_path / "mails")
    (tmp_path / "mails").rmdir()
    (held,) = box.mails()
    assert held.raw is None
    if os.geteuid():
        (tmp_path / "closed").mkdir(mode=0)
        with pytest.raises(SourceError, match="closed"):
            list(MailFiles(tmp_path / "closed").mails())
