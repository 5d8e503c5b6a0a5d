"""A drill of a mailbox: mails come, processes are ended, all is off, numbers change."""

import os
import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import httpx
from redis.exceptions import RedisError

from benchmarks.drill_mails import Correspondents, DrillMail, Hope
from benchmarks.drill_stack import MORTAL, DrillStack
from benchmarks.mail_verdict import MailExamination
from benchmarks.mortal_valkey import MortalValkey
from benchmarks.peers.work import say
from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.mailboxes import MailboxStore
from workers.simulation.email.post_office import PostOffice

if TYPE_CHECKING:
    from redis import Redis

#: The clinic's mailboxes: the channel's name, and the address.
MAILBOXES: Final = {"contato": "contato@clinica.example", "exames": "exames@clinica.example"}
#: Seconds from the last kill until everything has settled, at most: a mailbox sends two letters a
#: second, so of a thousand mails in two minutes four hundred answers wait then.
MOST_SETTLING: Final = 360.0
#: Seconds for a process to come to its work.
_START_SECONDS: Final = 120.0
#: Hundredth parts of mails that come once more, and of those that do so to the other mailbox.
_TWICE, _ELSEWHERE = 10, 50
#: Hundredth parts of mails that a mail server hands over by HTTP.
_BY_HTTP: Final = 15
#: Seconds before the outage's end at which its mails came.
_OUTAGE_SECONDS: Final = 20 * 3600.0
#: Seconds between two lines on the way.
_LINE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class Plan:
    """A drill.

    Attributes:
        mails: that are written, beside those that come twice.
        kills: of each process.
        rate: mails per second.
        old: mails that lie in the mailbox before it is first looked at.
        outage: mails that come while all is off, and after new numbers.
        minutes: for which a letter of unknown fate is waited for.
        seed: of chance.
    """

    mails: int = 1000
    kills: int = 2
    rate: float = 8.0
    old: int = 40
    outage: int = 60
    minutes: float = 0.4
    seed: int = 1


class MailDrill:
    """One drill on an empty server.

    Args:
        plan: how much of everything.
        office: the mailboxes, running.
        valkey: the server, running.
        stack: the installation, running.
    """

    def __init__(
        self, plan: Plan, office: PostOffice, valkey: MortalValkey, stack: DrillStack
    ) -> None:
        self._plan, self._office, self._valkey, self._stack = plan, office, valkey, stack
        self._chance = random.Random(plan.seed)  # noqa: S311 - no secret
        self.correspondents = Correspondents(MAILBOXES["contato"], self._chance)
        self._key = ""
        self.delivered = 0
        self.settling: dict[str, float] = {}
        self._last_kill = time.monotonic()

    def fill(self) -> list[DrillMail]:
        """Lay mails into the mailbox that are somebody's already."""
        old = Correspondents(MAILBOXES["contato"], random.Random(0))  # noqa: S311
        mails = [old.question(f"m9{number:04}") for number in range(self._plan.old)]
        for mail in mails:
            self._office.place(mail.raw, MAILBOXES["contato"], received_at=time.time() - 3600)
        return [
            DrillMail(each.mark, "old", each.sender, each.message_id, Hope.SILENCE, each.raw)
            for each in mails
        ]

    def run(self, examination: MailExamination) -> None:
        """Mails and kills; an outage; new numbers. Each part settles before the next begins."""
        keys = ApiKeys(examination.redis)
        self._key = keys.create("clinica", frozenset({Scope.ASK}), "drill")
        for name in MORTAL:
            self._await_work(name, examination)
        self._await_folders(examination.redis)
        killer = threading.Thread(target=self._kill, args=(examination,))
        killer.start()
        try:
            self._write()
        finally:
            killer.join()
        self._settle("kills", examination)
        self._stack.stop()
        for _ in range(self._plan.outage):
            mail, received_at = self.correspondents.write_question(), time.time() - _OUTAGE_SECONDS
            self._office.place(mail.raw, MAILBOXES["contato"], received_at=received_at)
            self.delivered += 1
        self._stack.start()
        self._settle("a day's outage", examination)
        self._stack.stop()
        self._office.change_validity(MAILBOXES["contato"])
        for _ in range(self._plan.outage):
            self._deliver(self.correspondents.write_question(), "contato")
        self._stack.start()
        self._settle("new numbers", examination)

    def _write(self) -> None:
        started = time.monotonic()
        for number in range(1, self._plan.mails + 1):
            mail = self.correspondents.write()
            if self._chance.randrange(100) < _BY_HTTP:
                self._post(mail)
            else:
                self._deliver(mail, "contato")
            if mail.message_id and self._chance.randrange(100) < _TWICE:
                other = self._chance.randrange(100) < _ELSEWHERE
                self._deliver(mail, "exames" if other else "contato")
            if number % 100 == 0:
                say("drill", f"{number} mails, {self._stack.kills.total()} kills")
            time.sleep(max(0.0, number / self._plan.rate - (time.monotonic() - started)))

    def _deliver(self, mail: DrillMail, mailbox: str) -> None:
        sender = "" if mail.kind == "bounce" else mail.sender
        self._office.deliver(mail.raw, MAILBOXES[mailbox], sender)
        self.delivered += 1

    def _post(self, mail: DrillMail) -> None:
        """Hand a mail over by HTTP, as a mail server does: again until it is stored."""
        headers = {"Authorization": f"Bearer {self._key}", "Content-Type": "message/rfc822"}
        url = f"http://127.0.0.1:{os.environ['ATENDE_PORT']}/v1/channels/email/contato"

        def stored() -> bool:
            with suppress(httpx.TransportError):
                reply = httpx.post(url, content=mail.raw, headers=headers, timeout=10)
                return reply.status_code == HTTPStatus.ACCEPTED
            return False

        self._await("the API to store a mail", stored)
        self.delivered += 1

    def _kill(self, examination: MailExamination) -> None:
        """End each, again and again; none that has not come to its work yet."""
        names = [*MORTAL, "valkey"] * self._plan.kills
        self._chance.shuffle(names)
        span = self._plan.mails / self._plan.rate
        started = time.monotonic()
        for number, name in enumerate(names, 1):
            time.sleep(max(0.0, started + span * number / (len(names) + 1) - time.monotonic()))
            if name == "valkey":
                self._valkey.kill()
                self._stack.kills[name] += 1
            else:
                self._await_work(name, examination)
                self._stack.kill(name)
            self._last_kill = time.monotonic()

    def _await_work(self, name: str, examination: MailExamination) -> None:
        self._await(f"{name} to begin its work", lambda: examination.at_work(
            name, self._stack.started[name]
        ))  # fmt: skip

    def _await_folders(self, redis: "Redis") -> None:
        store = MailboxStore(redis)
        for name in MAILBOXES:
            self._await(f"{name} to be looked at", partial(_is_known, store, name))

    @staticmethod
    def _await(what: str, done: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            with suppress(RedisError):
                if done():
                    return
            time.sleep(0.1)
        raise TimeoutError(f"{_START_SECONDS:.0f} s passed without {what}")

    def _settle(self, part: str, examination: MailExamination) -> None:
        """Wait until every mailbox is read to its end and nothing is left to be done."""
        started = max(self._last_kill, time.monotonic() - 1)
        store, told = MailboxStore(examination.redis), 0.0
        while (seconds := time.monotonic() - started) < 2 * MOST_SETTLING:
            with suppress(RedisError):
                examination.hurry()
                behind = {name: left for name in MAILBOXES if (left := self._behind(name, store))}
                work = examination.open_work() | behind
                if not work:
                    break
                if time.monotonic() - told > _LINE_SECONDS:
                    told = time.monotonic()
                    say("drill", f"{part}, {seconds:.0f} s: {work}")
            time.sleep(0.5)
        self.settling[part] = seconds

    def _behind(self, name: str, store: MailboxStore) -> int:
        """Mails of a folder that are not posted yet."""
        state = store.state(name, "INBOX")
        with self._office.imap(MAILBOXES[name]) as imap:
            _, data = imap.status("INBOX", "(UIDNEXT UIDVALIDITY)")
        words = bytes(data[0]).replace(b")", b"").split()
        next_uid = int(words[words.index(b"(UIDNEXT") + 1])
        validity = int(words[words.index(b"UIDVALIDITY") + 1])
        if state is None or state.validity != validity:
            return next_uid
        return next_uid - 1 - state.last_uid


def _is_known(store: MailboxStore, channel: str) -> bool:
    return store.state(channel, "INBOX") is not None
