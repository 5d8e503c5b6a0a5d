"""The processes that a backfill needs, which a drill ends by SIGKILL and starts again.

The API under gunicorn, the callbacks worker that feeds, a Valkey server, and in the place of a
worker with a model a drain that settles as fast as it may: some rows are answered, some are a
person's, some fail, each by its text alone.
"""

import argparse
import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Self

import httpx
from redis.exceptions import RedisError

from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.backfills import BackfillStore
from workers.contracts.claims import Claim, ClaimStore, LaneCursor, Settlement
from workers.contracts.connection import connect, connect_async
from workers.contracts.question import Citation, Outcome, Status, Way
from workers.contracts.questions import QuestionStore
from workers.contracts.settings import QueueSettings
from workers.stack.command_lines import commands
from workers.stack.ports import free_port

TENANT: Final = "clinica"
_START_SECONDS: Final = 120
#: Rows that a drain has in hand: they are taken over where it is killed.
_SLOTS: Final = 64
_TAKEOVER_SECONDS: Final = 2.0


class BackfillStack:
    """API, feeder and drain, each in a process group of its own.

    Args:
        folder: for logs and channels.
        settings: where the queue is.
        rate: rows that the drain settles in a second at most; 0: as fast as it can.

    Attributes:
        kills: how often each was ended.
    """

    def __init__(self, folder: Path, settings: QueueSettings, rate: float = 0.0) -> None:
        self._folder, self._settings = folder, settings
        self._port = free_port()
        self.redis = connect(settings)
        self.store = BackfillStore(self.redis, settings)
        scopes = frozenset({Scope.ADMIN})
        self.environment = os.environ | {
            "ATENDE_REDIS_URL": settings.redis_url,
            "ATENDE_DATA_DIR": str(folder),
            "ATENDE_PORT": str(self._port),
            "ATENDE_URL": f"http://127.0.0.1:{self._port}",
            "ATENDE_API_KEY": ApiKeys(self.redis).create(TENANT, scopes, "bench"),
            "ATENDE_SECRET": "of a benchmark",
        }
        drain = [sys.executable, "-m", "benchmarks.backfill_stack", "--rate", str(rate)]
        lines = commands(folder)
        self._commands = {"api": lines["api"], "feeder": lines["callbacks"], "drain": drain}
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.kills: Counter[str] = Counter()

    def __enter__(self) -> Self:
        """Start all, and wait until the API answers."""
        for name in self._commands:
            self._start(name)
        url = f"{self.environment['ATENDE_URL']}/healthz"
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                httpx.get(url)
                return self
            time.sleep(0.1)
        self.__exit__()
        raise TimeoutError(f"the API did not start: see {self._folder / 'api.log'}")

    def __exit__(self, *_: object) -> None:
        """End all."""
        for name in list(self._processes):
            self._end(name)
        self.redis.close()

    def kill(self, name: str) -> None:
        """End one of them between any two instructions, and start it again."""
        self._end(name)
        self.kills[name] += 1
        self._start(name)

    def pid(self, name: str) -> int:
        """The process id of one of them."""
        return self._processes[name].pid

    def counters(self) -> Counter[str]:
        """What the scripts count."""
        return Counter(dict(QuestionStore(self.redis, self._settings).counters()))

    def command(self, *words: str) -> "subprocess.Popen[bytes]":
        """Type a command, as a user does; what it says goes into a log."""
        with (self._folder / "command.log").open("ab") as log:
            return subprocess.Popen(  # noqa: S603 - our own command line
                [sys.executable, "-c", "import atende; atende.main()", *words],
                env=self.environment,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _start(self, name: str) -> None:
        own = {"ATENDE_DRAIN": "0", "ATENDE_INTAKE": str(int(name == "feeder"))}
        with (self._folder / f"{name}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(  # noqa: S603 - our own command line
                self._commands[name],
                env=self.environment | own,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _end(self, name: str) -> None:
        process = self._processes.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def outcome_of(text: str) -> Outcome:
    """What comes of a question: the same however often it is asked."""
    tenth = hashlib.sha256(text.encode()).digest()[0] % 10
    if tenth == 0:
        return Outcome(status=Status.FAILED, text="", reason="generation_failed")
    if tenth <= 3:  # noqa: PLR2004 - of ten
        return Outcome(status=Status.NEEDS_HUMAN, text="Uma pessoa responde.", reason="unsure")
    citation = Citation(document="precos.csv", title="Preços", quote="R$ 100,00")
    return Outcome(
        status=Status.ANSWERED,
        text=f"Custa R$ 100,00. ({text[:80]})",
        way=Way.WRITE,
        model="instant",
        citations=(citation,),
        knowledge_version="k1",
        prompt_version="p1",
    )


async def drain(rate: float) -> None:
    """Claim and settle until killed."""
    settings = QueueSettings()
    async with connect_async(settings) as redis:
        store = ClaimStore(redis, settings, f"bench-{os.getpid()}")
        await store.open()
        while True:
            claims: list[Claim] = []
            with suppress(RedisError):  # its disk is busy: what was claimed is taken over later
                claims += await store.take_over(_SLOTS, _SLOTS, _TAKEOVER_SECONDS, suspects=_SLOTS)
                claims += await store.claim(_SLOTS, _SLOTS, LaneCursor())
                await _settle(store, claims)
            await asyncio.sleep(len(claims) / rate if rate else 0.0 if claims else 0.02)


async def _settle(store: ClaimStore, claims: Sequence[Claim]) -> None:
    if claims:
        outcomes = (outcome_of(claim.request.question) for claim in claims)
        await store.settle([Settlement(*each) for each in zip(claims, outcomes, strict=True)])


def main() -> None:
    """Be the drain."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=0.0)
    asyncio.run(drain(parser.parse_args().rate))


if __name__ == "__main__":
    main()
