import pytest

from workers.contracts.conversation import Conversation
from workers.contracts.question import Request
from workers.contracts.reply import (
    EmailAddress,
    ReplyAddress,
    WebhookAddress,
    WhatsAppAddress,
    address_of,
)

WEBHOOK = WebhookAddress(url="https://bot.example/cb")
WHATSAPP = WhatsAppAddress(channel="recepcao", conversation="c1", message="wamid.NTU0MTk5")
EMAIL = EmailAddress(channel="contato", conversation="c1", message="<1@example.com>")


def conversation(kind: str) -> Conversation:
    return Conversation(
        id="c1",
        tenant="t",
        channel="contato",
        kind=kind,
        contact="",
        recipient={},
        opened_at=0,
        last_message_at=0,
    )


@pytest.mark.parametrize("address", [WEBHOOK, WHATSAPP, EMAIL])
def test_each_kind_is_read_as_it_was_stored(address: ReplyAddress) -> None:
    request = Request(tenant="t", question="?", asked_at=0, reply_to=address)
    stored = request.model_dump_json(exclude_defaults=True)
    assert Request.model_validate_json(stored) == request


def test_an_address_that_was_stored_without_its_kind_is_a_webhook() -> None:
    stored = '{"tenant": "t", "question": "?", "asked_at": 0, "reply_to": {"url": "https://a.b"}}'
    assert Request.model_validate_json(stored).reply_to == WebhookAddress(url="https://a.b")


def test_an_address_of_an_unknown_kind_is_refused() -> None:
    fields = {"tenant": "t", "question": "?", "asked_at": 0, "reply_to": {"kind": "pigeon"}}
    with pytest.raises(ValueError, match="pigeon"):
        Request.model_validate(fields)


def test_what_is_shown_of_a_whatsapp_address_names_no_patient() -> None:
    assert WHATSAPP.receiver == "whatsapp:recepcao"


def test_what_is_shown_of_a_mail_s_address_names_no_patient() -> None:
    assert EMAIL.receiver == "email:contato"


def test_words_go_back_by_the_conversation_s_own_kind() -> None:
    assert address_of(conversation("email"), "<1@example.com>") == EMAIL
    whatsapp = WhatsAppAddress(channel="contato", conversation="c1", message="wamid.1")
    assert address_of(conversation("whatsapp"), "wamid.1") == whatsapp
    assert address_of(conversation("email")).message is None


def test_nothing_is_threaded_to_a_mail_that_has_no_id() -> None:
    assert address_of(conversation("email"), "sha256:0123").message is None
