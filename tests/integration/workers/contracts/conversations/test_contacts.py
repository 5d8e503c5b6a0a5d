"""Who a conversation is with: aliases, changed ids, numbers that change hands."""

import pytest

from tests.chat import CHANNEL, Chat

pytestmark = pytest.mark.integration

USER, PHONE = "user:BR.1", "phone:+554199990000"
OTHER_USER, OTHER_PHONE = "user:BR.2", "phone:+554188880000"


def test_one_who_is_known_by_his_number_is_known_when_he_gets_a_user_id(chat: Chat) -> None:
    first = chat.write("a", aliases=[PHONE]).conversation
    assert chat.write("b", aliases=[USER, PHONE]).conversation == first
    assert chat.write("c", aliases=[USER]).conversation == first  # a user name: no number comes
    conversation = chat.read(first)
    assert conversation.contact == USER
    assert conversation.recipient == {"user_id": "BR.1", "phone": "+554199990000"}


def test_a_number_alone_still_leads_to_who_is_known_by_both(chat: Chat) -> None:
    first = chat.write("a").conversation
    assert chat.write("b", aliases=[PHONE]).conversation == first
    assert chat.read(first).contact == USER


def test_a_number_that_another_person_has_now_leads_to_him(chat: Chat) -> None:
    before = chat.write("a", aliases=[USER, PHONE]).conversation
    now = chat.write("b", aliases=[OTHER_USER, PHONE]).conversation
    assert now != before
    assert chat.write("c", aliases=[PHONE]).conversation == now
    assert chat.write("d", aliases=[USER]).conversation == before
    # Nothing for the one goes to the other's phone.
    assert chat.read(before).recipient == {"user_id": "BR.1"}
    assert chat.read(now).recipient == {"user_id": "BR.2", "phone": "+554199990000"}


def test_the_user_id_wins_where_aliases_lead_to_two(chat: Chat) -> None:
    by_phone = chat.write("a", aliases=[PHONE]).conversation
    by_user = chat.write("b", aliases=[USER]).conversation
    assert by_user != by_phone
    assert chat.write("c", aliases=[USER, PHONE]).conversation == by_user
    assert chat.write("d", aliases=[PHONE]).conversation == by_user


def test_two_numbers_of_the_clinic_are_two_conversations(chat: Chat) -> None:
    here = chat.write("a").conversation
    assert chat.write("b", channel="convenios").conversation != here
    assert chat.read(here).channel == CHANNEL.channel


def test_a_new_user_id_leads_to_the_same_conversation(chat: Chat) -> None:
    conversation = chat.write("a").conversation
    recipient = {"user_id": "BR.2", "phone": "+554188880000"}
    rekeyed = chat.store.rekey("recepcao", [USER, PHONE], [OTHER_USER, OTHER_PHONE], recipient)
    assert rekeyed == conversation
    changed = chat.read(conversation)
    assert (changed.contact, changed.recipient) == (OTHER_USER, recipient)
    assert chat.write("b", aliases=[OTHER_USER]).conversation == conversation
    assert chat.write("c", aliases=[USER]).conversation == conversation  # sent before, came after
    # The old number may be another's.
    assert chat.write("d", aliases=[PHONE]).conversation != conversation


def test_the_change_may_come_twice(chat: Chat) -> None:
    conversation = chat.write("a", aliases=[PHONE]).conversation
    for _ in range(2):
        recipient = {"phone": "+554188880000"}
        assert chat.store.rekey("recepcao", [PHONE], [OTHER_PHONE], recipient) == conversation


def test_a_change_of_nobody_we_know_makes_no_conversation(chat: Chat) -> None:
    assert chat.store.rekey("recepcao", [USER], [OTHER_USER], {"user_id": "BR.2"}) is None
    assert chat.bench.redis.keys("*") == []


def test_a_message_that_came_before_the_change_keeps_its_question(chat: Chat) -> None:
    old = chat.write("a", aliases=[USER]).conversation
    early = chat.write("b", aliases=[OTHER_USER]).conversation
    chat.store.rekey("recepcao", [USER], [OTHER_USER], {"user_id": "BR.2"})
    assert chat.write("c", aliases=[OTHER_USER]).conversation == old
    bursts = {burst.conversation.id: burst for burst in chat.store.take_due(10)}
    assert [message.text for message in bursts[early].messages] == ["b"]
    assert chat.read(early).recipient == {"user_id": "BR.2"}


def test_names_in_redis_hold_no_number(chat: Chat) -> None:
    chat.write("Oi", message="wamid.554199990000")
    assert not [name for name in chat.bench.redis.keys("*") if "9999" in str(name)]


def test_a_channel_that_is_another_clinic_s_now_leads_to_nothing_of_the_first_one(
    chat: Chat,
) -> None:
    before = chat.open()
    now = chat.write("Oi", tenant="clinica-b").conversation
    assert now != before
    assert chat.read(now).tenant == "clinica-b"
    assert chat.write("Ainda aí?", tenant="clinica-b").conversation == now
    listed = chat.store.page("clinica-b", needs_human=False, limit=10).conversations
    assert [each.id for each in listed] == [now]
    assert [each.id for each in chat.store.of_contact("clinica-b", USER)] == [now]
    by_tenant = {burst.conversation.tenant: burst for burst in chat.store.take_due(10)}
    assert len(by_tenant["clinica-a"].messages) == 1
    assert len(by_tenant["clinica-b"].messages) == 2
    assert [each.id for each in chat.store.of_contact("clinica-a", USER)] == [before]
    chat.store.erase(before)  # what leads to the second clinic's stays
    assert chat.write("E agora?", tenant="clinica-b").conversation == now
