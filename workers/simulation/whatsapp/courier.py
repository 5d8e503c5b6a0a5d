r"""Webhooks on their way: signed, posted singly or in batches, again where the reply is no 200.

Meta escapes what is not ASCII as lower-case `\uXXXX`, and slashes as `\/`; the signature is over
these bytes.
"""

import hashlib
import heapq
import hmac
import itertools
import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

#: Seconds until the first retry; each later one waits twice as long, up to the longest.
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 0.5, 600.0
#: Seconds that a receiver may take.
TIMEOUT_SECONDS = 10.0

Change = dict[str, Any]


@dataclass
class Post:
    """One webhook.

    Attributes:
        body: the bytes that are signed.
        signature: `X-Hub-Signature-256`.
        statuses: the receiver's reply to each attempt; 0: none came.
    """

    body: bytes
    signature: str
    statuses: list[int] = field(default_factory=list)

    @property
    def json(self) -> dict[str, Any]:
        """What it says."""
        content: dict[str, Any] = json.loads(self.body)
        return content

    @property
    def headers(self) -> dict[str, str]:
        """What it is posted with."""
        return {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            "X-Hub-Signature-256": self.signature,
        }


def signature(secret: str, body: bytes) -> str:
    """The value of `X-Hub-Signature-256`."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def encode(payload: dict[str, Any]) -> bytes:
    """JSON as Meta writes it."""
    text = json.dumps(payload, ensure_ascii=True, separators=(",", ":"))
    return text.replace("/", "\\/").encode("ascii")


class Courier:
    """Posts webhooks from threads of its own. Safe for threads.

    Args:
        account_id: the business account's (WABA).
        secret: the app's.
        threads: posts at once; with one, they keep their order.

    Attributes:
        url: where webhooks go; None: they are made and kept, not sent.
        posts: all that were made, in order.
        taken: called with each post that got its 200.
    """

    def __init__(self, account_id: str, secret: str, threads: int = 1) -> None:
        self.url: str | None = None
        self.posts: list[Post] = []
        self.taken: Callable[[Post], None] = lambda _post: None
        self._account_id = account_id
        self._secret = secret
        self._held: list[Change] | None = None
        self._due: list[tuple[float, int, Post]] = []
        self._numbers = itertools.count()
        self._flying = 0
        self._state = threading.Condition()
        self._stopped = False
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(threads)]

    def start(self) -> None:
        """Begin to post."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Post nothing more; what still waited is dropped."""
        with self._state:
            self._stopped = True
            self._state.notify_all()
        for thread in self._threads:
            thread.join()

    def take(self, value: dict[str, Any], name: str = "messages") -> None:
        """Send a change, or keep it while they are held."""
        change = {"value": value, "field": name}
        with self._state:
            if self._held is not None:
                self._held.append(change)
                return
        self.post([change])

    def hold(self) -> None:
        """Keep all changes until `release`."""
        with self._state:
            self._held = self._held or []

    def release(
        self, *, batch: int = 1, copies: int = 1, shuffle: random.Random | None = None
    ) -> None:
        """Send what was held.

        Args:
            batch: changes in one post.
            copies: how often each post is sent.
            shuffle: mixes the changes, and the posts.
        """
        with self._state:
            held, self._held = self._held or [], None
        if shuffle:
            shuffle.shuffle(held)
        batches = [held[start : start + batch] for start in range(0, len(held), batch)] * copies
        if shuffle:
            shuffle.shuffle(batches)
        for changes in batches:
            self.post(changes)

    def post(self, changes: Sequence[Change]) -> None:
        """Send changes in one post."""
        body = encode(self._envelope(changes))
        self.repeat(Post(body, signature(self._secret, body)))

    def repeat(self, post: Post) -> None:
        """Send a post, also one that was sent before: Meta does."""
        with self._state:
            self.posts.append(post)
            if self.url is not None:
                self._push(post, time.monotonic())

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait until every post had its 200; False where some had not in time."""
        with self._state:
            return self._state.wait_for(lambda: not self._due and not self._flying, timeout)

    def _envelope(self, changes: Sequence[Change]) -> dict[str, Any]:
        """Two changes an entry, so that both levels hold several."""
        entries = [
            {"id": self._account_id, "changes": list(changes[start : start + 2])}
            for start in range(0, len(changes), 2)
        ]
        return {"object": "whatsapp_business_account", "entry": entries}

    def _push(self, post: Post, due: float) -> None:
        heapq.heappush(self._due, (due, next(self._numbers), post))
        self._state.notify_all()

    def _work(self) -> None:
        with httpx.Client(timeout=TIMEOUT_SECONDS) as client:
            for post in self._taken():
                status = self._attempt(client, post)
                if status == httpx.codes.OK:
                    self.taken(post)
                with self._state:
                    post.statuses.append(status)
                    self._flying -= 1
                    if status != httpx.codes.OK and not self._stopped:
                        self._push(post, time.monotonic() + _wait(len(post.statuses)))
                    self._state.notify_all()

    def _taken(self) -> Iterator[Post]:
        """The posts that are due, until the end."""
        while True:
            with self._state:
                while not self._stopped:
                    wait = self._due[0][0] - time.monotonic() if self._due else None
                    if wait is not None and wait <= 0:
                        break
                    self._state.wait(wait)
                if self._stopped:
                    return
                post = heapq.heappop(self._due)[2]
                self._flying += 1
            yield post

    def _attempt(self, client: httpx.Client, post: Post) -> int:
        """The receiver's status; 0 where it did not answer."""
        if self.url is None:
            return httpx.codes.OK
        try:
            reply = client.post(self.url, content=post.body, headers=post.headers)
        except httpx.HTTPError:
            return 0
        return reply.status_code


def _wait(attempts: int) -> float:
    """Seconds until the next attempt, after so many."""
    return min(FIRST_RETRY_SECONDS * 2.0 ** min(attempts - 1, 20), LONGEST_RETRY_SECONDS)
