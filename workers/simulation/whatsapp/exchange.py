"""All that passes between patients and the clinic's numbers, and the webhooks it causes."""

import threading
from collections.abc import Iterator

from workers.simulation.whatsapp import payloads
from workers.simulation.whatsapp.account import Account, Number
from workers.simulation.whatsapp.chat import Bubble, Chat, Inbox, State, inbox_of
from workers.simulation.whatsapp.clock import Clock
from workers.simulation.whatsapp.courier import Courier, Post
from workers.simulation.whatsapp.patient import USER_ID, Patient, digits, variants
from workers.simulation.whatsapp.payloads import Json


class Exchange:
    """The state of the whole; every method takes its lock. Safe for threads.

    Args:
        account: the clinic's.
        clock: tells the time.
        courier: takes webhooks.

    Attributes:
        reads_at_once: whether a patient reads what is delivered.
    """

    def __init__(self, account: Account, clock: Clock, courier: Courier) -> None:
        self.account = account
        self.clock = clock
        self.courier = courier
        self.reads_at_once = False
        self.lock = threading.RLock()
        courier.taken = self._arrived
        self._patients: list[Patient] = []
        self._chats: dict[tuple[str, Patient], Chat] = {}
        self._from_patients: dict[str, Bubble] = {}
        self._billed: dict[tuple[str, str], int] = {}

    # -- patients -------------------------------------------------------------------------------

    def join(self, patient: Patient) -> None:
        """A patient comes to WhatsApp."""
        with self.lock:
            self._patients.append(patient)

    def patient_at(self, phone: str, number: Number) -> Patient | None:
        """Who has a phone number; one without `+` gets the business's country before it.

        As Meta does for Brazil, the ninth digit is added or left out where that finds somebody.
        """
        if not phone.startswith("+"):
            phone = digits(number.phone)[:2] + digits(phone)
        with self.lock:
            for wanted in variants(phone):
                for patient in self._patients:
                    if patient.wa_id == wanted:
                        return patient
        return None

    def patient_of(self, user_id: str) -> Patient | None:
        """Who has a user id, if it is one."""
        if not USER_ID.fullmatch(user_id):
            return None
        with self.lock:
            return next((one for one in self._patients if one.user_id == user_id), None)

    # -- chats ----------------------------------------------------------------------------------

    def chat(self, number: Number, patient: Patient) -> Chat:
        """The chat of the two."""
        with self.lock:
            return self._chats.setdefault((number.id, patient), Chat())

    def inbox(self, number: Number, patient: Patient) -> Inbox:
        """What the patient's phone shows."""
        with self.lock:
            return inbox_of(self.chat(number, patient), self.clock.now())

    def chats(self, number: Number) -> Iterator[tuple[Patient, Chat]]:
        """Those of a number."""
        for patient in self._patients:
            yield patient, self.chat(number, patient)

    # -- what patients do -----------------------------------------------------------------------

    def arrives(
        self, number: Number, patient: Patient, bubble: Bubble, content: payloads.Json
    ) -> None:
        """A patient's message comes: the window opens, and a webhook goes out."""
        with self.lock:
            chat = self.chat(number, patient)
            chat.bubbles.append(bubble)
            self._from_patients[bubble.id] = bubble
            chat.opened_at = max(chat.opened_at or 0.0, self.clock.now())
            number.limits.number(self.clock.now())
            item = payloads.message(patient, bubble.id, bubble.at, content)
            self._out(payloads.messages(number, patient, item))

    def _arrived(self, post: Post) -> None:
        """The clinic's side took a webhook: the patients see two ticks."""
        items = [
            item["id"]
            for entry in post.json["entry"]
            for change in entry["changes"]
            for item in change["value"].get("messages", [])
        ]
        with self.lock:
            for bubble in filter(None, map(self._from_patients.get, items)):
                bubble.state = max(bubble.state, State.DELIVERED)

    def notify(self, number: Number, patient: Patient, item: Json, *, named: bool = True) -> None:
        """A webhook about a patient that is no message: a mark, a change, a new identity."""
        self._out(payloads.messages(number, patient, item, named=named))

    def echoes(self, number: Number, patient: Patient, bubble: Bubble) -> None:
        """A person of the clinic writes on its phone; or a message of ours is told as one."""
        with self.lock:
            chat = self.chat(number, patient)
            if chat.bubble(bubble.id) is None:
                chat.bubbles.append(bubble)
            self._out(payloads.echo(number, patient, bubble), "smb_message_echoes")

    # -- what the clinic sends ------------------------------------------------------------------

    def sends(self, number: Number, patient: Patient, bubble: Bubble) -> None:
        """A message was accepted: it goes its way, and fails where `bubble.error` says so."""
        with self.lock:
            chat = self.chat(number, patient)
            chat.bubbles.append(bubble)
            chat.typing_until = 0.0
            if bubble.error is not None:
                self._reaches(number, patient, bubble, State.FAILED)
                return
            self._reaches(number, patient, bubble, State.SENT)
            if patient.online:
                self._delivers(number, patient, bubble)

    def comes_online(self, number: Number, patient: Patient) -> None:
        """The phone is on again: what was only sent arrives."""
        with self.lock:
            patient.online = True
            for bubble in self.chat(number, patient).bubbles:
                if bubble.by == "assistant" and bubble.state is State.SENT:
                    self._delivers(number, patient, bubble)

    def reads(self, number: Number, patient: Patient) -> None:
        """The patient opens the chat."""
        with self.lock:
            for bubble in self.chat(number, patient).bubbles:
                if bubble.by == "assistant" and bubble.state is State.DELIVERED:
                    bubble.state = State.READ
                    if patient.receipts:
                        self._tell(number, patient, bubble)

    def _delivers(self, number: Number, patient: Patient, bubble: Bubble) -> None:
        bubble.billed = bubble.kind != "reaction"
        self._reaches(number, patient, bubble, State.DELIVERED)
        if self.reads_at_once:
            self.reads(number, patient)

    def _reaches(self, number: Number, patient: Patient, bubble: Bubble, state: State) -> None:
        bubble.state = state
        self._tell(number, patient, bubble)

    def _tell(self, number: Number, patient: Patient, bubble: Bubble) -> None:
        """Send the status of a message."""
        value = payloads.status(number, patient, bubble, bubble.state, self.clock.now())
        if bubble.state in {State.SENT, State.DELIVERED}:
            billable = self._is_billable(number, bubble)
            value["statuses"][0]["pricing"] = payloads.pricing(bubble, billable=billable)
        self._out(value)

    def _is_billable(self, number: Number, bubble: Bubble) -> bool:
        """Whether it is beyond the month's free messages; those delivered count."""
        month = (number.id, payloads.month(bubble.at))
        if bubble.state is State.DELIVERED:
            self._billed[month] = self._billed.get(month, 0) + 1
            return self._billed[month] > self.account.free_messages
        return self._billed.get(month, 0) >= self.account.free_messages

    def _out(self, value: Json, name: str = "messages") -> None:
        if self.account.subscribed:
            self.courier.take(value, name)
