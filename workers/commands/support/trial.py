"""A trial's channel: a file that goes again, one trial at a time on a stack, and what it leaves."""

import contextlib
import secrets
from collections.abc import Iterable, Iterator
from typing import Final

import httpx
from filelock import FileLock, Timeout

from workers.commands.support.errors import CommandError
from workers.contracts import channel_files
from workers.stack import credentials
from workers.stack.api import ApiAddress, body_of
from workers.stack.errors import ApiError
from workers.stack.settings import LocalSettings

#: How the channel of a trial is called. Each has a name of its own: what one left undelivered must
#: not reach the next one's patients.
_NAME: Final = "simulador-"
#: Longest time of one call of the API, in seconds.
_API_SECONDS: Final = 10.0


def new_name() -> str:
    """A name for a trial's channel."""
    return _NAME + secrets.token_hex(2)


@contextlib.contextmanager
def alone(settings: LocalSettings) -> Iterator[None]:
    """Keep other trials of this stack away; every trial's file is taken away before and after.

    Raises:
        CommandError: another trial runs here.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    lock = FileLock(settings.data_dir / "simulation.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise CommandError(
            "Another `atende simulate` runs on this stack. Nothing was changed. End it with "
            "/sair or Ctrl-C, then try again."
        ) from error
    try:
        _remove_all(settings)  # those of trials that were killed
        yield
    finally:
        _remove_all(settings)
        lock.release()


def erase(contacts: Iterable[str], channel: str, url: str, settings: LocalSettings) -> str:
    """Erase the trial's conversations; what is said of it."""
    saved = credentials.load(settings.data_dir)
    key = (saved.api_key if saved else "") or settings.api_key or "none"
    erased = 0
    try:
        with ApiAddress(url, key).client(_API_SECONDS) as client:
            for contact in contacts:
                page = body_of(client.get("/v1/conversations", params={"contact": contact}))
                own = [each for each in page["conversations"] if each["channel"] == channel]
                for each in own:
                    body_of(client.delete(f"/v1/conversations/{each['id']}"))
                erased += len(own)
    except (ApiError, httpx.HTTPError, ValueError) as error:
        return (
            f"As conversas deste teste não foram todas apagadas ({error}). Elas ficam entre as da "
            "clínica até vencerem, ou até `atende conversations erase`."
        )
    return f"Conversas deste teste apagadas: {erased}."


def _remove_all(settings: LocalSettings) -> None:
    """Take away every trial's file; the lock says that no other runs."""
    for path in settings.channels_dir.glob(f"{_NAME}*{channel_files.SUFFIX}"):
        path.unlink(missing_ok=True)
