import os
import unicodedata
from pathlib import Path

import pytest

from ingestion.files import InputFile, SkippedFile, digest, files_at, root_of
from ingestion.parsing.errors import UnreadableFileError


def reasons_by_name(path: Path, root: Path) -> dict[str, str]:
    """Why each file is left out; empty for those to read."""
    return {
        item.name: item.reason if isinstance(item, SkippedFile) else ""
        for item in files_at(path, root, 1)
    }


def test_a_folder_is_walked_in_order_and_hidden_files_are_not_mentioned(tmp_path: Path) -> None:
    for name in ("b.md", "a/c.PDF", ".x.md", ".git/y.md", "~$w.docx", "nota.msg", "foto"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    reasons = reasons_by_name(tmp_path, tmp_path)
    assert list(reasons) == ["a/c.PDF", "b.md", "foto", "nota.msg"]
    assert reasons["a/c.PDF"] == reasons["b.md"] == ""
    assert "Save it as .eml" in reasons["nota.msg"]
    assert "without ending" in reasons["foto"]


def test_names_are_composed(tmp_path: Path) -> None:
    (tmp_path / unicodedata.normalize("NFD", "convênio.md")).write_text("x")
    assert list(reasons_by_name(tmp_path, tmp_path)) == [
        unicodedata.normalize("NFC", "convênio.md")
    ]


def test_a_file_alone_is_one_to_read(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("olá")
    (file,) = files_at(path, root_of(path), 1)
    assert isinstance(file, InputFile)
    assert (file.name, file.size, digest(file.read())) == ("a.md", 4, digest("olá".encode()))


def test_too_large_linked_out_and_irregular_files_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    folder.mkdir()
    (tmp_path / "secret.md").write_text("x")
    (folder / "out.md").symlink_to(tmp_path / "secret.md")
    (folder / "gone.md").symlink_to(folder / "nothing.md")
    (folder / "big.md").write_bytes(b"x" * (1024 * 1024 + 1))
    reasons = reasons_by_name(folder, folder)
    assert "link to outside" in reasons["out.md"]
    assert "link to nothing" in reasons["gone.md"]
    assert "ATENDE_MAX_FILE_MB" in reasons["big.md"]


def test_what_cannot_be_waited_for_or_followed_is_said(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.md").write_text("x")
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "self.md").symlink_to(tmp_path / "self.md")
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "null.pdf").symlink_to("/dev/null")
    reasons = reasons_by_name(tmp_path, tmp_path)
    assert reasons["a/x.md"] == ""
    assert "link to a folder" in reasons["round"]
    assert "link to nothing" in reasons["self.md"]
    assert "device or a pipe" in reasons["pipe.md"]
    assert "link to outside" in reasons["null.pdf"]


def test_a_file_without_ending_is_known_by_its_beginning(tmp_path: Path) -> None:
    (tmp_path / "preparo").write_bytes(b"%PDF-1.4 ...")
    (tmp_path / "leia-me").write_text("oi")
    reasons = reasons_by_name(tmp_path, tmp_path)
    assert reasons["preparo"] == ""
    assert "without ending are not read" in reasons["leia-me"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_entered_is_a_row_that_failed(tmp_path: Path) -> None:
    closed = tmp_path / "fechada"
    closed.mkdir(mode=0)
    try:
        (item,) = files_at(tmp_path, tmp_path, 1)
    finally:
        closed.chmod(0o700)
    assert isinstance(item, SkippedFile)
    assert item.failed
    assert item.name == "fechada"


def test_a_pipe_that_takes_a_file_s_place_is_not_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    os.mkfifo(file)
    with pytest.raises(UnreadableFileError, match="no regular file"):
        InputFile(file, "a.md", 1).read()


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="Nothing was changed"):
        list(files_at(tmp_path / "none", tmp_path, 1))


def test_a_file_keeps_the_name_that_its_folder_gave_it(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    assert root_of(inner / "x.md", {tmp_path, inner}) == tmp_path
    assert root_of(inner, {tmp_path / "other"}) == inner
