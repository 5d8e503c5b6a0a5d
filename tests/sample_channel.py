"""Channels for tests, and their secrets, which nothing may show."""

from typing import Any

from workers.contracts.email_channel import EmailChannel
from workers.contracts.whatsapp_channel import WhatsAppChannel

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

EMAIL_FIELDS: dict[str, Any] = {
    "kind": "email",
    "name": "correio",
    "tenant": "clinica",
    "clinic": "Clínica Aurora",
    "address": "recepcao@clinica.example",
    "password": "mailbox-password",
    "imap_host": "imap.clinica.example",
    "smtp_host": "smtp.clinica.example",
}


def channel(**fields: object) -> WhatsAppChannel:
    """The sample with other fields."""
    return WhatsAppChannel.model_validate(FIELDS | fields)


def email_channel(**fields: object) -> EmailChannel:
    """The sample of e-mail with other fields."""
    return EmailChannel.model_validate(EMAIL_FIELDS | fields)
