"""What is known of all mails of a box before the first is asked: who wrote whom, and when.

SQLite keeps it in a file of its own that is gone with it, so that memory stays flat however many
mails there are. It holds hashes of ids and addresses, and no word of a mail.
"""

import json
import sqlite3
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

from workers.channels.backfill.sources.mails.held_mail import HeldMail
from workers.channels.backfill.sources.mails.uses import Use
from workers.channels.email.reading import automatic
from workers.channels.email.reading.addresses import untagged
from workers.channels.email.reading.mail import Mail
from workers.channels.email.reading.subjects import folded_subject, is_reply

#: Letters of one correspondent that are looked at: those next to a question.
_MOST_LETTERS: Final = 200
#: Receivers of a mail that are noted.
_MOST_RECEIVERS: Final = 20
_DAY: Final = 24 * 3600.0
#: Days around a question in which its thread is looked for.
_DAYS: Final = 180
_SCHEMA: Final = """
CREATE TABLE letters (number INTEGER PRIMARY KEY, ref TEXT, at REAL, id INTEGER, sender INTEGER,
    sent INTEGER, robot INTEGER, answers INTEGER, subject INTEGER, thread INTEGER, parents TEXT,
    named TEXT);
CREATE TABLE people (address INTEGER, number INTEGER, receives INTEGER,
    PRIMARY KEY (address, number, receives)) WITHOUT ROWID;
"""
_ADD: Final = "INSERT INTO letters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_NEAR: Final = """
SELECT letters.*, max(receives) FROM people JOIN letters USING (number)
WHERE address = ? AND at BETWEEN ? AND ? GROUP BY number ORDER BY abs(at - ?) LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail as its thread sees it. Ids, addresses and subjects are hashes; 0: it has none.

    Attributes:
        number: its place among all.
        ref: where its box finds it again.
        at: when it was written, Unix seconds.
        id: its own.
        sender: who wrote it.
        sent: whether it lies where the clinic's own lie.
        robot: whether a program wrote it.
        answers: whether its subject says that it answers another.
        subject: without `Re:`.
        thread: as Gmail groups them.
        parents: the mails that it answers.
        named: all that it names of its thread.
        received: whether the correspondent for whom it was looked up is one of its receivers; a
            form's mail has the patient in `Reply-To` alone.
    """

    number: int
    ref: str
    at: float
    id: int
    sender: int
    sent: bool
    robot: bool
    answers: bool
    subject: int
    thread: int
    parents: frozenset[int]
    named: frozenset[int]
    received: bool = False


class MailIndex:
    """The mails of a box, by whom they are from and to."""

    def __init__(self) -> None:
        self._store = sqlite3.connect("", isolation_level=None)
        self._store.execute("PRAGMA journal_mode=OFF")
        self._store.execute("BEGIN")
        for command in filter(str.strip, _SCHEMA.split(";")):
            self._store.execute(command)
        self._count = 0
        self._latest = 0.0

    def add(self, mail: Mail, held: HeldMail) -> None:
        """Note a mail; one without a date counts as written with the one before."""
        self._latest = mail.date or held.received_at or self._latest
        self._count += 1
        letter = letter_of(mail, held, self._count, self._latest)
        self._store.execute(
            _ADD,
            (
                letter.number, letter.ref, letter.at, letter.id, letter.sender, letter.sent,
                letter.robot, letter.answers, letter.subject, letter.thread,
                json.dumps(sorted(letter.parents)), json.dumps(sorted(letter.named)),
            ),
        )  # fmt: skip
        writers = {each.address for each in (*mail.senders[:1], *mail.reply_to[:1])}
        rows = {(hashed(untagged(each)), self._count, False) for each in writers}
        receivers = (*mail.to, *mail.cc)[:_MOST_RECEIVERS]
        rows |= {(hashed(untagged(each)), self._count, True) for each in receivers}
        self._store.executemany("INSERT INTO people VALUES (?, ?, ?)", rows)

    def letters(self, addresses: Iterable[str], around: float) -> list[Letter]:
        """The letters from and to somebody, oldest first: those next to a moment."""
        letters: dict[int, Letter] = {}
        for address in addresses:
            values = (hashed(untagged(address)), around - _DAYS * _DAY, around + _DAYS * _DAY)
            for row in self._store.execute(_NEAR, (*values, around, _MOST_LETTERS)):
                letter = _letter(row)
                if letter.received or letter.number not in letters:
                    letters[letter.number] = letter
        return sorted(letters.values(), key=lambda letter: (letter.at, letter.number))

    def close(self) -> None:
        """Let the file go."""
        self._store.close()


def letter_of(mail: Mail, held: HeldMail, number: int = 0, at: float = 0.0) -> Letter:
    """A mail as its thread sees it."""
    return Letter(
        number=number,
        ref=held.ref,
        at=at,
        id=hashed(mail.message_id),
        sender=hashed(untagged(mail.sender.address)) if mail.sender else 0,
        sent=held.use is Use.SENT,
        robot=automatic.is_automatic(mail.headers),
        answers=is_reply(mail.subject),
        subject=hashed(folded_subject(mail.subject)),
        thread=hashed(next(iter(mail.headers.get("x-gm-thrid", ())), "")),
        parents=_hashes(mail.in_reply_to),
        named=_hashes((*mail.in_reply_to, *mail.references)),
    )


def _letter(row: tuple[Any, ...]) -> Letter:
    number, ref, at, own_id, sender, sent, robot, answers, subject, thread, *rest = row
    parents, named, received = rest
    return Letter(
        number, ref, at, own_id, sender, bool(sent), bool(robot), bool(answers), subject, thread,
        frozenset(json.loads(parents)), frozenset(json.loads(named)), bool(received),
    )  # fmt: skip


def hashed(text: str | None) -> int:
    """A text as 63 bits; 0 for none."""
    if not text:
        return 0
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest()) >> 1


def _hashes(texts: Collection[str]) -> frozenset[int]:
    return frozenset(map(hashed, texts))
