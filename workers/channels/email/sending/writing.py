"""Letters of one set of texts: to patients, and to the person of the clinic who sees to a mail.

Pure, but for what a patient wrote, which is looked up where a question does not hold it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from workers.channels.email.reading.subjects import bare_subject
from workers.channels.email.sending.composing import EmailComposer
from workers.channels.email.sending.letter import Heading, Letter, ids, own_id, references, write
from workers.channels.email.sending.outgoing import Outgoing
from workers.contracts.conversation import Entry


@dataclass(frozen=True, slots=True)
class Letters:
    """Writes letters. Safe for threads.

    Attributes:
        composer: makes their text.
        transcript: what was said in a conversation, oldest first.
    """

    composer: EmailComposer
    transcript: Callable[[str], list[Entry]]

    def answer(
        self, outgoing: Outgoing, receiver: str, now: datetime, *, null_sender: bool = False
    ) -> Letter:
        """What goes to the patient, in his mail's thread.

        Args:
            outgoing: what is told.
            receiver: his address, as `sendable` gives it.
            now: with a time zone.
            null_sender: whether the server takes letters without an envelope's sender; what a
                person wrote has one, since he wants to hear of a bounce.
        """
        channel = outgoing.channel
        body = self.composer.compose(outgoing, self._asked(outgoing), now.timestamp())
        answered = "".join(ids(outgoing.answered)[:1])
        heading = Heading(
            sender=channel.clinic,
            receiver=receiver,
            subject=outgoing.subject,
            date=now.astimezone(ZoneInfo(channel.time_zone)),
            message_id=own_id(outgoing.question.id, channel),
            answered=answered,
            references=references(answered, self._earlier(outgoing, answered)),
            language=body.language,
            auto="auto-replied" if outgoing.is_automatic else None,
        )
        automatic = outgoing.is_automatic and null_sender
        return write(channel, heading, body, null_sender=automatic)

    def forward(
        self, outgoing: Outgoing, receiver: str, now: datetime, *, null_sender: bool = False
    ) -> Letter:
        """What goes to the clinic's own person: what was written, and by whom."""
        channel = outgoing.channel
        body = self.composer.forward(outgoing, self._asked(outgoing))
        heading = Heading(
            sender=channel.clinic,
            receiver=channel.forward_to or channel.address,
            subject=outgoing.forwarded_subject,
            date=now.astimezone(ZoneInfo(channel.time_zone)),
            message_id=own_id(outgoing.question.id, channel, "forward"),
            language=body.language,
            auto="auto-generated",
            reply_to=receiver,
        )
        return write(channel, heading, body, null_sender=null_sender)

    def _asked(self, outgoing: Outgoing) -> str:
        """What is answered; of a person's words that nobody asked for, what was written last.

        Without the subject that was read with it (`new_text`): it stands above the letter.
        """
        asked = outgoing.question.request.question
        if asked:
            first, _, rest = asked.partition("\n")
            subject = bare_subject(outgoing.conversation.recipient.get("subject", ""))
            return rest if rest and first == subject else asked
        entries = reversed(self.transcript(outgoing.conversation.id))
        return next((entry.text for entry in entries if entry.by == "patient" and entry.text), "")

    @staticmethod
    def _earlier(outgoing: Outgoing, answered: str) -> tuple[str, ...]:
        """The ids of the thread before the mail that is answered."""
        chain = ids(outgoing.conversation.recipient.get("references", ""))
        if outgoing.answers_last:
            return chain
        return chain[: chain.index(answered)] if answered in chain else ()
