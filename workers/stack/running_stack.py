"""Where the stack of this machine answers, for the commands that talk to it."""

import json
from dataclasses import dataclass

from filelock import FileLock, Timeout

from workers.stack import credentials
from workers.stack.settings import LocalSettings


class NotRunningError(Exception):
    """No stack answers here."""


@dataclass(frozen=True, slots=True)
class Running:
    """The note that `atende up` leaves while it runs."""

    pid: int
    url: str
    redis_url: str


def running(settings: LocalSettings) -> Running | None:
    """The stack that runs on the data folder; None if none does."""
    try:
        note = Running(**json.loads((settings.data_dir / "running.json").read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None
    lock = FileLock(settings.data_dir / "stack.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return note
    lock.release()
    return None  # the note of a stack that was killed


@dataclass(frozen=True, slots=True)
class Door:
    """Where the API is, and the key that opens it."""

    url: str
    api_key: str


def door(settings: LocalSettings) -> Door:
    """The API to ask: the one that is set, else the stack of this machine.

    Raises:
        NotRunningError: there is none, or no key for it.
    """
    here = running(settings)
    url = settings.url or (here.url if here else None)
    if url is None:
        raise NotRunningError(
            "No stack is running here. Start one with `atende up` in another terminal, or set "
            "ATENDE_URL and ATENDE_API_KEY to an Atende elsewhere."
        )
    made = credentials.load(settings.data_dir)
    key = settings.api_key or (made.api_key if made else "")
    if not key:
        raise NotRunningError(f"There is no API key for {url}. Set ATENDE_API_KEY.")
    return Door(url.rstrip("/"), key)
