from pathlib import Path

import pytest

from workers.stack import credentials
from workers.stack.errors import CredentialsError


def test_what_is_saved_is_read_back(tmp_path: Path) -> None:
    fresh = credentials.create()
    credentials.save(fresh, tmp_path / "new")
    assert credentials.load(tmp_path / "new") == fresh


def test_only_the_owner_can_read_them(tmp_path: Path) -> None:
    credentials.save(credentials.create(), tmp_path)
    assert credentials.file(tmp_path).stat().st_mode & 0o777 == 0o600


def test_before_the_first_start_there_are_none(tmp_path: Path) -> None:
    assert credentials.load(tmp_path) is None


def test_a_broken_file_says_what_to_do_and_is_left_alone(tmp_path: Path) -> None:
    credentials.file(tmp_path).write_text("{", "utf-8")
    with pytest.raises(CredentialsError, match="Nothing was changed"):
        credentials.load(tmp_path)
    assert credentials.file(tmp_path).read_text("utf-8") == "{"


def test_no_two_installations_share_a_secret() -> None:
    assert credentials.create().secret != credentials.create().secret
