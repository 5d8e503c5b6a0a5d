"""Where the stack of this machine answers, for the commands that talk to it."""

import json
from dataclasses import dataclass

from filelock import FileLock, Timeout

from workers.stack.settings import LocalSettings


@dataclass(frozen=True, slots=True)
class RunningStack:
    """The note that `atende up` leaves while it runs."""

    pid: int
    url: str
    redis_url: str


def running_stack(settings: LocalSettings) -> RunningStack | None:
    """The stack that runs on the data folder; None if none does."""
    try:
        content = (settings.data_dir / "running.json").read_text("utf-8")
        note = RunningStack(**json.loads(content))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    lock = FileLock(settings.data_dir / "stack.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return note
    lock.release()
    return None  # the note of a stack that was killed
