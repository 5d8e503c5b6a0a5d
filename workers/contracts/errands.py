"""Errands: what has to be done in a mailbox, for whoever holds it (`mailboxes`)."""

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from workers.contracts import keys, logs, scripts
from workers.contracts.errors import RecordError
from workers.contracts.record import Record

if TYPE_CHECKING:
    from redis import Redis

_log = logs.logger(__name__)
_SCRIPTS: Final = ("add", "done", "failed", "next")
#: Milliseconds after which an errand is tried again that failed; after the fifth time it is given
#: up.
_WAITS_MS: Final = (15_000, 120_000, 900_000, 3_600_000)
#: Times that an errand is handed out: one that ended so many holders is given up.
_MOST_TAKES: Final = 20
#: Seconds for which an errand waits for its mailbox at most.
_KEPT_SECONDS: Final = 30 * 24 * 3600
#: Characters that are kept of why one failed.
_LONGEST_WORDS: Final = 200


class Errand(Record):
    """Something to be done in a mailbox.

    Attributes:
        id: names it: written twice, it is done once.
        kind: `flag`: let a person see it, unread and flagged; `answered`: mark it as answered, and
            as read where the channel wants so and it is not `unread`; `draft`, `copy`: lay `mail`
            into the drafts, into what was sent.
        folder, uid, validity: where the patient's mail lies; empty and 0 where that is not known.
        message: that mail's Message-ID, to find it where its UID holds no more; of `draft` and
            `copy` that of `mail`, to see whether it lies there already.
        mail: what is laid there, in base64.
        unread: whether it has attachments, which a person has to open.
        conversation: whose it is: erased with it, and a person is called there where a draft fails.
    """

    id: str
    kind: Literal["flag", "answered", "draft", "copy"]
    folder: str = ""
    uid: int = 0
    validity: int = 0
    message: str = ""
    mail: str | None = None
    unread: bool = False
    conversation: str | None = None


class Failed(StrEnum):
    """What follows for an errand that failed."""

    AGAIN = "again"  #: it is due again, later
    ASIDE = "aside"  #: it is given up
    NOTHING = ""  #: another one has the mailbox, or it is not there


class Fate(StrEnum):
    """What became of an errand."""

    UNKNOWN = ""  #: it was never written, or is forgotten
    WAITING = "waiting"
    DONE = "done"
    ASIDE = "aside"  #: it was given up


class ErrandStore:
    """Errands in Redis. Every change is one script; see lua/errands/shared.lua."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._scripts = {
            name: redis.register_script(scripts.source(f"errands/{name}")) for name in _SCRIPTS
        }

    def add(self, channel: str, errand: Errand, pipe: Any = None) -> bool:  # noqa: ANN401 - redis-py's pipelines have no common type
        """Write an errand; False where it is there, was done in 8 days, or was given up.

        Args:
            channel: the channel's name.
            errand: what has to be done.
            pipe: a pipeline that it becomes a part of; then what is returned means nothing.
        """
        args = (
            *(channel, keys.hashed(errand.id), errand.model_dump_json(exclude_defaults=True)),
            *(errand.kind, errand.conversation or "", _KEPT_SECONDS),
        )
        reply = self._scripts["add"](args=args, client=pipe)
        return bool(reply) if pipe is None else True

    def next(self, channel: str, token: int, most: int) -> list[Errand]:
        """Errands that are due, up to `most`, the longest due first; none where the lease is lost.

        They are handed out again until `done`, `failed` or `spare` says what came of them: a holder
        that died may have done any of them.
        """
        errands = []
        for raw in cast("list[str]", self._run("next", channel, token, most, _MOST_TAKES)):
            try:
                errands.append(Errand.read(raw, f"an errand of channel {channel}"))
            except RecordError as error:  # of another version: it may be able to read it
                _log.error("errand_unreadable", channel=channel, error=str(error))
        return errands

    def done(self, channel: str, token: int, errand_id: str) -> bool:
        """Note that an errand was carried out; False: it is known already.

        The lease may be lost meanwhile: what is done must not be done again.
        """
        return bool(self._run("done", channel, token, keys.hashed(errand_id)))

    def failed(self, channel: str, token: int, errand_id: str, words: str) -> Failed:
        """Note that an errand failed by itself: it is due again later, five times.

        Then it is kept aside for a week, and a person is called where it was a draft.

        Args:
            channel: the channel's name.
            token: of the mailbox's lease.
            errand_id: which.
            words: why; no patient is named.
        """
        why = words[:_LONGEST_WORDS] or "unknown"
        return Failed(self._run("failed", channel, token, keys.hashed(errand_id), why, *_WAITS_MS))

    def spare(self, channel: str, token: int, errand_id: str) -> bool:
        """Let an errand that was handed out and not begun, or cut off, count as not handed out."""
        return bool(self._run("failed", channel, token, keys.hashed(errand_id), ""))

    def waiting(self, channel: str) -> int:
        """Errands that are not done."""
        return int(self._redis.zcard(keys.errands(channel)))

    def due(self, channel: str) -> int:
        """Errands that `next` would hand out; of those that failed, the ones whose wait is over."""
        seconds, micros = self._redis.time()  # the clock that they are due by
        now_ms = seconds * 1000 + micros // 1000
        return int(self._redis.zcount(keys.errands(channel), "-inf", now_ms))

    def given_up(self, channel: str) -> int:
        """Errands that were given up in the last week."""
        return int(self._redis.zcard(keys.errands_aside(channel)))

    def fate(self, channel: str, errand_id: str) -> Fate:
        """What became of an errand; it is known for as long as `add` knows it."""
        name = keys.errand(channel, keys.hashed(errand_id))
        kind, state = cast("list[str | None]", self._redis.hmget(name, "kind", "state"))
        return Fate(state or (Fate.WAITING if kind else Fate.UNKNOWN))

    def why(self, channel: str, errand_id: str) -> str:
        """Why an errand failed last; empty: it did not."""
        name = keys.errand(channel, keys.hashed(errand_id))
        return cast("str | None", self._redis.hget(name, "words")) or ""

    def _run(self, name: str, *args: str | float) -> Any:  # noqa: ANN401 - as the script says
        return self._scripts[name](args=args)
