"""The files of channels: modes, the environment, and what a bad one is told."""

import json
import os
from pathlib import Path

import pytest

from tests.sample_channel import FIELDS, SECRETS, channel
from workers.contracts.channel_files import path_of, read, save
from workers.contracts.errors import ChannelError


def written(folder: Path, content: object = None, mode: int = 0o600) -> Path:
    path = path_of(folder, FIELDS["name"])
    path.write_text(content if isinstance(content, str) else json.dumps(content or FIELDS), "utf-8")
    path.chmod(mode)
    return path


def test_what_is_saved_can_be_read_by_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "channels"
    saved = channel(hours="seg-sex 8h-18h", holidays=["2026-12-25"], contact_cap=20)
    path = save(saved, folder)
    assert path.stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700
    assert read(path) == saved
    assert [entry.name for entry in folder.iterdir()] == ["recepcao.json"]


def test_saving_again_replaces_it_and_keeps_the_mode(tmp_path: Path) -> None:
    path = save(channel(), tmp_path)
    path.with_suffix(".part").touch(mode=0o644)  # of a command that was killed
    save(channel(token="EAAnew"), tmp_path)
    assert read(path).token.get_secret_value() == "EAAnew"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_file_that_others_may_touch_is_refused_with_the_command_that_repairs_it(
    tmp_path: Path, mode: int
) -> None:
    path = written(tmp_path, mode=mode)
    with pytest.raises(ChannelError, match=f"chmod 600 {path}"):
        read(path)


def test_secrets_may_come_from_the_environment_which_wins(tmp_path: Path) -> None:
    fields = {name: value for name, value in FIELDS.items() if name != "app_secret"}
    path = written(tmp_path, fields | {"name": "recepcao"})
    environment = {
        "ATENDE_CHANNEL_RECEPCAO_APP_SECRET": "from-the-environment",
        "ATENDE_CHANNEL_RECEPCAO_TOKEN": "EAAenv",
        "ATENDE_CHANNEL_RECEPCAO_VERIFY_TOKEN": "",
    }
    found = read(path, environment)
    assert found.app_secret.get_secret_value() == "from-the-environment"
    assert found.token.get_secret_value() == "EAAenv"
    assert found.verify_token.get_secret_value() == FIELDS["verify_token"]


def test_a_dash_in_the_name_is_an_underscore_in_the_environment(tmp_path: Path) -> None:
    path = path_of(tmp_path, "zona-sul")
    save(channel(name="zona-sul"), tmp_path)
    found = read(path, {"ATENDE_CHANNEL_ZONA_SUL_TOKEN": "EAAsul"})
    assert found.token.get_secret_value() == "EAAsul"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{", "no JSON"),
        ("[]", "one JSON object"),
        (FIELDS | {"number": "x"}, "`number`"),
        (FIELDS | {"hour": "8-18"}, "`hour`"),
        (FIELDS | {"name": "other"}, "must be recepcao"),
        (FIELDS | {"kind": "telegram"}, "`kind`"),
        ({"token": "EAAtopsecret"}, "`number`: Field required"),
    ],
)
def test_a_bad_file_is_told_what_to_correct_without_quoting_it(
    tmp_path: Path, content: object, complaint: str
) -> None:
    with pytest.raises(ChannelError, match="Correct") as error:
        read(written(tmp_path, content))
    assert complaint in str(error.value)
    assert [secret for secret in SECRETS if secret in str(error.value)] == []
    assert error.value.__suppress_context__ or not error.value.__context__


def test_a_file_without_a_name_is_called_as_it_is_called(tmp_path: Path) -> None:
    fields = {name: value for name, value in FIELDS.items() if name != "name"}
    assert read(written(tmp_path, fields)).name == "recepcao"


def test_bytes_that_are_no_text_are_a_bad_file(tmp_path: Path) -> None:
    path = path_of(tmp_path, "recepcao")
    path.write_bytes(b"\xff\xfe{")
    path.chmod(0o600)
    with pytest.raises(ChannelError, match="no JSON"):
        read(path)


def test_a_file_that_is_gone_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(ChannelError, match="cannot be read"):
        read(path_of(tmp_path, "recepcao"), os.environ)
