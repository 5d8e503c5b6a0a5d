"""The files of channels: modes, the environment, and what a bad one is told."""

import json
import os
from pathlib import Path

import pytest

from tests.sample_channel import EMAIL_FIELDS, FIELDS, SECRETS, channel, email_channel
from workers.contracts.channel_files import AnyChannel, path_of, read, save, secret_in
from workers.contracts.errors import ChannelError


def secret(of: AnyChannel, name: str) -> str:
    text = secret_in(of, name)
    assert text is not None
    return text.get_secret_value()


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
    assert secret(read(path), "token") == "EAAnew"
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
    assert secret(found, "app_secret") == "from-the-environment"
    assert secret(found, "token") == "EAAenv"
    assert secret(found, "verify_token") == FIELDS["verify_token"]


def test_a_dash_in_the_name_is_an_underscore_in_the_environment(tmp_path: Path) -> None:
    path = path_of(tmp_path, "zona-sul")
    save(channel(name="zona-sul"), tmp_path)
    found = read(path, {"ATENDE_CHANNEL_ZONA_SUL_TOKEN": "EAAsul"})
    assert secret(found, "token") == "EAAsul"


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


#: A mailbox that is opened by tokens.
OAUTH = {
    "token_url": "https://login.example/token",
    "client_id": "atende",
    "client_secret": "oauth-secret",
    "refresh_token": "oauth-refresh",
}


@pytest.mark.parametrize("fields", [{}, {"password": None, "oauth": OAUTH}])
def test_a_mailbox_is_read_as_it_was_saved(tmp_path: Path, fields: dict[str, object]) -> None:
    saved = email_channel(folders=["INBOX", "Não lidos"], ca_file="/etc/atende/ca.pem", **fields)
    path = save(saved, tmp_path)
    assert read(path) == saved
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("left_out", ["client_secret", "refresh_token"])
def test_secrets_of_a_log_in_by_tokens_may_stand_in_the_environment(
    tmp_path: Path, left_out: str
) -> None:
    saved = email_channel(password=None, oauth=OAUTH)
    path = save(saved, tmp_path, without=[left_out])
    assert OAUTH[left_out] not in path.read_text()
    environment = {f"ATENDE_CHANNEL_CORREIO_{left_out.upper()}": OAUTH[left_out]}
    assert read(path, environment) == saved


def test_a_password_may_stand_in_the_environment(tmp_path: Path) -> None:
    path = save(email_channel(), tmp_path, without=["password"])
    assert EMAIL_FIELDS["password"] not in path.read_text()
    with pytest.raises(ChannelError, match="needs a `password` or `oauth`"):
        read(path, {})
    found = read(path, {"ATENDE_CHANNEL_CORREIO_PASSWORD": "abcd efgh ijkl mnop"})
    assert secret(found, "password") == "abcd efgh ijkl mnop"


def test_a_secret_of_the_environment_for_a_log_in_that_is_not_used_changes_nothing(
    tmp_path: Path,
) -> None:
    path = save(email_channel(), tmp_path)
    assert read(path, {"ATENDE_CHANNEL_CORREIO_REFRESH_TOKEN": "old"}) == email_channel()


def test_a_fault_of_a_mailbox_names_the_field_as_the_file_does(tmp_path: Path) -> None:
    path = save(email_channel(), tmp_path)
    path.write_text(json.dumps(EMAIL_FIELDS | {"smtp_port": 0, "oauth": {"client_id": ""}}))
    with pytest.raises(ChannelError, match="Correct") as error:
        read(path)
    assert "`smtp_port`: " in str(error.value)
    assert "`oauth.client_id`: " in str(error.value)
    assert EMAIL_FIELDS["password"] not in str(error.value)


def test_a_file_without_a_kind_is_a_number_as_it_was_before_there_was_another(
    tmp_path: Path,
) -> None:
    assert "kind" not in FIELDS
    assert read(written(tmp_path)) == channel()
