"""What is sent, and to which of a contact's addresses."""

import pytest

from tests.sample_channel import channel
from workers.channels.whatsapp.letter import (
    Envelope,
    address_for,
    other_address,
    template_message,
    text_message,
    typing_message,
)

BOTH = {"user_id": "BR.150", "phone": "+554199990000"}
BY_ID = Envelope("user_id", "BR.150", "wamid.1", "q1")


@pytest.mark.parametrize(
    ("recipient", "chosen", "address"),
    [
        (BOTH, "", "user_id"),
        (BOTH, "phone", "phone"),
        ({"phone": "+55"}, "", "phone"),
        ({"phone": "+55"}, "user_id", "phone"),  # it has changed since
        ({}, "", None),
        ({"user_id": ""}, "", None),
    ],
)
def test_the_address_is_the_one_that_was_chosen_else_the_first(
    recipient: dict[str, str], chosen: str, address: str | None
) -> None:
    assert address_for(recipient, chosen) == address


def test_the_other_address_is_the_one_that_was_not_tried() -> None:
    assert other_address(BOTH, "user_id") == "phone"
    assert other_address(BOTH, "phone") == "user_id"
    assert other_address({"phone": "+55"}, "phone") is None


def test_a_text_quotes_and_carries_the_question_s_id() -> None:
    assert text_message(BY_ID, "Sim.") == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "recipient": "BR.150",
        "type": "text",
        "text": {"body": "Sim.", "preview_url": False},
        "context": {"message_id": "wamid.1"},
        "biz_opaque_callback_data": "q1",
    }


@pytest.mark.parametrize("number", ["554199990000", "+554199990000"])
def test_a_number_has_one_plus_and_is_else_as_meta_gave_it(number: str) -> None:
    message = text_message(Envelope("phone", number, None, "q1"), "Sim.")
    assert message["to"] == "+554199990000"
    assert "recipient" not in message
    assert "context" not in message


def test_a_template_is_the_channel_s_and_quotes_nothing() -> None:
    message = template_message(BY_ID, channel(template="retorno"))
    assert message["template"] == {"name": "retorno", "language": {"code": "pt_BR"}}
    assert "context" not in message


def test_the_typing_mark_names_the_patient_s_message() -> None:
    assert typing_message("wamid.1")["typing_indicator"] == {"type": "text"}
    assert typing_message("wamid.1")["message_id"] == "wamid.1"
