"""Reply addresses: where outcomes go. One kind of address for each kind of asker.

A new kind is a record here, and a sender for it in `workers.delivery`.
"""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import Discriminator, SerializerFunctionWrapHandler, Tag, model_serializer

from workers.contracts.record import Record


class _Address(Record):
    """Base of all kinds."""

    kind: str

    @model_serializer(mode="wrap")
    def _with_kind(self, fields: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Records are stored without their defaults, and `kind` is one: it stays all the same."""
        return {"kind": self.kind, **fields(self)}


class WebhookAddress(_Address):
    """A URL that a signed callback is posted to."""

    kind: Literal["webhook"] = "webhook"
    url: str

    @property
    def receiver(self) -> str | None:
        """Scheme, host and port: what may be shown and logged. Path and query may carry secrets."""
        try:
            url = urlsplit(self.url)
        except ValueError:
            return None
        return f"{url.scheme}://{url.netloc.rpartition('@')[2]}" if url.netloc else None


class WhatsAppAddress(_Address):
    """A conversation on WhatsApp; its recipient is read when the outcome is sent.

    Attributes:
        channel: the channel's name.
        conversation: the conversation's id.
        message: the patient's message that is answered, by its WhatsApp id: the answer quotes it.
            Personal data, since it contains the phone number.
    """

    kind: Literal["whatsapp"] = "whatsapp"
    channel: str
    conversation: str
    message: str | None = None

    @property
    def receiver(self) -> str:
        """The channel alone: what may be shown and logged."""
        return f"whatsapp:{self.channel}"


def _kind(address: Any) -> Any:  # noqa: ANN401 - whatever a record holds
    """The kind of an address, read or to be read; those of the first versions name none."""
    if isinstance(address, dict):
        return address.get("kind", "webhook")
    return getattr(address, "kind", None)


#: Kinds are told apart by `kind`.
ReplyAddress = Annotated[
    Annotated[WebhookAddress, Tag("webhook")] | Annotated[WhatsAppAddress, Tag("whatsapp")],
    Discriminator(_kind),
]
