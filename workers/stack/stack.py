"""Starts Valkey, the workers and the API on loopback, restarts what ends, stops all in order."""

import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import redis
from filelock import FileLock, Timeout

from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.connection import connect
from workers.contracts.settings import QueueSettings
from workers.engine.model import model_source
from workers.stack import credentials, valkey
from workers.stack.child import Child
from workers.stack.command_lines import commands
from workers.stack.errors import StackError
from workers.stack.ports import holder
from workers.stack.settings import LocalSettings

#: Times that a process is started again within `_RESTART_WINDOW_SECONDS` before the stack gives up.
_RESTARTS = 5
_RESTART_WINDOW_SECONDS = 600.0
#: Seconds between two checks of the processes.
_NEXT_CHECK_SECONDS = 0.25
#: Seconds for the queue to answer, and between two attempts to reach it.
_QUEUE_SECONDS = 60.0
_NEXT_PING_SECONDS = 0.05
#: What a process runs beside its tasks.
_STEPS = {"worker": {"ATENDE_DRAIN": "1"}, "callbacks": {"ATENDE_INTAKE": "1"}}

Say = Callable[[str], None]


class Stack:
    """The embedded stack on one data folder.

    Args:
        settings: ports, folder, and all that the processes inherit.
        say: called with each step, for a progress line.
    """

    def __init__(self, settings: LocalSettings, say: Say) -> None:
        self.settings = settings
        self.url = f"http://{settings.host}:{settings.port}"
        self._say = say
        self._folder = settings.data_dir.resolve()
        self._children: list[Child] = []
        self._restarts: dict[str, list[float]] = {}
        self.credentials = credentials.load(self._folder) or credentials.create()

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
                f"Another `atende up` runs on {self._folder}. Nothing was changed. Stop it first, "
                f"or set ATENDE_DATA_DIR to another folder."
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
        deadline = None if seconds is None else time.monotonic() + seconds
        while deadline is None or time.monotonic() < deadline:
            for child in self._children:
                if child.exit_code is not None:
                    self._restart(child)
            time.sleep(_NEXT_CHECK_SECONDS)

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
        """Refuse what would fail, before anything is started."""
        model_source(self.settings)
        for port, name in (
            (self.settings.port, "ATENDE_PORT"),
            (self.settings.queue_port, "ATENDE_QUEUE_PORT"),
        ):
            if program := holder(port):
                raise StackError(
                    f"Port {port} is in use by {program}. Nothing was started. Stop that program, "
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
        grace = {
            "worker": self.settings.grace_seconds + 15,
            "callbacks": self.settings.callback_timeout_seconds + 5,
            "api": 25.0,
        }
        for name, command in commands(self._folder).items():
            self._add(name, command, _STEPS.get(name), grace.get(name, 10.0))
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
            "ATENDE_INTAKE": "0",
        }

    def _first_start(self) -> None:
        """Wait for the queue; make the first API key where there is none."""
        client = connect(QueueSettings(redis_url=self.redis_url))
        self._await_queue(client)
        keys = ApiKeys(client)
        if not self.credentials.api_key or keys.find(self.credentials.api_key) is None:
            key = keys.create(self.settings.tenant, frozenset(Scope), "first start")
            self.credentials = self.credentials.model_copy(update={"api_key": key})
        credentials.save(self.credentials, self._folder)
        client.close()

    def _await_queue(self, client: "redis.Redis") -> None:
        deadline = time.monotonic() + _QUEUE_SECONDS
        while True:
            try:
                client.ping()
            except (redis.ConnectionError, redis.exceptions.BusyLoadingError) as error:
                if self._children[0].exit_code is not None or time.monotonic() > deadline:
                    raise StackError(
                        f"The queue did not start; what it held is kept. Its log says why: "
                        f"{self._folder / 'valkey' / 'valkey.log'}"
                    ) from error
                time.sleep(_NEXT_PING_SECONDS)
            else:
                return

    def _note_running(self) -> None:
        """Leave a note for the other commands: where this stack answers."""
        note = {"pid": os.getpid(), "url": self.url, "redis_url": self.redis_url}
        path = self._folder / "running.json"
        path.touch(mode=0o600)
        path.write_text(json.dumps(note), "utf-8")

    def _await_ready(self) -> None:
        started_at = time.monotonic()
        while time.monotonic() - started_at < self.settings.start_seconds:
            for child in self._children:
                if child.exit_code is not None:
                    raise StackError(_end_of(child))
            try:
                if _ready(httpx.get(f"{self.url}/readyz", timeout=2)):
                    return
            except httpx.TransportError:
                pass
            self._say(f"loading the model ({time.monotonic() - started_at:.0f} s)")
            time.sleep(_NEXT_CHECK_SECONDS)
        raise StackError(
            f"The stack was not ready after {self.settings.start_seconds:.0f} s and was stopped; "
            f"questions and documents are kept. Its logs: {self._folder / 'logs'}. A slow machine "
            f"may need more time: set ATENDE_START_SECONDS."
        )

    def _restart(self, child: Child) -> None:
        now = time.monotonic()
        earlier = self._restarts.get(child.name, [])
        recent = [moment for moment in earlier if now - moment < _RESTART_WINDOW_SECONDS]
        if recent and now - recent[-1] < 2 ** len(recent):
            return  # a little later: what fails at once fails again at once
        if len(recent) >= _RESTARTS:
            raise StackError(_end_of(child))
        self._restarts[child.name] = [*recent, now]
        self._say(f"{child.name} ended ({child.exit_code}) and is started again")
        child.start()


def _ready(reply: httpx.Response) -> bool:
    """Whether Redis answers and a drain is alive; a long queue from before is no reason to wait."""
    if reply.is_success:
        return True
    checks = reply.json().get("checks", {})
    return all(checks.get(part, {}).get("ok", False) for part in ("redis", "drain"))


def _end_of(child: Child) -> str:
    """How a process ended, in words for the user."""
    reason = child.last_error() if child.exit_code == os.EX_SOFTWARE else None
    return (
        f"{child.name} ended with status {child.exit_code}"
        + (f": {reason}" if reason else ".")
        + f"\nThe queue and the documents are kept. Its log: {child.log}"
    )
