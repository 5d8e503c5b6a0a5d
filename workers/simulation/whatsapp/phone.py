"""A patient's phone in a test's hand: what can be done on it, and what stands on it."""

from typing import Any

from workers.simulation.whatsapp import payloads
from workers.simulation.whatsapp.account import Number
from workers.simulation.whatsapp.chat import Bubble, Inbox, State
from workers.simulation.whatsapp.exchange import Exchange
from workers.simulation.whatsapp.patient import Patient, digits, new_message_id, new_user_id

#: What WhatsApp says of a file of each kind.
MIME = {
    "image": "image/jpeg",
    "audio": "audio/ogg; codecs=opus",
    "video": "video/mp4",
    "document": "application/pdf",
    "sticker": "image/webp",
}


class Phone:
    """One patient who writes to one number of the clinic.

    Args:
        exchange: where messages pass.
        number: the clinic's.
        patient: whose phone it is.
    """

    def __init__(self, exchange: Exchange, number: Number, patient: Patient) -> None:
        self.patient = patient
        self.number = number
        self._exchange = exchange

    # -- messages -------------------------------------------------------------------------------

    def writes(
        self, text: str, *, replies_to: str | None = None, sent_at: float | None = None
    ) -> str:
        """Send words; gives the message's id. `sent_at` is the phone's time, Unix seconds."""
        content = {"type": "text", "text": {"body": text}}
        return self._send("text", text, content, replies_to=replies_to, sent_at=sent_at)

    def taps(self, title: str) -> str:
        """Tap a button or a list's row that is shown.

        Raises:
            LookupError: nothing with this title is on the screen.
        """
        for bubble in reversed(self.inbox().bubbles):
            for choice, label in bubble.choices:
                if label == title:
                    reply = {"id": choice, "title": title}
                    content = {
                        "type": "interactive",
                        "interactive": {"type": "button_reply", "button_reply": reply},
                    }
                    return self._send("interactive", title, content, replies_to=bubble.id)
        raise LookupError(f"no button says {title!r}")

    def taps_quick_reply(self, text: str, payload: str, template_message: str) -> str:
        """Tap a quick reply of a template."""
        content = {"type": "button", "button": {"payload": payload, "text": text}}
        return self._send("button", text, content, replies_to=template_message)

    def sends(self, kind: str, caption: str | None = None, *, voice: bool = True) -> str:
        """Send an image, an audio (voice note), a video, a document or a sticker."""
        media: dict[str, Any] = {"mime_type": MIME[kind], "sha256": "bTA0cEZm/w==", "id": "1718"}
        if caption is not None:
            media["caption"] = caption
        if kind == "audio":
            media["voice"] = voice
        if kind == "document":
            media["filename"] = "pedido médico.pdf"
        media["url"] = f"https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid={kind}"
        return self._send(kind, caption or "", {"type": kind, kind: media})

    def sends_other(self, kind: str, content: object, text: str = "") -> str:
        """Send any other kind: `location`, `contacts`, `order` …; `content` is its object."""
        return self._send(kind, text, {"type": kind, kind: content})

    def sends_unsupported(self, kind: str | None = "poll", code: int = 131051) -> str:
        """Send what the API does not give; `kind` None: as before Meta named it."""
        titles = {131051: "Message type unknown", 131060: "This message is unavailable"}
        error = {
            "code": code,
            "title": titles.get(code, "Unsupported"),
            "message": titles.get(code, "Unsupported"),
            "error_data": {"details": "Message type is currently not supported."},
        }
        content: dict[str, Any] = {"type": "unsupported", "errors": [error]}
        if kind is not None:
            content["unsupported"] = {"type": kind}
        return self._send("unsupported", "", content)

    def calls(self) -> None:
        """Call the clinic: this opens the window, too."""
        with self._exchange.lock:
            now = self._exchange.clock.now()
            self._exchange.chat(self.number, self.patient).opened_at = now

    # -- marks and changes ----------------------------------------------------------------------

    def reacts(self, message_id: str, emoji: str) -> str:
        """Put a mark on a message; an empty one takes it back."""
        bubble = self._exchange.chat(self.number, self.patient).bubble(message_id)
        if bubble is not None:
            bubble.reaction = emoji
        reaction = {"message_id": message_id, "emoji": emoji}
        return self._notify({"type": "reaction", "reaction": reaction})

    def edits(self, message_id: str, text: str) -> str:
        """Change a message that was sent."""
        bubble = self._exchange.chat(self.number, self.patient).bubble(message_id)
        if bubble is not None:
            bubble.text = text
        message = {"type": "text", "text": {"body": text}}
        edit = {"original_message_id": message_id, "message": message}
        return self._notify({"type": "edit", "edit": edit})

    def deletes(self, message_id: str) -> str:
        """Take a message back."""
        bubble = self._exchange.chat(self.number, self.patient).bubble(message_id)
        if bubble is not None:
            bubble.deleted = True
        revoke = {"original_message_id": message_id}
        return self._notify({"type": "revoke", "revoke": revoke})

    def changes_number(self, phone: str) -> str:
        """Move to another phone number; by Meta's rule the user id changes, too."""
        before, old_number = self.patient.user_id, self.patient.phone
        item = self._item({"type": "system"})
        self.patient.phone = phone
        self.patient.user_id = new_user_id()
        item["system"] = {
            "type": "user_changed_number",
            "body": f"User {self.patient.name} changed from {old_number} to {phone}",
            "wa_id": digits(phone),
            "previous_user_id": before,
            "user_id": self.patient.user_id,
        }
        self._exchange.notify(self.number, self.patient, item, named=False)
        return str(item["id"])

    def changes_user_id(self) -> str:
        """Get another user id, the number stays or was never shown."""
        item = self._item({"type": "system"})
        before, self.patient.user_id = self.patient.user_id, new_user_id()
        item["system"] = {
            "type": "user_changed_user_id",
            "body": f"User {self.patient.name} has another user id",
            "previous_user_id": before,
            "user_id": self.patient.user_id,
        }
        self._exchange.notify(self.number, self.patient, item, named=False)
        return str(item["id"])

    def takes_username(self, username: str) -> None:
        """Take a user name: from now on the number is not given."""
        self.patient.username, self.patient.phone = username, None

    # -- reading --------------------------------------------------------------------------------

    def reads(self) -> None:
        """Open the chat: what was delivered is read."""
        self._exchange.reads(self.number, self.patient)

    def comes_online(self) -> None:
        """Switch the phone on again; it went off with `patient.online = False`."""
        self._exchange.comes_online(self.number, self.patient)

    def inbox(self) -> Inbox:
        """What stands on the phone."""
        return self._exchange.inbox(self.number, self.patient)

    def all_bubbles(self) -> tuple[Bubble, ...]:
        """The chat with what failed or is under way."""
        with self._exchange.lock:
            return tuple(self._exchange.chat(self.number, self.patient).bubbles)

    # -- the other side -------------------------------------------------------------------------

    def gets_from_person(self, text: str, *, message_id: str | None = None) -> str:
        """A person of the clinic answers on its phone: an echo. With an id, it is ours."""
        bubble = Bubble(
            message_id or new_message_id(self.patient.party),
            "person",
            "text",
            text,
            self._exchange.clock.now(),
        )
        self._exchange.echoes(self.number, self.patient, bubble)
        return bubble.id

    def _send(
        self,
        kind: str,
        text: str,
        content: dict[str, Any],
        *,
        replies_to: str | None = None,
        sent_at: float | None = None,
    ) -> str:
        at = self._exchange.clock.now() if sent_at is None else sent_at
        bubble = Bubble(
            id=new_message_id(self.patient.party),
            by="patient",
            kind=kind,
            text=text,
            at=at,
            state=State.SENT,
            replies_to=replies_to,
        )
        if replies_to is not None:
            context = {"from": digits(self.number.phone), "id": replies_to}
            content = {"context": context} | content
        self._exchange.arrives(self.number, self.patient, bubble, content)
        return bubble.id

    def _item(self, content: dict[str, Any]) -> dict[str, Any]:
        now = self._exchange.clock.now()
        return payloads.message(self.patient, new_message_id(self.patient.party), now, content)

    def _notify(self, content: dict[str, Any]) -> str:
        item = self._item(content)
        self._exchange.notify(self.number, self.patient, item)
        return str(item["id"])
