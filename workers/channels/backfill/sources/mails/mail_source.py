"""A box of old mails as a source of rows.

It is read twice: first who wrote whom, by the headers, which tells the clinic's own addresses and
its answers; then mail by mail. Memory is flat: what the first reading learns lies in a file.
"""

from collections.abc import Iterator
from contextlib import closing
from typing import Final

from workers.channels.backfill.sources.checking import checked, text_key
from workers.channels.backfill.sources.mails.held_mail import Box, HeldMail
from workers.channels.backfill.sources.mails.index import letter_of
from workers.channels.backfill.sources.mails.row import row_of, unreadable_row, verdict_of
from workers.channels.backfill.sources.mails.survey import Survey
from workers.channels.backfill.sources.mails.threads import Threads
from workers.channels.backfill.sources.mails.uses import Use
from workers.channels.backfill.sources.occurrences import Occurrences
from workers.channels.backfill.sources.source import Guess, LeftOut, SourceError, SourceOptions
from workers.channels.email.reading.mail import Mail, read_mail
from workers.channels.email.reading.verdict import ClinicMail
from workers.contracts import logs
from workers.contracts.backfill import BackfillRow

_log = logs.logger(__name__)
#: Own addresses that are shown.
_SHOWN: Final = 3
_UNKNOWN: Final = ClinicMail(frozenset())


class MailSource:
    """The questions of a box of mails.

    Args:
        box: where they lie.
        options: the user's.
        clinic: what is known of the clinic, where its channel or its mailbox says it.
    """

    def __init__(self, box: Box, options: SourceOptions, clinic: ClinicMail = _UNKNOWN) -> None:
        self.kind = box.kind
        self.name = box.name
        self._box = box
        self._options = options
        self._clinic = clinic
        self._survey: Survey | None = None

    def guesses(self) -> tuple[Guess, ...]:
        """The clinic's addresses, unless the user names them; reads all headers."""
        self._survey = self._survey or self._surveyed()
        own = self._survey.own
        if self._options.clinic or not own:
            return ()
        more = f" e mais {len(own) - _SHOWN}" if len(own) > _SHOWN else ""
        return (Guess("endereços da clínica", ", ".join(own[:_SHOWN]) + more, "--clinic"),)

    def rows(self) -> Iterator[BackfillRow | LeftOut]:
        """The mails that ask, in their box's order."""
        survey, self._survey = self._survey or self._surveyed(), None
        with closing(self._box), closing(survey.index), closing(Occurrences()) as seen:
            reading = _Reading(self._box, survey, self._options, self._clinic, seen)
            for number, held in enumerate(self._box.mails(), 1):
                yield reading.row(held, number)

    def _surveyed(self) -> Survey:
        with closing(self._box):
            return Survey.of(self._box, self._options.clinic, self._clinic.addresses)


class _Reading:
    """The second reading."""

    def __init__(
        self,
        box: Box,
        survey: Survey,
        options: SourceOptions,
        clinic: ClinicMail,
        seen: Occurrences,
    ) -> None:
        own = frozenset(survey.own)
        self._clinic = ClinicMail(own, clinic.authserv_id, clinic.forms)
        self._threads = Threads(box, survey.index, own)
        self._options = options
        self._seen = seen

    def row(self, held: HeldMail, number: int) -> BackfillRow | LeftOut:
        """What a mail is; one that breaks the reading is a row that nobody can ask."""
        if held.use is not Use.ORDINARY:
            return LeftOut(held.use.value)
        try:
            return self._row(held, number)
        except SourceError:
            raise
        except Exception:  # noqa: BLE001 - one bad mail must not stop the next ones
            _log.exception("old_mail_unreadable", number=number)
            return unreadable_row(text_key(held.ref), number, held.received_at)

    def _row(self, held: HeldMail, number: int) -> BackfillRow | LeftOut:
        if held.raw is None:
            return unreadable_row(text_key(held.ref), number, held.received_at)
        mail = read_mail(held.raw)
        verdict = verdict_of(mail, self._clinic)
        if isinstance(verdict, LeftOut):
            return verdict
        if self._is_repeated(mail):
            return LeftOut("duplicate")
        row = row_of(mail, held, number, self._options.longest)
        if isinstance(row, BackfillRow):
            row = checked(row, self._options)
        if isinstance(row, LeftOut):
            return row
        row = row.model_copy(update={"key": self._seen.unique(row.key)})
        writers = {verdict.reply_to, verdict.writer, mail.sender.address if mail.sender else None}
        addresses = {each for each in writers if each and not self._clinic.owns(each)}
        question = letter_of(mail, held, at=row.asked_at or 0.0)
        turns, answer = self._threads.around(question, addresses)
        return row.model_copy(update={"context": turns, "later_answer": answer})

    def _is_repeated(self, mail: Mail) -> bool:
        """Whether it is a second copy; some programs give every mail the same id."""
        sender = mail.sender.address if mail.sender else ""
        mark = text_key("mail", mail.key, sender, str(mail.date))
        return self._seen.unique(mark) != mark
