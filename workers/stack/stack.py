"""Starts Valkey, the workers and the API on loopback, watches over them, stops them in order."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import redis
from filelock import FileLock, Timeout

from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.connection import connect
from workers.contracts.settings import QueueSettings
from workers.engine.model import model_source
from workers.stack import credentials as secrets_file
from workers.stack import valkey
from workers.stack.child import Child
from workers.stack.ports import holder
from workers.stack.settings import LocalSettings

#: Times that a process is started again within `_LATELY` seconds before the stack gives up.
_RESTARTS = 5
_LATELY = 600.0
#: Seconds between two looks at the processes.
_LOOK = 0.25

Say = Callable[[str], None]


class StackError(Exception):
    """The stack cannot start or go on. The message says what is kept and what to do."""


class Stack:
    """The embedded stack on one data folder.

    Args:
        settings: ports, folder, and all that the processes inherit.
        say: told each step, for a progress line.
    """

    def __init__(self, settings: LocalSettings, say: Say) -> None:
        self.settings = settings
        self.url = f"http://{settings.host}:{settings.port}"
        self._say = say
        self._folder = settings.data_dir.resolve()
        self._children: list[Child] = []
        self._restarts: dict[str, list[float]] = {}
        self.credentials = secrets_file.load(self._folder) or secrets_file.create()

    @contextmanager
    def running(self) -> Iterator["Stack"]:
        """The stack, ready for questions; stopped in order at the end of the block.

        Raises:
            StackError: it did not become ready; what was started is stopped again.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self._folder.chmod(0o700)  # the queue and the documents hold what patients wrote
        lock = FileLock(self._folder / "stack.lock")
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise StackError(
                f"Another `atende up` runs on {self._folder}. Stop it first, or set "
                f"ATENDE_DATA_DIR to another folder."
            ) from error
        try:
            self._check()
            self._start()
            yield self
        finally:
            self.stop()
            lock.release()

    @property
    def redis_url(self) -> str:
        """Where the embedded queue is, password included."""
        return f"redis://:{self.credentials.queue_password}@127.0.0.1:{self.settings.queue_port}/0"

    def child(self, name: str) -> Child:
        """A process by its name: valkey, worker, callbacks, beat, api."""
        return next(child for child in self._children if child.name == name)

    def watch(self, seconds: float | None = None) -> None:
        """Restart what ends, until interrupted or for `seconds`.

        Raises:
            StackError: one process ended too often.
        """
        until = None if seconds is None else time.monotonic() + seconds
        while until is None or time.monotonic() < until:
            for child in self._children:
                if child.exit_code is not None:
                    self._restart(child)
            time.sleep(_LOOK)

    def stop(self) -> None:
        """API first, so that nothing new comes in; the queue last, so that nothing is lost."""
        order = ("api", "beat", "worker", "callbacks", "valkey")
        for child in sorted(self._children, key=lambda child: order.index(child.name)):
            if child.exit_code is None:
                self._say(f"stopping {child.name}")
                child.stop()
        self._children.clear()
        (self._folder / "running.json").unlink(missing_ok=True)

    # -- start ----------------------------------------------------------------------------------

    def _check(self) -> None:
        """Say what would fail, before anything is started."""
        model_source(self.settings)
        for port, name in (
            (self.settings.port, "ATENDE_PORT"),
            (self.settings.queue_port, "ATENDE_QUEUE_PORT"),
        ):
            if user := holder(port):
                raise StackError(
                    f"Port {port} is in use by {user}. Nothing was started. Stop that program, "
                    f"or set {name} to a free port."
                )

    def _start(self) -> None:
        self._say("starting the queue")
        queue = valkey.command(
            self.settings.queue_port, self._folder / "valkey", self.credentials.queue_password
        )
        self._add("valkey", queue)
        self._first_start()
        self._say("starting the API and the workers")
        lines = commands(self._folder)
        grace = {
            "worker": self.settings.grace_seconds + 15,
            "callbacks": self.settings.callback_timeout_seconds + 5,
            "api": 25.0,
        }
        for name, command in lines.items():
            drain = {"ATENDE_DRAIN": "1"} if name == "worker" else {}
            self._add(name, command, drain, grace.get(name, 10.0))
        self._note_running()
        self._await_ready()

    def _add(
        self, name: str, command: list[str], env: dict[str, str] | None = None, grace: float = 10.0
    ) -> None:
        log = self._folder / "logs" / f"{name}.log"
        self._children.append(
            Child(name, command, self._environment() | (env or {}), log, grace).start()
        )

    def _environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "ATENDE_DATA_DIR": str(self._folder),
            "ATENDE_REDIS_URL": self.redis_url,
            "ATENDE_BROKER_URL": "",
            "ATENDE_SECRET": self.credentials.secret,
            "ATENDE_HOST": self.settings.host,
            "ATENDE_PORT": str(self.settings.port),
            "ATENDE_DRAIN": "0",
        }

    def _first_start(self) -> None:
        """Wait for the queue; make the first API key where there is none."""
        client = connect(QueueSettings(redis_url=self.redis_url))
        self._await_queue(client)
        keys = ApiKeys(client)
        if not self.credentials.api_key or keys.find(self.credentials.api_key) is None:
            key = keys.create(self.settings.tenant, frozenset(Scope), "first start")
            self.credentials = self.credentials.model_copy(update={"api_key": key})
        secrets_file.save(self.credentials, self._folder)
        client.close()

    def _await_queue(self, client: "redis.Redis") -> None:
        until = time.monotonic() + 60
        while True:
            try:
                client.ping()
            except (redis.ConnectionError, redis.exceptions.BusyLoadingError) as error:
                if self._children[0].exit_code is not None or time.monotonic() > until:
                    raise StackError(
                        f"The queue did not start. Its log says why: "
                        f"{self._folder / 'valkey' / 'valkey.log'}"
                    ) from error
                time.sleep(0.05)
            else:
                return

    def _note_running(self) -> None:
        """Leave a note for the other commands: where this stack answers."""
        note = {"pid": os.getpid(), "url": self.url, "redis_url": self.redis_url}
        path = self._folder / "running.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(note), "utf-8")

    def _await_ready(self) -> None:
        begun = time.monotonic()
        while time.monotonic() - begun < self.settings.start_seconds:
            for child in self._children:
                if child.exit_code is not None:
                    raise StackError(_ended(child))
            try:
                if _ready(httpx.get(f"{self.url}/readyz", timeout=2)):
                    return
            except httpx.TransportError:
                pass
            self._say(f"loading the model ({time.monotonic() - begun:.0f} s)")
            time.sleep(_LOOK)
        raise StackError(
            f"The stack was not ready after {self.settings.start_seconds:.0f} s and was stopped. "
            f"Logs: {self._folder / 'logs'}. A slow machine may need more: set "
            f"ATENDE_START_SECONDS."
        )

    def _restart(self, child: Child) -> None:
        now = time.monotonic()
        lately = [at for at in self._restarts.get(child.name, []) if now - at < _LATELY]
        if lately and now - lately[-1] < 2 ** len(lately):
            return  # a little later: what fails at once fails again at once
        if len(lately) >= _RESTARTS:
            raise StackError(_ended(child))
        self._restarts[child.name] = [*lately, now]
        self._say(f"{child.name} ended ({child.exit_code}) and is started again")
        child.start()


def commands(folder: Path) -> dict[str, list[str]]:
    """The command lines of the workers and the API by name; `docker-compose.yml` has the same."""
    celery = [sys.executable, "-m", "celery", "-A", "workers.app"]
    work = [*celery, "worker", "--pool", "threads"]
    drains = ["--concurrency", "4", "--queues", "ingest", "--hostname", "drain@%h"]
    calls = ["--concurrency", "16", "--queues", "callbacks,periodic", "--hostname", "callbacks@%h"]
    api = [sys.executable, "-m", "gunicorn", "-c", "python:api.gunicorn"]
    return {
        "worker": [*work, *drains],
        "callbacks": [*work, *calls],
        "beat": [*celery, "beat", "--schedule", str(folder / "beat-schedule")],
        "api": [*api, "api.server:create_app()"],
    }


def _ready(reply: httpx.Response) -> bool:
    """Whether Redis answers and a drain is alive; a long queue from before is no reason to wait."""
    if reply.is_success:
        return True
    checks = reply.json().get("checks", {})
    return all(checks.get(part, {}).get("ok", False) for part in ("redis", "drain"))


def _ended(child: Child) -> str:
    reason = child.last_error() if child.exit_code == os.EX_SOFTWARE else None
    return (
        f"{child.name} ended with status {child.exit_code}"
        + (f": {reason}" if reason else ".")
        + f"\nThe queue and the documents are kept. Its log: {child.log}"
    )
