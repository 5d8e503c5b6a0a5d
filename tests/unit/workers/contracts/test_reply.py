import pytest

from workers.contracts.question import Request
from workers.contracts.reply import ReplyAddress, WebhookAddress, WhatsAppAddress

WEBHOOK = WebhookAddress(url="https://bot.example/cb")
WHATSAPP = WhatsAppAddress(channel="recepcao", conversation="c1", message="wamid.NTU0MTk5")


@pytest.mark.parametrize("address", [WEBHOOK, WHATSAPP])
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
