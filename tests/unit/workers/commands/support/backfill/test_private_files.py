import stat
from pathlib import Path

import pytest

from workers.commands.support.backfill import private_files


def test_what_patients_wrote_is_readable_by_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "relatorio.html"
    path.write_text("old", "utf-8")
    path.chmod(0o644)
    private_files.write(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["relatorio.html"]


def test_what_cannot_be_written_is_told_by_the_name_that_was_typed(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "pares.csv"
    with pytest.raises(OSError, match="No such file") as error:
        private_files.write(path, b"new")
    assert error.value.filename == str(path)
