"""When changed files are read, and what is ingested for them."""

from pathlib import Path

from workers.commands.support.changed_files import ChangedFiles, Stamp, stamp_of, targets

A, B = Path("/docs/a.pdf"), Path("/docs/b.pdf")
SMALL: Stamp = (10, 1)
GROWN: Stamp = (20, 2)


def test_a_file_that_is_still_written_is_held_back() -> None:
    files = ChangedFiles(still_seconds=1.5, longest_hold_seconds=60)
    files.note(A, SMALL, 0)
    files.note(A, GROWN, 1)
    assert files.take_whole(2) == set()
    files.note(A, GROWN, 2.4)
    assert files.take_whole(2.5) == {A}
    assert files.take_whole(10) == set()


def test_all_wait_for_the_last_so_that_a_rename_is_seen_whole() -> None:
    files = ChangedFiles(still_seconds=1.5, longest_hold_seconds=60)
    files.note(A, None, 0)
    files.note(B, SMALL, 1)
    assert files.take_whole(2) == set()
    assert files.take_whole(2.5) == {A, B}


def test_a_file_written_without_end_does_not_hold_the_others_back_for_ever() -> None:
    files = ChangedFiles(still_seconds=1.5, longest_hold_seconds=10)
    gone = Path("/docs/gone.pdf")
    files.note(A, SMALL, 0)
    files.note(gone, None, 0)
    for second in range(11):
        files.note(B, (second, second), second)
        assert files.take_whole(second) == (set() if second < 10 else {A})
    assert set(files.waiting) == {B, gone}


def test_a_changed_file_is_ingested_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    file.write_text("a")
    assert targets({file}, tmp_path) == [file]


def test_for_a_file_that_is_gone_its_folder_is_ingested(tmp_path: Path) -> None:
    (tmp_path / "exames").mkdir()
    assert targets({tmp_path / "exames" / "a.md"}, tmp_path) == [tmp_path / "exames"]
    assert targets({tmp_path / "gone" / "deep" / "a.md"}, tmp_path) == [tmp_path]


def test_for_a_rename_the_folder_that_holds_both_names_is_ingested(tmp_path: Path) -> None:
    for name in ("x", "y"):
        (tmp_path / "exames" / name).mkdir(parents=True)
    new = tmp_path / "exames" / "y" / "a.md"
    new.write_text("a")
    assert targets({tmp_path / "exames" / "x" / "a.md", new}, tmp_path) == [tmp_path / "exames"]


def test_the_root_holds_everything(tmp_path: Path) -> None:
    assert targets({tmp_path, tmp_path / "a.md"}, tmp_path) == [tmp_path]


def test_a_stamp_changes_with_the_file(tmp_path: Path) -> None:
    file = tmp_path / "a.md"
    assert stamp_of(file) is None
    file.write_text("a")
    before = stamp_of(file)
    assert before is not None
    file.write_text("ab")
    assert stamp_of(file) != before
    assert stamp_of(tmp_path) is None
