"""When a mailbox may send: not while its account is refused, and not faster than its server bears.

How many automatic answers go out at all is bounded elsewhere (`contracts.mail_bounds`).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from workers.channels.email.sending.codes import Decision
from workers.channels.limits import Cause, ChannelLimits, Probing, Ticket
from workers.contracts import keys
from workers.contracts.email_channel import EmailChannel

if TYPE_CHECKING:
    from redis import Redis

#: Seconds after which a server that took no empty sender is tried with one again.
_NULL_REFUSED_SECONDS: Final = 7 * 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class MailPace(Probing):
    """What a provider's server bears from one account: letters a second, and at once."""

    rate: float = 2.0
    burst: int = 20


class MailLimits(ChannelLimits):
    """The limits of all mailboxes. Safe for threads."""

    def __init__(self, redis: "Redis", pace: MailPace | None = None) -> None:
        self._pace = pace or MailPace()
        super().__init__(redis, self._pace)

    def take(self, channel: EmailChannel, receiver: str, now: datetime) -> Ticket:
        """Ask for leave to send one letter, and take it off the limits where it is given.

        Args:
            channel: by which.
            receiver: to whom.
            now: with a time zone.
        """
        pace, contact = self._pace, keys.hashed(receiver.lower())
        day = now.astimezone(ZoneInfo(channel.time_zone)).date().isoformat()
        return self._ask(
            channel.name,
            [
                keys.pace(channel.name),
                keys.pair(channel.name, contact),
                keys.answers_of_day(channel.name, contact, day),
            ],
            [
                *(fingerprint(channel), pace.rate, pace.burst),
                *(1, 1000, 0),  # of letters to one receiver: no pace, and no cap
                *(int(pace.probe_seconds * 1000), "", 0, 0, *pace.look_times),
            ],
        )

    def pause(self, channel: EmailChannel, code: int, decision: Decision) -> timedelta:
        """Send nothing until the channel's secret is changed or a letter gets through.

        Nothing is lost, and nothing counts as an attempt. Returns when to look again.
        """
        cause = Cause(code, decision.reason, "user, password or rights of the mail account")
        return self._stop(channel.name, fingerprint(channel), cause)

    def ease(self, channel: EmailChannel, receiver: str) -> None:
        """A letter was accepted: refusals before it count no more, and a pause ends."""
        self.ease_one(channel.name, keys.hashed(receiver.lower()))

    def takes_null(self, channel: EmailChannel) -> bool:
        """Whether letters may go without an envelope's sender (RFC 3834, 3.3)."""
        return channel.envelope == "null" and not self._redis.exists(self._refused(channel))

    def note_null_refused(self, channel: EmailChannel) -> None:
        """Remember that its server takes no letter without one."""
        self._redis.set(self._refused(channel), "1", ex=_NULL_REFUSED_SECONDS)

    @staticmethod
    def _refused(channel: EmailChannel) -> str:
        return keys.null_sender_refused(channel.name, keys.hashed(channel.smtp_host))


def fingerprint(channel: EmailChannel) -> str:
    """What tells one log-in from another, and gives nothing of it away."""
    secrets = [channel.user, channel.smtp_host, str(channel.smtp_port)]
    secrets += [channel.password.get_secret_value()] if channel.password else []
    if oauth := channel.oauth:
        given = (oauth.client_secret, oauth.refresh_token)
        secrets += [secret.get_secret_value() for secret in given if secret]
        secrets += [oauth.client_id, oauth.token_url, oauth.scope or ""]
    return hashlib.sha256("\0".join(secrets).encode()).hexdigest()[:12]
