"""Messages on their way out: what is known of each, kept so that none is ever sent twice.

A channel's API may know no idempotency key. So the state `sending` is written before the request,
and what came of it after: a process that ends in between, or a request whose reply never comes,
leaves a message of unknown fate, which is not sent again before a status or a person says so.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from redis.exceptions import ResponseError

from workers.contracts import keys, scripts
from workers.contracts.errors import RecordError
from workers.contracts.send import (
    Change,
    Notice,
    Noticed,
    NoticeVerdict,
    PausedChannel,
    Send,
    SendState,
    month,
    text_mark,
)

if TYPE_CHECKING:
    from redis import Redis

    from workers.contracts.settings import QueueSettings


class SendStore:
    """Messages on their way out, in Redis. Every change is one step."""

    def __init__(self, redis: "Redis", settings: "QueueSettings") -> None:
        self._redis = redis
        self._retention = settings.retention_hours * 3600
        self._begin = redis.register_script(scripts.source("sends/begin"))
        self._move = redis.register_script(scripts.source("sends/move"))
        self._status = redis.register_script(scripts.source("sends/status"))
        self._call_person = redis.register_script(scripts.source("sends/call_person"))

    def get(self, question_id: str) -> Send:
        """What is known of an outcome's message; of one that was never begun, that it is open.

        Raises:
            RecordError: what is stored cannot be read.
        """
        pipe = self._redis.pipeline()
        pipe.hgetall(keys.send(question_id))
        pipe.time()
        raw, (seconds, micros) = cast("tuple[dict[str, str], tuple[int, int]]", pipe.execute())
        return _read(question_id, raw, seconds + micros / 1e6)

    def get_all(self, question_ids: Iterable[str]) -> dict[str, Send]:
        """What is known of these outcomes' messages; those that cannot be read lack."""
        ids, sends = list(dict.fromkeys(question_ids)), {}
        pipe = self._redis.pipeline(transaction=False)
        for question_id in ids:
            pipe.hgetall(keys.send(question_id))
        for question_id, raw in zip(ids, pipe.execute(raise_on_error=False), strict=True):
            if isinstance(raw, ResponseError):
                continue
            with suppress(RecordError):
                sends[question_id] = _read(question_id, raw)
        return sends

    def begin(
        self, question_id: str, seen: Send, channel: str, address: str, text: str | None = ""
    ) -> int | None:
        """Note that a request begins; its attempt, or None where it is no longer to be made.

        A message of unknown fate is sent once more, and once only.

        Args:
            question_id: whose outcome is sent.
            seen: what was known when that was decided.
            channel: the channel's name.
            address: `user_id` or `phone`.
            text: what is sent, kept as a mark by which its echo is known; None: a template.
        """
        attempt = self._begin(
            keys=[keys.send(question_id)],
            args=[
                seen.attempt,
                int(seen.state.is_unclear),
                channel,
                address,
                int(text is None),
                self._retention,
                text_mark(text or ""),
            ],
        )
        return int(attempt) or None

    def move(self, question_id: str, attempt: int, change: Change) -> Send:
        """Note what came of an attempt; what is known now, which may be more: a status came."""
        self._move(
            keys=[keys.send(question_id)],
            args=[
                question_id,
                attempt,
                change.state.value,
                change.code,
                keys.hashed(change.message_id) if change.message_id else "",
                self._retention,
                *(word for field in change.fields for word in field),
            ],
        )
        send = self.get(question_id)
        if change.message_id and self._tell_early(send.channel, keys.hashed(change.message_id)):
            return self.get(question_id)
        return send

    def _tell_early(self, channel: str, message: str) -> bool:
        """Take in what came of a message before anybody knew whose it is; whether there was any."""
        rows = cast("list[str]", self._redis.lrange(keys.early_statuses(channel, message), 0, -1))
        for row in rows:
            with suppress(RecordError):  # another version's: the next status says as much
                self.notice(Notice.read(row, "a status"))
        return bool(rows)

    def settle(self, notice: Notice) -> None:
        """Take in that a message is ours whose id came without a reply; earlier statuses count."""
        self.notice(notice)
        self._tell_early(notice.channel, notice.message)

    def notice(self, notice: Notice) -> Noticed:
        """Take in where a message stands. Notices may repeat and come in any order."""
        verdict, question_id, state, billed, _ = self._status(
            args=[
                notice.channel,
                notice.message,
                notice.question_id or "",
                notice.state.value,
                notice.code,
                self._retention,
                month(notice.at),
                notice.category or "",
                notice.model_dump_json(exclude_defaults=True),
            ]
        )
        return Noticed(
            NoticeVerdict(verdict), question_id, SendState(state) if state else None, int(billed)
        )

    def question_of(self, channel: str, message_id: str) -> str | None:
        """Whose outcome a message carried; None: it is none of ours."""
        return cast("str | None", self._redis.get(keys.sent(channel, message_id)))

    def call_person(self, conversation_id: str, reason: str) -> None:
        """Put a conversation into the queue of those that a person has to see to."""
        self._call_person(args=[conversation_id, reason])

    def paused_channels(self) -> dict[str, PausedChannel]:
        """Channels through which nothing is sent until somebody repairs them."""
        pauses = {}
        raw = cast("dict[str, str]", self._redis.hgetall(keys.PAUSED_CHANNELS))
        for name, value in raw.items():
            with suppress(RecordError):  # one that cannot be read pauses nothing
                pauses[name] = PausedChannel.read(value, f"channel {name}")
        return pauses

    def billed(self, of_month: str) -> dict[tuple[str, str], int]:
        """Messages billed in a month (`2026-11`), by channel and category."""
        counts = {}
        for field, value in cast("dict[str, str]", self._redis.hgetall(keys.BILLED)).items():
            channel, its_month, category = field.split(":", 2)
            if its_month == of_month:
                counts[channel, category] = int(value)
        return counts


def _read(question_id: str, raw: dict[str, str], now: float | None = None) -> Send:
    """A message's record, whose time is kept in milliseconds; `now` is the server's time."""
    if "since" in raw:
        since = float(raw["since"]) / 1000
        raw |= {"since": str(since), "age": str(0.0 if now is None else now - since)}
    return Send.read(raw, f"the message of question {question_id}")
