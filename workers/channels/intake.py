"""The intake: reads the posts of channels and asks the bursts that are due, in one loop.

A post is acknowledged last; a burst is leased until it is asked. So a process may be killed at any
line: what it had in hand is read again, and each step before is keyed by the message's own id.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from threading import Event as Flag
from typing import Final

from workers.channels.asking import Asking
from workers.contracts import logs
from workers.contracts.connection import AWAY, may_pass
from workers.contracts.inbound import Aside, Inbound, Post

_log = logs.logger(__name__)
#: Posts of one round trip.
_MOST: Final = 100
#: A burst that is due is asked so much later at most, where no post comes.
_NEXT_BURST_MS: Final = 100
#: Seconds after which bursts that are due are asked, however many posts wait.
_ASK_SECONDS: Final = 0.1
#: Seconds between two looks for posts whose worker died, where there was none.
_NEXT_TAKEOVER_SECONDS: Final = 5.0
#: Seconds for which a post may be in hand: then its worker has died.
_IDLE_SECONDS: Final = 30.0
#: Seconds before Redis is asked again that was away.
_AWAY_SECONDS: Final = 1.0

#: Stores what a post of one kind of channel tells; gives what it counts and what cannot be read.
TakePost = Callable[[Post], tuple[Counter[str], list[Aside]]]


class Intake:
    """One worker's intake. Several may run: each post and each burst is one worker's.

    Args:
        worker: its name, new with every process.
        inbound: the posts.
        readers: what reads them, by the channel's kind.
        asking: what asks.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        worker: str,
        inbound: Inbound,
        readers: Mapping[str, TakePost],
        asking: Asking,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._worker = worker
        self._inbound = inbound
        self._readers = readers
        self._asking = asking
        self._clock = clock
        self._posts: deque[Post] = deque()
        self._looked_at = -_NEXT_TAKEOVER_SECONDS

    def run(self, stopping: Flag) -> None:
        """Go on until `stopping` is set; what is in hand is finished first."""
        is_away = False
        while not stopping.is_set():
            try:
                self._inbound.open()
                if is_away:
                    _log.info("intake_goes_on")
                is_away = False
                while not stopping.is_set():
                    self.turn()
            except AWAY as error:
                if not is_away:
                    _log.error("redis_away", error=type(error).__name__, kept="what came in")
                is_away = True
                stopping.wait(_AWAY_SECONDS)
            except Exception:  # noqa: BLE001 - a thread that dies silently reads nothing
                _log.exception("intake_failed")
                stopping.wait(_AWAY_SECONDS)
        self._leave()

    def turn(self, wait_ms: int = _NEXT_BURST_MS) -> None:
        """Read what has come and ask what is due; waits for a post, but not long.

        Raises:
            AWAY: Redis does not answer. What is in hand stays so, for the next turn.
        """
        if not self._posts:
            self._posts.extend(self._fresh(wait_ms))
        asked_at = self._clock()
        while self._posts:
            self._read(self._posts[0])
            self._posts.popleft()
            if self._clock() - asked_at >= _ASK_SECONDS:  # a flood of posts delays no patient
                self._asking.ask_due()
                asked_at = self._clock()
        self._asking.ask_due()

    def _fresh(self, wait_ms: int) -> list[Post]:
        now = self._clock()
        if now - self._looked_at >= _NEXT_TAKEOVER_SECONDS:
            # One by one: where a post ends its worker, no other counts as read once more.
            if posts := self._inbound.take_over(self._worker, 1, _IDLE_SECONDS):
                _log.warning("post_taken_over", entry=posts[0].entry, reads=posts[0].reads)
                return posts
            self._looked_at = now
        return self._inbound.take(self._worker, _MOST, wait_ms)

    def _read(self, post: Post) -> None:
        counts, aside = self._told(post)
        if not self._inbound.done(post, counts, aside):
            _log.info("post_finished_elsewhere", entry=post.entry)

    def _told(self, post: Post) -> tuple[Counter[str], list[Aside]]:
        reader = self._readers.get(post.kind)
        if reader is None or post.poison:
            return _whole(post, "poison" if post.poison else "a channel of no known kind")
        try:
            return reader(post)
        except Exception as error:
            if may_pass(error):
                raise
            _log.exception("post_failed", entry=post.entry)
            return _whole(post, type(error).__name__)

    def _leave(self) -> None:
        try:
            self._inbound.leave(self._worker)
        except AWAY as error:
            _log.info("consumer_stays", error=type(error).__name__)


def _whole(post: Post, reason: str) -> tuple[Counter[str], list[Aside]]:
    """A post that is kept aside as it is."""
    _log.error("post_kept_aside", entry=post.entry, reason=reason)
    return Counter({"channel_events:bad": 1}), [Aside(reason, post.raw)]
