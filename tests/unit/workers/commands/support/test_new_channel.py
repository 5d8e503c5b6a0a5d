"""A channel as it is typed."""

from pathlib import Path

import pytest

from tests.sample_channel import FIELDS, SECRETS, channel
from workers.commands.support.errors import CommandError
from workers.commands.support.new_channel import refuse_second, validated, verify_token
from workers.contracts.channel_files import save
from workers.contracts.channels import ChannelBook


def test_a_wrong_option_is_named_as_it_is_typed_and_no_value_is_quoted() -> None:
    with pytest.raises(CommandError) as error:
        validated(FIELDS | {"phone_number_id": "abc-secret", "time_zone": "Brasilia"})
    message = str(error.value)
    assert "phone-number-id" in message
    assert "time-zone: is written as a place of the IANA's list: America/Sao_Paulo" in message
    assert "Nothing was changed" in message
    assert [secret for secret in [*SECRETS, "abc-secret"] if secret in message] == []


def test_hours_that_cannot_be_read_are_an_error_that_says_how_they_are_written() -> None:
    with pytest.raises(CommandError, match="the hours 'foo' cannot be read"):
        validated(FIELDS | {"hours": "foo"})


def test_a_name_and_a_number_belong_to_one_channel(tmp_path: Path) -> None:
    save(channel(), tmp_path)
    book = ChannelBook(tmp_path)
    with pytest.raises(CommandError, match="--force"):
        refuse_second(channel(), book, force=False)
    refuse_second(channel(), book, force=True)
    with pytest.raises(CommandError, match="channels remove recepcao"):
        refuse_second(channel(name="other"), book, force=True)
    refuse_second(channel(name="other", phone_number_id="7"), book, force=False)


def test_a_verify_token_is_made_up_unless_one_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made_up = verify_token("recepcao", None)
    assert made_up
    assert made_up != verify_token("recepcao", None)
    file = tmp_path / "token"
    file.write_text("from a file\n")
    assert verify_token("recepcao", file) == "from a file"
    monkeypatch.setenv("ATENDE_CHANNEL_RECEPCAO_VERIFY_TOKEN", "from-the-environment")
    assert verify_token("recepcao", None) is None
