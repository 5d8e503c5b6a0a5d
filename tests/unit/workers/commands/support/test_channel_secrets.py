"""Where secrets come from."""

import io
from pathlib import Path

import pytest

from workers.commands.support.channel_secrets import secret_of
from workers.commands.support.errors import CommandError

VARIABLE = {"ATENDE_CHANNEL_RECEPCAO_TOKEN": "EAAenv"}


def test_a_file_goes_before_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("EAAfile\n")
    assert secret_of("recepcao", "token", file, VARIABLE) == "EAAfile"


def test_what_the_environment_holds_is_not_copied() -> None:
    assert secret_of("recepcao", "token", None, VARIABLE) is None


def test_nobody_is_asked_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(CommandError, match="--app-secret-file FILE") as error:
        secret_of("zona-sul", "app_secret", None, {})
    assert "ATENDE_CHANNEL_ZONA_SUL_APP_SECRET" in str(error.value)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(" \n")
    with pytest.raises(CommandError, match="is empty"):
        secret_of("recepcao", "token", file, {})


def test_a_file_that_cannot_be_read_is_refused_before_anything_is_changed(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"No such file or directory\. Nothing was changed"):
        secret_of("recepcao", "token", tmp_path / "token", {})
