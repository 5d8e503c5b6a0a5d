"""A channel for tests, and its secrets, which nothing may show."""

from typing import Any

from workers.contracts.channel import WhatsAppChannel

FIELDS: dict[str, Any] = {
    "name": "recepcao",
    "tenant": "clinica",
    "clinic": "Clínica Aurora",
    "number": "+554133334444",
    "phone_number_id": "106540352242922",
    "business_account_id": "102290129340398",
    "token": "EAAtopsecret",
    "app_secret": "0123456789abcdef0123456789abcdef",
    "verify_token": "verify-me-please",
}
SECRETS = [FIELDS[name] for name in ("token", "app_secret", "verify_token")]


def channel(**fields: object) -> WhatsAppChannel:
    """The sample with other fields."""
    return WhatsAppChannel.model_validate(FIELDS | fields)
