import pytest

from workers.channels.whatsapp.payload import Contact, Message, Status, Value


@pytest.mark.parametrize(
    "timestamp", ["soon", "", "nan", "inf", None, [], {"a": 1}, -5, "0", 10**400]
)
def test_a_time_that_is_none_is_missing(timestamp: object) -> None:
    message = Message.model_validate({"id": "wamid.1", "timestamp": timestamp})
    assert (message.id, message.timestamp) == ("wamid.1", None)


@pytest.mark.parametrize("timestamp", ["1697044362", 1697044362, 1697044362.0])
def test_a_time_is_read_as_text_and_as_number(timestamp: object) -> None:
    assert Message.model_validate({"timestamp": timestamp}).timestamp == 1697044362.0


def test_a_field_of_another_type_is_missing_and_harms_no_other() -> None:
    message = Message.model_validate({"id": "wamid.1", "text": "Oi", "from": ["x"], "type": 3})
    assert (message.id, message.text, message.sender, message.type) == ("wamid.1", None, None, "3")


def test_half_a_character_at_a_name_s_end_is_replaced() -> None:
    contact = Contact.model_validate({"profile": {"name": "Ana \ud83d"}})
    assert contact.profile is not None
    assert contact.profile.name == "Ana \ufffd"
    assert Message.model_validate({"text": {"body": "\ud83d\ude00"}}).text is not None


def test_lists_that_are_none_are_empty() -> None:
    value = Value.model_validate({"messages": {"0": {}}, "statuses": None})
    assert (value.messages, value.statuses, value.contacts) == ([], [], [])


def test_a_status_needs_neither_contact_nor_recipient() -> None:
    status = Status.model_validate({"id": "wamid.1", "status": "failed", "errors": [{"code": 1}]})
    assert (status.status, status.errors) == ("failed", [{"code": 1}])
