"""A person's words to a patient: sent once for each key, and only while the channel lets them."""

import hashlib
import time

from api.conversation_schemas import LONGEST_MAIL, LONGEST_REPLY, window_ends_at
from api.problems import FieldError, ProblemError, invalid
from api.services import Services
from workers.contracts.conversation import Conversation
from workers.contracts.question import Outcome, Request, Status, Way
from workers.contracts.questions import new_id
from workers.contracts.reply import address_of


def question_id(record: Conversation, key: str | None) -> str:
    """The id of the question that will hold a reply: the same idempotency key finds it again."""
    if key is None:
        return new_id()
    return hashlib.sha256(f"reply:{record.id}:{key}".encode()).hexdigest()[:32]


def is_repeated(question: str, text: str, services: Services) -> bool:
    """Whether the reply of this id was sent before.

    Raises:
        ProblemError: it was, with another text.
    """
    before = services.questions.get(question)
    if before is not None and (before.outcome is None or before.outcome.text != text):
        raise ProblemError(
            422,
            "idempotency-key-reused",
            "This Idempotency-Key came with another text, which is kept. Nothing was sent; use a "
            "new key for each reply.",
        )
    return before is not None


def refuse_long(record: Conversation, text: str) -> None:
    """Refuse words that are longer than one message of the channel.

    Raises:
        ProblemError: they are.
    """
    most = LONGEST_MAIL if record.kind == "email" else LONGEST_REPLY
    if len(text.encode("utf-16-le")) // 2 > most:
        detail = f"Must be at most {most} UTF-16 units long on this channel."
        raise invalid([FieldError(field="/text", detail=detail)])


def refuse_late(record: Conversation) -> None:
    """Refuse to write once the channel's window is shut.

    A template of the channel is no way out: it would be sent in place of these words.

    Raises:
        ProblemError: it is.
    """
    ends_at = window_ends_at(record)
    if ends_at is None or time.time() < ends_at:
        return
    raise ProblemError(
        409,
        "window-closed",
        "Nothing was sent: WhatsApp lets a clinic write freely for 24 hours after the patient's "
        "last message, and these are over. Call the patient, or wait until he writes again.",
    )


def say(record: Conversation, text: str, attendant: str, question: str, services: Services) -> None:
    """Send a person's words, as the outcome of a question of this id.

    Raises:
        NoConversationError: it is gone meanwhile.
    """
    request = Request(
        tenant=record.tenant,
        question="",
        asked_at=time.time(),
        reply_to=address_of(record),
        conversation_id=record.id,
        metadata={"attendant": attendant},
    )
    outcome = Outcome(status=Status.ANSWERED, text=text, way=Way.PERSON)
    services.conversations.say(record.id, request, outcome, question)
