"""Bounds of automatic mails: loops of two robots end here, whatever their headers say.

Addresses are compared without case and without what stands behind a `+` in them, which robots
change.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from workers.contracts import keys, scripts

if TYPE_CHECKING:
    from redis import Redis

    from workers.contracts.email_channel import EmailChannel

#: Seconds for which it is known that a mail was answered: as long as it is known that it came.
_ANSWERED_SECONDS: Final = 8 * 24 * 3600
#: Seconds in which the same text is one that is repeated.
_TEXT_SECONDS: Final = 3600
#: Mails of one text from one domain that are one robot's, which changes its address each time.
#: Fewer are people's: three patients of one large provider may ask the same within an hour.
_ONE_ROBOT: Final = 10
#: Texts of emergencies that a sender gets in an hour and in a day, beside all other answers: who is
#: in need is told, and two robots that quote each other's emergencies end all the same.
_URGENT_HOURLY, _URGENT_DAILY = 3, 10
#: Mails of one sender that are asked in an hour: many times what is answered (`hourly_cap`).
_HEARD_HOURLY: Final = 20
#: Stands for no bound of a minute.
_UNBOUNDED: Final = 0


class Bound(StrEnum):
    """Whether an automatic answer may go."""

    GO = "go"
    WAIT = "wait"  #: the channel has sent its most of this minute
    LOOP = "loop"  #: its sender has got the most, or the mail another answer: a person sees to it


@dataclass(frozen=True, slots=True)
class Passage:
    """Whether an automatic answer may go, and the seconds to wait where that is `WAIT`."""

    bound: Bound
    seconds: float = 0.0


class MailBounds:
    """What automatic answers may be sent. Every decision is one script.

    Args:
        redis: where they are counted.
        clock: Unix seconds.
    """

    def __init__(self, redis: "Redis", clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._take = redis.register_script(scripts.source("mail_bounds/take"))
        self._heard = redis.register_script(scripts.source("mail_bounds/heard"))
        self._repeated = redis.register_script(scripts.source("mail_bounds/repeated"))

    def take(  # noqa: PLR0913, PLR0917 - what is known of an answer
        self,
        channel: "EmailChannel",
        address: str,
        conversation: str,
        mail_id: str,
        now: float | None = None,
        question: str = "",
        *,
        urgent: bool = False,
    ) -> Passage:
        """Ask whether an automatic answer may go, and count it where it may: one step.

        A sender's are counted over all mailboxes of its clinic. Asking again for the same answer
        says the same and counts nothing, so that a send may be tried again.

        Args:
            channel: which one answers; its caps.
            address: who is answered.
            conversation: its id.
            mail_id: the mail that is answered, by its Message-ID or key: it gets one answer.
            now: Unix seconds; the clock's by default.
            question: whose outcome the answer is, where that is known: another question's answer to
                the same mail is a second one.
            urgent: whether it is the text of an emergency: it waits for nobody's, and is counted
                apart.
        """
        ms = int((self._clock() if now is None else now) * 1000)
        mail = keys.hashed(f"{_folded(address)}|{mail_id}")  # others may use the same id
        of_sender = keys.mail_emergencies if urgent else keys.mail_answers
        names = (
            keys.mail_passed(channel.tenant, mail),
            of_sender(channel.tenant, _folded(address)),
            keys.mail_minute(channel.name),
        )
        caps = (channel.hourly_cap, channel.daily_cap, channel.minute_cap)
        if urgent:
            caps = (_URGENT_HOURLY, _URGENT_DAILY, _UNBOUNDED)
        args = (mail, question or conversation, ms, *caps, _ANSWERED_SECONDS)
        bound, wait = self._take(keys=names, args=args)
        return Passage(Bound(bound), int(wait) / 1000)

    def heard(
        self,
        tenant: str,
        address: str,
        mail_id: str,
        now: float | None = None,
        *,
        urgent: bool = False,
    ) -> bool:
        """Whether a sender wrote more within the last hour than is worth asking.

        A flood would keep everybody's questions waiting for answers that nobody gets. Asked about
        the same mail again, it counts that once.

        Args:
            tenant: the clinic.
            address: who sent it.
            mail_id: what tells it from all others.
            now: Unix seconds; the clock's by default.
            urgent: whether it is an emergency: they are counted apart.
        """
        ms = int((self._clock() if now is None else now) * 1000)
        name = keys.mail_heard(tenant, _folded(address), urgent=urgent)
        args = (keys.hashed(mail_id), ms, _HEARD_HOURLY)
        return bool(self._heard(keys=[name], args=args))

    def repeated(self, tenant: str, address: str, text_hash: str, mail_id: str) -> bool:
        """Whether a mail says what the same sender said within the last hour, word for word.

        Also where nine others of its domain said it: a robot may change its address. Asked about
        the same mail again, it says the same.

        Args:
            tenant: the clinic.
            address: who sent it.
            text_hash: of what it says, folded by the caller.
            mail_id: its Message-ID or key.
        """
        folded = _folded(address)
        name = keys.mail_text(tenant, folded.rpartition("@")[2], text_hash)
        args = (keys.hashed(mail_id), keys.hashed(folded), _ONE_ROBOT, _TEXT_SECONDS)
        return bool(self._repeated(keys=[name], args=args))


def _folded(address: str) -> str:
    """An address as it is counted.

    >>> _folded("Ana+consulta@Example.com")
    'ana@example.com'
    """
    local, _, domain = address.strip().casefold().rpartition("@")
    return f"{local.partition('+')[0] or local}@{domain}"
