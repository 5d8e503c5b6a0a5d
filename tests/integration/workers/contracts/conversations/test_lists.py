"""A clinic's conversations, page by page."""

import time
from itertools import chain

import pytest

from tests.chat import EMERGENCY, GREETING, Chat
from workers.contracts import keys
from workers.contracts.conversation import ChannelKey, PatientMessage

pytestmark = pytest.mark.integration


def written(chat: Chat, count: int) -> list[str]:
    return [chat.write("Oi", aliases=[f"user:BR.{n}"]).conversation for n in range(count)]


def pages(chat: Chat, limit: int, *, needs_human: bool) -> list[list[str]]:
    after, result = "", []
    while True:
        page = chat.store.page("clinica-a", needs_human=needs_human, limit=limit, after=after)
        result.append([conversation.id for conversation in page.conversations])
        if page.after is None:
            return result
        after = page.after


def test_all_of_them_the_newest_message_first(chat: Chat) -> None:
    ids = written(chat, 5)
    for n, conversation in enumerate(ids):
        chat.bench.redis.zadd(keys.conversations("clinica-a"), {conversation: 1000 + n})
    assert pages(chat, 2, needs_human=False) == [
        [ids[4], ids[3]], [ids[2], ids[1]], [ids[0]],
    ]  # fmt: skip


def test_those_that_wait_for_a_person_the_longest_wait_first(chat: Chat) -> None:
    ids = written(chat, 4)
    for burst in chat.store.take_due(10):
        greeted = burst.conversation.id == ids[3]
        chat.try_to_ask(burst, GREETING if greeted else EMERGENCY)
    for n, conversation in enumerate(ids[:3]):
        chat.bench.redis.zadd(keys.handoffs("clinica-a"), {conversation: 1000 + n})
    assert pages(chat, 2, needs_human=True) == [ids[:2], ids[2:3]]


@pytest.mark.parametrize("needs_human", [False, True])
def test_those_of_one_moment_are_all_on_one_page(chat: Chat, *, needs_human: bool) -> None:
    ids = written(chat, 7)
    for burst in chat.store.take_due(10):
        chat.try_to_ask(burst, EMERGENCY)
    name = keys.handoffs("clinica-a") if needs_human else keys.conversations("clinica-a")
    chat.bench.redis.zadd(name, dict.fromkeys(ids, 1000))
    listed = pages(chat, 3, needs_human=needs_human)
    assert [len(page) for page in listed] == [3, 3, 1]
    assert sorted(chain(*listed)) == sorted(ids)


def test_one_that_cannot_be_read_hides_no_other(chat: Chat) -> None:
    ids = written(chat, 3)
    chat.bench.redis.hset(keys.conversation(ids[1]), "recipient", "?")
    assert set(chain(*pages(chat, 1, needs_human=False))) == {ids[0], ids[2]}
    assert chat.bench.redis.zcard(keys.conversations("clinica-a")) == 3


def test_each_clinic_sees_its_own(chat: Chat) -> None:
    written(chat, 1)
    assert chat.store.page("clinica-b", needs_human=False, limit=10).conversations == []


def test_what_is_no_place_is_refused(chat: Chat) -> None:
    with pytest.raises(ValueError, match="place"):
        chat.store.page("clinica-a", needs_human=False, limit=1, after=str(time.time()))


def test_a_contact_is_found_by_every_name_that_it_had_on_every_channel_and_no_other_is(
    chat: Chat,
) -> None:
    ana, phone = ("user:BR.1", "phone:+554199990000"), "phone:+554199990000"
    ids = [chat.write("Oi", aliases=ana, channel=name).conversation for name in ("a", "b")]
    chat.write("Oi", aliases=["user:BR.11", "phone:+5541999900001"])
    chat.store.rekey("b", ana, ["user:BR.2", "phone:+554188880000"], {"user_id": "BR.2"})

    def found(alias: str, tenant: str = "clinica-a") -> set[str]:
        return {each.id for each in chat.store.of_contact(tenant, alias)}

    assert found("user:BR.1") == set(ids)  # the earlier id still leads to both
    assert found(phone) == {ids[0]}  # a number may go to another person
    assert found("phone:+554188880000") == found("user:BR.2") == {ids[1]}
    assert found("user:+554199990000") == found("user:BR.1", "clinica-b") == set()


def test_who_writes_mails_is_found_by_the_address_in_every_thread_and_nobody_else(
    chat: Chat,
) -> None:
    key = ChannelKey("clinica-a", "contato", "email")

    def mailed(thread: str, address: str) -> str:
        message = PatientMessage(id=thread, text="Oi", sent_at=time.time())
        recipient = {"email": address, "subject": "Preparo"}
        return chat.store.admit(key, [f"thread:{thread}"], recipient, None, message, 0).conversation

    hers = {mailed("a", "ana@exemplo.com.br"), mailed("b", "Ana@Exemplo.com.br")}
    mailed("c", "joana@exemplo.com.br")
    chat.write("Oi")
    chat.bench.redis.hset(keys.conversation(mailed("d", "ana@exemplo.com.br")), "recipient", "?")
    found = chat.store.of_contact("clinica-a", "email:ana@exemplo.com.br")
    assert {each.id for each in found} == hers
    assert chat.store.of_contact("clinica-b", "email:ana@exemplo.com.br") == []
