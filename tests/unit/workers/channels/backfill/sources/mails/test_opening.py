from pathlib import Path

import pytest

from tests.unit.workers.channels.backfill.sources.mails.boxes import mail, reply
from workers.channels.backfill.sources.mails.opening import kind_of, open_as
from workers.channels.backfill.sources.source import LeftOut, SourceError, SourceOptions
from workers.contracts.backfill import BackfillRow

ROOT = Path(__file__).parents[7]
SAMPLE = ROOT / "examples" / "backfill" / "emails.mbox"
MBOX = b"From - Sat Sep 12 21:19:03 2026\n" + mail()


def maildir(path: Path) -> Path:
    for room in ("cur", "new", "tmp"):
        (path / room).mkdir(parents=True)
    return path


def kind(path: Path) -> str | None:
    return kind_of(str(path), path.read_bytes() if path.is_file() else b"")


def test_each_kind_is_known_by_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "caixa").write_bytes(MBOX)
    (tmp_path / "um.eml").write_bytes(mail())
    (tmp_path / "tabela.csv").write_bytes(b"id;pergunta\n1;oi\n")
    assert kind(tmp_path / "caixa") == "mbox"
    assert kind(tmp_path / "um.eml") == "eml"
    assert kind(tmp_path / "tabela.csv") is None
    assert kind(tmp_path) == "eml"
    assert kind(maildir(tmp_path / "Maildir")) == "maildir"
    (tmp_path / "vazia").mkdir()
    assert kind(tmp_path / "vazia") is None
    assert kind_of("imaps://a@b.example/INBOX", b"") == "imap"
    assert kind_of("https://b.example/x.csv", b"") is None


def test_a_folder_of_mbox_files_is_one_mailbox(tmp_path: Path) -> None:
    (tmp_path / "Entrada.mbox").write_bytes(MBOX)
    (tmp_path / "Enviados.mbox").write_bytes(MBOX.split(b"\n")[0] + b"\n" + reply("Às 7h."))
    assert kind(tmp_path) == "mbox"
    row, sent = open_as("mbox", str(tmp_path), SourceOptions()).rows()
    assert isinstance(row, BackfillRow)
    assert row.later_answer == "Às 7h."
    assert sent == LeftOut("clinic")


def test_a_folder_without_mbox_files_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no mbox file"):
        open_as("mbox", str(tmp_path), SourceOptions())


def test_apple_s_folder_of_one_file_is_that_file(tmp_path: Path) -> None:
    folder = tmp_path / "Entrada.mbox"
    folder.mkdir()
    (folder / "mbox").write_bytes(MBOX)
    assert kind(folder) == "mbox"
    assert len(list(open_as("mbox", str(folder), SourceOptions()).rows())) == 1


@pytest.mark.parametrize("kind", ["mbox", "maildir", "eml"])
def test_what_is_not_there_is_told(tmp_path: Path, kind: str) -> None:
    with pytest.raises(SourceError, match="nada"):
        open_as(kind, str(tmp_path / "nada"), SourceOptions())


def test_a_folder_that_is_no_maildir_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no Maildir"):
        open_as("maildir", str(tmp_path), SourceOptions())


def test_the_sample_holds_twenty_questions_and_the_clinic_s_answers() -> None:
    parts = list(open_as("mbox", str(SAMPLE), SourceOptions(longest=2_000)).rows())
    rows = [part for part in parts if isinstance(part, BackfillRow)]
    left_out = {part.reason for part in parts if isinstance(part, LeftOut)}
    assert len(rows) == 20
    assert not [row for row in rows if row.fault]
    assert sum(bool(row.later_answer) for row in rows) == 8
    assert [row.id for row in rows if row.context] == ["ana-2@correio.example"]
    assert left_out == {"clinic", "courtesy", "automatic", "list", "bounce", "spam", "trash"}
