"""Whether a prepared folder is whole, and when its files are read to know that."""

import os
from pathlib import Path

import pytest

from workers.engine import manifest
from workers.engine.manifest import damage, damage_since, note_whole, write_manifest

WEIGHTS = "weights.bin"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / WEIGHTS).write_bytes(b"whole")
    write_manifest(folder, "model")
    return folder


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are read from now on."""
    names: list[str] = []
    sha256 = manifest.sha256

    def noted(path: Path) -> str:
        names.append(path.name)
        return sha256(path)

    monkeypatch.setattr(manifest, "sha256", noted)
    return names


def test_files_found_whole_are_read_once(folder: Path, hashed: list[str]) -> None:
    assert damage_since(folder) is None
    assert hashed == [WEIGHTS]
    assert damage_since(folder) is None
    assert hashed == [WEIGHTS]
    assert damage(folder) is None
    assert hashed == [WEIGHTS, WEIGHTS]


def test_a_file_that_was_written_to_is_read_again_even_with_its_old_size_and_time(
    folder: Path,
) -> None:
    assert damage_since(folder) is None
    before = (folder / WEIGHTS).stat()
    (folder / WEIGHTS).write_bytes(b"harm!")
    os.utime(folder / WEIGHTS, ns=(before.st_atime_ns, before.st_mtime_ns))
    reason = f"{WEIGHTS} differs from what was prepared"
    assert damage_since(folder) == damage_since(folder) == reason
    (folder / WEIGHTS).write_bytes(b"whole")
    assert damage_since(folder) is None


def test_a_missing_file_and_a_missing_folder_are_named(folder: Path) -> None:
    note_whole(folder)
    (folder / WEIGHTS).unlink()
    assert damage_since(folder) == f"{WEIGHTS} is missing"
    (folder / "manifest.json").unlink()
    folder.rmdir()
    assert damage_since(folder) == "manifest.json is missing"


def test_a_cache_that_cannot_be_written_is_read_each_time(folder: Path, hashed: list[str]) -> None:
    (folder.parent / ".model.checked").mkdir()  # as good as read-only, for root too
    assert damage_since(folder) is damage_since(folder) is None
    assert hashed == [WEIGHTS, WEIGHTS]


def test_another_layout_is_told(folder: Path) -> None:
    text = (folder / "manifest.json").read_text("utf-8").replace('"format": 2', '"format": 1')
    (folder / "manifest.json").write_text(text, "utf-8")
    assert damage(folder) == "it was prepared by another version of Atende"
