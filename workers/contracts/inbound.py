"""Posts of channels: the API stores each as it came, the intake reads it. All in one stream.

A post is taken off the stream last, once all that it tells is stored; where its worker dies before
that, another one reads it again. So whatever is done with it can be done twice.
"""

import base64
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from redis.exceptions import ResponseError

from workers.contracts import keys, scripts

if TYPE_CHECKING:
    from redis import Redis

    from workers.contracts.settings import QueueSettings

#: What posts tell, as it is counted (`channel_events:<kind>`); from `repeated` on, what became of
#: messages. `foreign`: signed by another app than the number's, or for a number of nobody's.
EVENTS: Final = (
    *("message", "edit", "revoke", "reaction", "echo", "identity", "status", "other", "bad"),
    *("repeated", "paused", "late", "group", "foreign"),
    # What mails were taken for that were not asked; `filed`: a person sees it, nothing was sent.
    *("automatic", "bounce", "list", "own", "spam", "calendar", "receipt", "not_for_us"),
    *("untrusted", "broken", "thanks", "loop", "filed"),
)
#: Bytes of a mail that are kept: its text stands first, what is cut off is attachments.
MAIL_BYTES: Final = 256 * 1024
#: Mails that may wait to be read, at most: 350 MB of base64.
MOST_MAILS: Final = 1000
#: Mails of one channel that may wait: so long a flood of one clinic keeps the others' from being
#: read. Fewer than those at which mailboxes wait: a flood by HTTP stops none of them.
MOST_OF_CHANNEL: Final = 100
#: Items that are kept aside, at most: enough to see what is wrong.
MOST_ASIDE: Final = 1000
#: Characters that are kept of one of them.
MOST_CHARACTERS: Final = 16_000
#: Seconds for which they are kept: they hold what patients wrote.
ASIDE_SECONDS: Final = 7 * 24 * 3600
#: Where a stream begins.
_START: Final = "0-0"
#: Times that a post is read: one that ended so many workers is kept aside whole.
MOST_READS: Final = 3


@dataclass(frozen=True, slots=True)
class Post:
    """A post of a channel.

    Attributes:
        entry: its id in the stream.
        kind: of the channel.
        app: which app's secret signed it (`WhatsAppChannel.app`); of a mail the channel's name.
        raw: the body; bytes that were no UTF-8 are replaced. Of a mail base64 (`mail_bytes`).
        at: when it came, Unix seconds.
        reads: how often it was read, this time included.
        folder, uid, validity: where a mail lies that was fetched; of one that was posted none.
        received_at: when its server had it (INTERNALDATE), Unix seconds; else as `at`.
        sent: whether it lies in the folder of what the clinic itself has sent.
    """

    entry: str
    kind: str
    app: str
    raw: str
    at: float
    reads: int = 1
    folder: str = ""
    uid: int = 0
    validity: int = 0
    received_at: float = 0.0
    sent: bool = False

    @property
    def mail_bytes(self) -> bytes:
        """The MIME bytes of a mail, the first `MAIL_BYTES` of them.

        Raises:
            ValueError: they were stored by another version, or are damaged.
        """
        return base64.b64decode(self.raw, validate=True)

    @property
    def poison(self) -> bool:
        """Whether it ended every worker that read it."""
        return self.reads > MOST_READS


@dataclass(frozen=True, slots=True)
class Aside:
    """What could not be read of a post: `reason` names nobody, `item` may."""

    reason: str
    item: Any


class Inbound:
    """The stream, for those who add and for those who read."""

    def __init__(self, redis: "Redis", settings: "QueueSettings") -> None:
        self._redis = redis
        self._limit = settings.inbound_limit
        self._add = redis.register_script(scripts.source("inbound/add"))
        self._done = redis.register_script(scripts.source("inbound/done"))

    def add(self, kind: str, app: str, raw: bytes) -> bool:
        """Store a post; False where too many wait, of all or of its channel: nothing was stored.

        Args:
            kind: of the channel.
            app: which app's secret signed it; of a mail the channel's name.
            raw: the body. Of a mail the first `MAIL_BYTES` are kept.
        """
        # A byte that is no UTF-8 is no JSON: what surrounds it is still worth reading.
        text = mail_text(raw) if kind == "email" else raw.decode("utf-8", "replace")
        return bool(self._add(args=[self._limit, MOST_MAILS, kind, app, text, MOST_OF_CHANNEL]))

    def open(self) -> None:
        """Create the stream and its group, where they do not exist yet."""
        try:
            self._redis.xgroup_create(keys.INBOUND, keys.INTAKE, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    def take(self, worker: str, most: int, wait_ms: int) -> list[Post]:
        """Posts that nobody was given yet; waits for the first one.

        Args:
            worker: who reads.
            most: posts.
            wait_ms: milliseconds; 0 does not wait.
        """
        reply = self._redis.xreadgroup(
            keys.INTAKE, worker, {keys.INBOUND: ">"}, count=most, block=wait_ms or None
        )
        return [_post(*row) for _, rows in _streams(reply) for row in rows]

    def take_over(self, worker: str, most: int, idle_seconds: float) -> list[Post]:
        """Posts that a worker was given and has not finished for so long: it has died."""
        idle, cursor = int(idle_seconds * 1000), _START
        while True:
            cursor, rows, *_ = self._redis.xautoclaim(
                keys.INBOUND, keys.INTAKE, worker, idle, cursor, count=most
            )
            posts = [_post(entry, fields, self._reads(entry)) for entry, fields in rows if fields]
            if posts or cursor == _START:  # else it saw only what others have in hand
                return posts

    def _reads(self, entry: str) -> int:
        pending = cast(
            "list[dict[str, Any]]",
            self._redis.xpending_range(keys.INBOUND, keys.INTAKE, entry, entry, 1),
        )
        return int(pending[0]["times_delivered"]) if pending else 1

    def done(self, post: Post, counts: Mapping[str, int], aside: Sequence[Aside] = ()) -> bool:
        """Take a post off the stream, count what it held and keep aside what could not be read.

        False where another worker has done so before; then nothing is changed.
        """
        kept = [_kept(post, each) for each in aside]
        args: list[str | int] = [keys.INTAKE, post.entry, MOST_ASIDE, ASIDE_SECONDS, len(counts)]
        args += [part for pair in counts.items() for part in pair]
        return bool(self._done(keys=[keys.INBOUND, keys.INBOUND_ASIDE], args=[*args, *kept]))

    def leave(self, worker: str) -> None:
        """Forget a worker that reads no more, where it has finished what it was given."""
        consumers = self._redis.xinfo_consumers(keys.INBOUND, keys.INTAKE)
        if any(each["name"] == worker and not each["pending"] for each in consumers):
            self._redis.xgroup_delconsumer(keys.INBOUND, keys.INTAKE, worker)

    def waiting(self) -> int:
        """Posts that are not read yet."""
        return int(self._redis.xlen(keys.INBOUND))

    def waiting_mails(self) -> int:
        """Mails among them."""
        return int(self._redis.hlen(keys.INBOUND_MAIL))

    def waiting_of(self, channel: str) -> int:
        """Mails of one channel among them."""
        return int(cast("str | None", self._redis.hget(keys.INBOUND_MAIL_OF, channel)) or 0)

    def oldest(self) -> float:
        """Age in seconds of the oldest post that is not read yet; 0 where there is none."""
        first = cast("list[tuple[str, Any]]", self._redis.xrange(keys.INBOUND, count=1))
        return max(0.0, time.time() - int(first[0][0].split("-")[0]) / 1000) if first else 0.0

    def aside(self) -> list[str]:
        """What could not be read, as JSON, the newest first."""
        return cast("list[str]", self._redis.lrange(keys.INBOUND_ASIDE, 0, -1))


def mail_text(raw: bytes) -> str:
    """A mail as it is stored: text that holds any bytes."""
    return base64.b64encode(raw[:MAIL_BYTES]).decode("ascii")


def _kept(post: Post, aside: Aside) -> str:
    item = aside.item if isinstance(aside.item, str) else json.dumps(aside.item)
    fields = {"at": post.at, "kind": post.kind, "reason": aside.reason}
    if post.kind == "email":  # of WhatsApp, it is an app of which nobody knows the name
        fields["channel"] = post.app
    return json.dumps({**fields, "item": item[:MOST_CHARACTERS]})


def _streams(reply: Any) -> list[tuple[str, list[tuple[str, dict[str, str]]]]]:  # noqa: ANN401 - redis-py
    """The streams of a reply, which redis-py gives as a list or as a mapping."""
    if isinstance(reply, dict):
        return [(name, rows[0]) for name, rows in reply.items()]
    return list(reply or [])


def _post(entry: str, fields: Mapping[str, str], reads: int = 1) -> Post:
    at = float(fields.get("at", 0))
    return Post(
        entry=entry,
        kind=fields.get("kind", ""),
        app=fields.get("app", ""),
        raw=fields.get("raw", ""),
        at=at,
        reads=reads,
        folder=fields.get("folder", ""),
        uid=int(fields.get("uid", 0)),
        validity=int(fields.get("validity", 0)),
        received_at=float(fields.get("received_at", at)),
        sent=fields.get("sent") == "1",
    )
