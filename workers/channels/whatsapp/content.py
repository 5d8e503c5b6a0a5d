"""What a message says, whatever its kind. Pure."""

from dataclasses import dataclass
from typing import Final

from workers.channels.whatsapp.events import MessageKind
from workers.channels.whatsapp.payload import Message

#: Kinds that the patient meant to be read and Atende does not read. The last two stand for what
#: the API does not show.
_UNREAD: Final = frozenset(
    {
        *("image", "video", "document", "audio", "voice", "sticker", "location", "contacts"),
        *("order", "unsupported", "unknown"),
    }
)
#: Replies to what Atende never sends: a wish to be called, say. Nothing is to be answered.
_SILENT: Final = frozenset({"call_permission_reply"})


@dataclass(frozen=True, slots=True)
class Content:
    """The words of a message; empty where it has none."""

    kind: MessageKind
    text: str


def content_of(message: Message) -> Content | None:
    """What a message says; None where there is nothing to be answered."""
    if message.text is not None and message.text.body:
        return Content("text", message.text.body)
    chosen = _chosen(message)
    if chosen:
        return Content("choice", chosen)
    if message.interactive is not None and message.interactive.type in _SILENT:
        return None
    media = message.image or message.video or message.document or message.order
    if media is not None or message.type in _UNREAD or message.type == "interactive":
        return Content("media", ((media.caption or media.text) if media else None) or "")
    return None


def _chosen(message: Message) -> str:
    """The words of the button or the list's entry that the patient chose."""
    interactive = message.interactive
    replies = [message.button]
    if interactive is not None:
        replies += [interactive.button_reply, interactive.list_reply]
    return next((reply.words for reply in replies if reply and reply.words), "")
