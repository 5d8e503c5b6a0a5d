"""Reply addresses: where outcomes go. One kind of address for each kind of asker.

A new kind is a record here, and a sender for it in `workers.delivery`.
"""

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import Discriminator, SerializerFunctionWrapHandler, Tag, model_serializer

from workers.contracts.record import Record

if TYPE_CHECKING:
    from workers.contracts.conversation import Conversation

#: How the key of a mail begins that has no Message-ID: nothing can be threaded to it.
NO_MESSAGE_ID: Final = "sha256:"


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


class EmailAddress(_Address):
    """A conversation by e-mail; its recipient is read when the outcome is sent.

    Attributes:
        channel: the channel's name.
        conversation: the conversation's id.
        message: the Message-ID of the mail that is answered, `<…@…>`; None: the conversation's
            last, or one that has none. Personal data.
    """

    kind: Literal["email"] = "email"
    channel: str
    conversation: str
    message: str | None = None

    @property
    def receiver(self) -> str:
        """The channel alone: what may be shown and logged."""
        return f"email:{self.channel}"


#: Where the words to a conversation go.
ConversationAddress = WhatsAppAddress | EmailAddress


def address_of(conversation: "Conversation", message: str | None = None) -> ConversationAddress:
    """Where words to a conversation go, by its channel's kind.

    Args:
        conversation: whose.
        message: the patient's message that is answered, by the channel's id of it.
    """
    if conversation.kind == "email":
        is_named = message is not None and not message.startswith(NO_MESSAGE_ID)
        return EmailAddress(
            channel=conversation.channel,
            conversation=conversation.id,
            message=message if is_named else None,
        )
    return WhatsAppAddress(
        channel=conversation.channel, conversation=conversation.id, message=message
    )


def _kind(address: Any) -> Any:  # noqa: ANN401 - whatever a record holds
    """The kind of an address, read or to be read; those of the first versions name none."""
    if isinstance(address, dict):
        return address.get("kind", "webhook")
    return getattr(address, "kind", None)


#: Kinds are told apart by `kind`.
ReplyAddress = Annotated[
    Annotated[WebhookAddress, Tag("webhook")]
    | Annotated[WhatsAppAddress, Tag("whatsapp")]
    | Annotated[EmailAddress, Tag("email")],
    Discriminator(_kind),
]
