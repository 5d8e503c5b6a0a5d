import pytest

from workers.contracts.conversation import Conversation, Handoff
from workers.contracts.errors import RecordError

STORED = {
    "id": "c1",
    "tenant": "clinica",
    "channel": "recepcao",
    "kind": "whatsapp",
    "contact": "user:BR.1",
    "recipient": '{"user_id": "BR.1"}',
    "opened_at": "1.5",
    "last_message_at": "2.5",
    "revision": "3",
}


def test_a_conversation_is_read_from_its_hash() -> None:
    conversation = Conversation.from_hash(STORED)
    assert (conversation.recipient, conversation.revision) == ({"user_id": "BR.1"}, 3)
    assert (conversation.handoff, conversation.question, conversation.name) == (None, None, None)


def test_a_handoff_is_there_while_a_person_has_to_see_to_it() -> None:
    waiting = {"handoff_since": "2.0", "handoff_reason": "person_asked"}
    unclaimed = Handoff(reason="person_asked", since=2.0)
    assert Conversation.from_hash(STORED | waiting).handoff == unclaimed
    claimed = Conversation.from_hash(STORED | waiting | {"attendant": "ana"}).handoff
    assert claimed == Handoff(reason="person_asked", since=2.0, attendant="ana")


@pytest.mark.parametrize("damage", [{"recipient": "{"}, {"opened_at": "ontem"}])
def test_a_damaged_one_is_an_error_that_quotes_nothing(damage: dict[str, str]) -> None:
    with pytest.raises(RecordError) as caught:
        Conversation.from_hash(STORED | damage)
    assert "BR.1" not in str(caught.value)


def test_one_without_its_recipient_is_damaged() -> None:
    with pytest.raises(RecordError):
        Conversation.from_hash({name: STORED[name] for name in STORED if name != "recipient"})
