"""Backfills on a real server, their rounds gone step by step by a clock that a test moves."""

import asyncio
import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from zoneinfo import ZoneInfo

from redis import Redis

from workers.channels.backfill.collecting import Collecting
from workers.channels.backfill.feeding import Feeding
from workers.channels.backfill.file_reader import ReadingLimits
from workers.channels.backfill.file_reading import FileReading
from workers.channels.backfill.rounds import Rounds
from workers.channels.backfill.summaries import Summaries
from workers.channels.backfill.summary_mail import SummaryMail
from workers.channels.email.sending.smtp import SmtpClient
from workers.channels.email.sending.smtp_connection import SmtpTimes
from workers.contracts import keys
from workers.contracts.backfill import Backfill, BackfillPlan, BackfillRow, RowResult
from workers.contracts.backfills import BackfillStore
from workers.contracts.channels import ChannelBook
from workers.contracts.claims import Claim, ClaimStore, LaneCursor, Settlement
from workers.contracts.connection import connect_async
from workers.contracts.pauses import Pauses
from workers.contracts.question import Lane, Outcome, Status, Way
from workers.contracts.questions import QuestionStore
from workers.delivery.egress import CallbackClient
from workers.delivery.webhook import WebhookSender
from workers.settings import WorkerSettings

ZONE = ZoneInfo("America/Sao_Paulo")
#: A Monday evening, before the window of most tests opens.
EVENING = datetime(2026, 11, 2, 21, tzinfo=ZONE)
NIGHT = BackfillPlan(window="22:00-06:00")
ANSWER = Outcome(status=Status.ANSWERED, text="Sim.", way=Way.WRITE, model="stand-in")


@dataclass
class Clock:
    """A clock that stands still until a test moves it."""

    moment: datetime = EVENING

    def __call__(self) -> float:
        return self.moment.timestamp()

    def move(self, **by: float) -> None:
        """Let time pass."""
        self.moment += timedelta(**by)

    def set(self, day: int, hour: int, minute: int = 0) -> None:
        """Go to a time of November 2026; the 2nd is a Monday."""
        self.moment = datetime(2026, 11, day, hour, minute, tzinfo=ZONE)


@dataclass
class RoundsBench:
    """Everything around one empty server."""

    redis: Redis
    settings: WorkerSettings
    folder: Path
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.store = BackfillStore(self.redis, self.settings)
        self.questions = QuestionStore(self.redis, self.settings)
        self.pauses = Pauses(self.redis)
        self.rounds = self.worker()
        self.files: FileReading
        self.summaries: Summaries

    def worker(self, files: FileReading | None = None) -> Rounds:
        """Another worker's rounds; `files` and `summaries` are the newest one's."""
        client = CallbackClient(allow_private=True, timeout=2.0, per_host=8)
        master = self.settings.secret.get_secret_value()
        self.files = files or FileReading(self.store, "w1", ReadingLimits())
        self.summaries = Summaries(
            self.store,
            WebhookSender(client, master),
            SummaryMail(
                ChannelBook(self.folder, {}),
                SmtpClient(times=SmtpTimes(2.0, 2.0, text=2.0, whole=5.0)),
            ),
            self.clock,
        )
        return Rounds(
            store=self.store,
            pauses=self.pauses,
            collecting=Collecting(self.redis, self.store, self.clock),
            feeding=Feeding(self.store, self.settings.backfill_ahead, self.clock),
            files=self.files,
            summaries=self.summaries,
            clock=self.clock,
        )

    # -- what is asked ------------------------------------------------------------------------

    def make(
        self,
        count: int = 10,
        plan: BackfillPlan | None = None,
        name: str = "perguntas.csv",
        **fields: Any,  # noqa: ANN401 - of a row
    ) -> Backfill:
        """A backfill of so many rows, which runs."""
        backfill, _ = self.store.create("clinica", name, name, plan or BackfillPlan())
        self.add(backfill, range(count), **fields)
        return self.store.seal("clinica", backfill.id)

    def add(self, backfill: Backfill, numbers: Iterable[int], **fields: Any) -> None:  # noqa: ANN401
        """Give it rows."""
        rows = [
            BackfillRow.model_validate({"key": str(n), "question": f"Pergunta {n}?"} | fields)
            for n in numbers
        ]
        for first in range(0, len(rows), 1000):
            self.store.add_rows("clinica", backfill.id, rows[first : first + 1000])

    # -- what happens -------------------------------------------------------------------------

    def turn(self, times: int = 1) -> None:
        """Go round."""
        for _ in range(times):
            self.rounds.turn()

    def claim(self, most: int = 10_000) -> list[Claim]:
        """What a drain claims of the bulk lane."""

        async def scene() -> list[Claim]:
            async with connect_async(self.settings) as redis:
                claims = ClaimStore(redis, self.settings, "drain")
                await claims.open()
                return await claims.claim(most, most, LaneCursor())

        return asyncio.run(scene())

    def settle(self, claims: Sequence[Claim], outcome: Outcome = ANSWER) -> None:
        """A drain ends what it claimed."""

        async def scene() -> None:
            async with connect_async(self.settings) as redis:
                store = ClaimStore(redis, self.settings, "drain")
                assert all(await store.settle([Settlement(claim, outcome) for claim in claims]))

        asyncio.run(scene())

    def answer(self, most: int = 10_000, outcome: Outcome = ANSWER) -> int:
        """A drain claims and ends; how many."""
        claims = self.claim(most)
        self.settle(claims, outcome)
        return len(claims)

    # -- what is there ------------------------------------------------------------------------

    def read(self, backfill: Backfill) -> Backfill:
        """It as it is now; what always holds is checked on the way."""
        now = self.store.get(backfill.tenant, backfill.id)
        assert now is not None
        assert now.rows == now.answered + now.needs_human + now.failed + now.left
        assert 0 <= now.open <= now.left
        return now

    def results(self, backfill: Backfill) -> list[RowResult]:
        """All results that it has."""
        return list(self.store.results(backfill.id, 0, 1_000_000))

    def lane(self) -> int:
        """Questions in the bulk lane."""
        return int(self.redis.xlen(keys.lane(Lane.BULK)))

    def deadlines(self) -> list[float]:
        """When questions expire, in Unix seconds."""
        rows = cast(
            "list[tuple[str, float]]", self.redis.zrange(keys.DEADLINES, 0, -1, withscores=True)
        )
        return [score / 1000 for _, score in rows]


@dataclass
class Receiver:
    """A server that notes what is posted to it; it answers with the next of `replies`, then 200."""

    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    replies: list[int] = field(default_factory=list)
    url: str = ""

    @property
    def payloads(self) -> list[dict[str, Any]]:
        """What was posted."""
        return [json.loads(body) for _, body in self.posts]

    @contextmanager
    def serving(self) -> Iterator["Receiver"]:
        """Serve on a free port of this machine."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.posts.append((headers, body))
                with suppress(OSError):
                    self.send_response(receiver.replies.pop(0) if receiver.replies else 200)
                    self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            receiver.url = f"http://127.0.0.1:{server.server_port}/cb"
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                yield receiver
            finally:
                server.shutdown()
