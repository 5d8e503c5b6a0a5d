"""A channel as it is typed."""

from pathlib import Path

import pytest

from tests.sample_channel import EMAIL_FIELDS, FIELDS, SECRETS, channel, email_channel
from workers.commands.support.errors import CommandError
from workers.commands.support.new_channel import refuse_second, validated
from workers.contracts.channel_files import save
from workers.contracts.channels import ChannelBook
from workers.contracts.email_channel import EmailChannel
from workers.contracts.whatsapp_channel import WhatsAppChannel


def test_a_wrong_option_is_named_as_it_is_typed_and_no_value_is_quoted() -> None:
    with pytest.raises(CommandError) as error:
        validated(
            WhatsAppChannel, FIELDS | {"phone_number_id": "abc-secret", "time_zone": "Brasilia"}
        )
    message = str(error.value)
    assert "phone-number-id" in message
    assert "time-zone: is written as a place of the IANA's list: America/Sao_Paulo" in message
    assert "Nothing was changed" in message
    assert [secret for secret in [*SECRETS, "abc-secret"] if secret in message] == []


def test_hours_that_cannot_be_read_are_an_error_that_says_how_they_are_written() -> None:
    with pytest.raises(CommandError, match="the hours 'foo' cannot be read"):
        validated(WhatsAppChannel, FIELDS | {"hours": "foo"})


def test_a_name_and_a_number_belong_to_one_channel(tmp_path: Path) -> None:
    save(channel(), tmp_path)
    book = ChannelBook(tmp_path)
    with pytest.raises(CommandError, match="--force"):
        refuse_second(channel(), book, force=False)
    refuse_second(channel(), book, force=True)
    with pytest.raises(CommandError, match="channels remove recepcao"):
        refuse_second(channel(name="other"), book, force=True)
    refuse_second(channel(name="other", phone_number_id="7"), book, force=False)


def test_a_mailbox_belongs_to_one_channel(tmp_path: Path) -> None:
    save(email_channel(), tmp_path)
    save(channel(), tmp_path)
    book = ChannelBook(tmp_path)
    with pytest.raises(CommandError, match="atende channels password correio"):
        refuse_second(email_channel(), book, force=False)
    with pytest.raises(CommandError, match="correio has this mailbox"):
        refuse_second(email_channel(name="other"), book, force=False)
    refuse_second(email_channel(name="other", folders=["Exames"]), book, force=False)


def test_a_fault_of_several_addresses_is_named_as_their_option() -> None:
    fields = EMAIL_FIELDS | {"own_addresses": ["secret-x"], "oauth": {"token_url": "http://x"}}
    with pytest.raises(CommandError) as error:
        validated(EmailChannel, fields)
    assert "own-address: is no e-mail address" in str(error.value)
    assert "token-url: must begin with https://" in str(error.value)
    assert "client-id: is needed" in str(error.value)
    assert "secret-x" not in str(error.value)
