from pathlib import Path

from tests.unit.workers.channels.backfill.sources.mails.boxes import mail
from workers.channels.backfill.sources.mails.mbox_folder import MboxFolder, mbox_files
from workers.channels.backfill.sources.mails.uses import Use

LINE = b"From - Sat Sep 12 21:19:03 2026\n"


def lay(path: Path, *contents: bytes) -> None:
    path.write_bytes(b"".join(LINE + content + b"\n" for content in contents))


def test_mails_of_all_files_come_by_name_and_are_there_again(tmp_path: Path) -> None:
    lay(tmp_path / "b Enviados.mbox", mail("b"))
    lay(tmp_path / "a.mbox", mail("a"), mail("c"))
    lay(tmp_path / "Spam.mbox", mail("s"))
    box = MboxFolder(tmp_path)
    held = list(box.mails())
    assert [each.use for each in held] == [Use.SPAM, Use.ORDINARY, Use.ORDINARY, Use.ORDINARY]
    assert all(box.fetch(each.ref) == each.raw for each in held)
    assert [each.ref for each in box.heads()] == [each.ref for each in held]


def test_thunderbird_s_files_are_known_by_their_summaries(tmp_path: Path) -> None:
    for name in ("INBOX", "Sent"):
        lay(tmp_path / name, mail())
        (tmp_path / f"{name}.msf").write_bytes(b"resumo")
    (tmp_path / "filterlog.html").write_bytes(b"nada")
    (tmp_path / "Archives.sbd").mkdir()
    assert [file.name for file in mbox_files(tmp_path)] == ["INBOX", "Sent"]
    assert [held.use for held in MboxFolder(tmp_path).mails()] == [Use.ORDINARY, Use.SENT]
