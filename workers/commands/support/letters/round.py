"""One round of a trial: samples are delivered, and what becomes of each is seen from outside.

What is done with a mail shows in two places alone, the server that its answers are sent by and the
mailbox in which it lies: as a patient and a clinic see it.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.message import EmailMessage

from workers.channels.email.reading.mail import Mail, read_mail
from workers.channels.email.reading.screening import screen
from workers.channels.email.reading.verdict import ClinicMail
from workers.commands.support.letters.mailbox import TrialMailbox
from workers.commands.support.letters.sample import Done, Sample
from workers.simulation.email.stored import Stored

#: Seconds without any change after which a round is over; and between two looks.
_QUIET_SECONDS, _LOOK_SECONDS = 3.0, 0.5


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a sample.

    Attributes:
        sample: what was delivered.
        mail: as it was read.
        kind: what it was taken for.
        done: what was done.
        answers: what its sender got.
    """

    sample: Sample
    mail: Mail
    kind: str
    done: Done
    answers: tuple[EmailMessage, ...] = ()

    @property
    def right(self) -> bool:
        """Whether all is as the sample expects it."""
        expected = (self.sample.kind, self.sample.done)
        return (self.kind, self.done) == expected and self.sample.words in self.text

    @property
    def text(self) -> str:
        """What its sender reads, in plain text."""
        return "\n".join(plain(answer) for answer in self.answers)


class Round:
    """Samples on their way through a trial's mailbox.

    Args:
        mailbox: placed.
        samples: in the order in which they come.
        patience: seconds without any change after which what lacks is no longer waited for.
    """

    def __init__(self, mailbox: TrialMailbox, samples: Sequence[Sample], patience: float) -> None:
        self._mailbox = mailbox
        self._waiting = list(samples)
        self._patience = patience
        self._tag = f"t{secrets.token_hex(3)}"
        self._delivered: list[Sample] = []

    def run(self, progress: Callable[[int, int], None]) -> list[Result]:
        """Deliver them all, and wait until each is done; `progress`: how many of how many are."""
        results: list[Result] = []
        changed_at = time.monotonic()
        while True:
            sent = self._deliver(results)
            before, results = results, self._results()
            if sent or [(one.done, one.text) for one in results] != [
                (one.done, one.text) for one in before
            ]:
                changed_at = time.monotonic()
            right = sum(result.right for result in results)
            progress(right, len(results) + len(self._waiting))
            is_done = not self._waiting and right == len(results)
            if time.monotonic() > changed_at + (_QUIET_SECONDS if is_done else self._patience):
                return results
            time.sleep(_LOOK_SECONDS)

    @property
    def senders(self) -> frozenset[str]:
        """Whose conversations the round began."""
        replies = (self._reply_to(result.mail) for result in self._results())
        return frozenset(address for address in replies if address)

    def _deliver(self, results: Sequence[Result]) -> bool:
        """Deliver those whose time has come; whether there were some."""
        answers = {
            one.sample.name: str(one.answers[0]["Message-ID"]) for one in results if one.answers
        }
        ready = [sample for sample in self._waiting if sample.needs <= answers.keys()]
        for sample in ready:
            letter = sample.letter(self._tag, answers, time.time())
            self._mailbox.office.deliver(letter.content, self._mailbox.box.address, letter.sender)
            self._waiting.remove(sample)
            self._delivered.append(sample)
        return bool(ready)

    def _results(self) -> list[Result]:
        """What became of each so far; the mailbox keeps them in the order of their delivery."""
        stored = self._mailbox.office.read(self._mailbox.box.address)
        sent = [envelope.message for envelope in self._mailbox.office.envelopes]
        pairs = zip(self._delivered, stored, strict=False)
        return [self._result(sample, one, sent) for sample, one in pairs]

    def _result(self, sample: Sample, stored: Stored, sent: Sequence[EmailMessage]) -> Result:
        mail = read_mail(stored.content)
        answers = tuple(
            message for message in sent if str(message["In-Reply-To"] or "") == mail.message_id
        )
        flagged = "\\Flagged" in stored.flags
        if answers:
            done = Done.PERSON if flagged else Done.ANSWERED
        else:
            done = Done.FILED if flagged else Done.NOTHING
        return Result(sample, mail, screen(mail, self._clinic).kind, done, answers)

    def _reply_to(self, mail: Mail) -> str | None:
        """Whose conversation a mail belongs to."""
        sender = mail.sender.address if mail.sender is not None else None
        verdict = screen(mail, self._clinic)
        return verdict.reply_to or verdict.writer or sender

    @property
    def _clinic(self) -> ClinicMail:
        channel = self._mailbox.channel
        return ClinicMail(channel.addresses, channel.authserv_id, channel.forms)


def plain(message: EmailMessage) -> str:
    """A mail's plain text."""
    body = message.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""
