"""Uploaded files to rows in a child process, which is ended when a file is too much for it.

Exception
└── FileReadError   the file cannot be read; `str()` tells the user what happened and what to do
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from ingestion.parsing.limits import MIB
from ingestion.reader.child import READY
from ingestion.reader.reader import ENVIRONMENT, MARGIN_SECONDS, ROOT, START_SECONDS
from workers.contracts.backfill import BackfillRow

#: The child's module.
_CHILD: Final = "workers.channels.backfill.reading_child"
#: MiB of the longest message of the child's: several of the longest rows.
_LONGEST_MESSAGE_MB: Final = 64
#: How many times as long as one part may take a whole file.
_PARTS_OF_A_FILE: Final = 20
#: Seconds between two looks whether it is to be stopped.
_LOOK_SECONDS: Final = 0.5
#: How the folders begin that hold a file while it is read.
FOLDER_PREFIX: Final = "atende-backfill-"
_ROWS: Final = TypeAdapter(tuple[BackfillRow, ...])


class FileReadError(Exception):
    """The file cannot be read; `str()` tells the user what happened and what to do."""


class ReadingStoppedError(Exception):
    """The worker stops; the file is read again by another."""


@dataclass(frozen=True, slots=True)
class ReadingLimits:
    """What reading one file may cost: MiB of memory, seconds for each part of it."""

    memory_mib: int = 2048
    seconds: float = 120.0


@dataclass(frozen=True, slots=True)
class Part:
    """What the child said at once.

    Attributes:
        rows: some, in the file's order.
        left_out: what of the file is no question, by reason.
        guesses: what was guessed of the file; None: it was said before.
    """

    rows: tuple[BackfillRow, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    guesses: tuple[tuple[str, str], ...] | None = None


def read_file(
    data: bytes,
    name: str,
    options: Mapping[str, JsonValue],
    limits: ReadingLimits,
    stopping: Callable[[], bool] = lambda: False,
) -> Iterator[Part]:
    """The rows of a file, part by part; its child lives as long as this is iterated.

    Args:
        data: the file.
        name: what it was called: its suffix may tell its kind, its folders count for nothing.
        options: fields of `SourceOptions`.
        limits: what it may cost.
        stopping: whether the worker stops.

    Raises:
        FileReadError: it cannot be read, or was too much; parts that came before were good.
        ReadingStoppedError: `stopping` said so.
    """
    with TemporaryDirectory(prefix=FOLDER_PREFIX) as folder:
        path = Path(folder) / _bare(name)
        path.write_bytes(data)
        request = {
            "path": str(path),
            "options": dict(options),
            "seconds": limits.seconds,
            "memory_mib": limits.memory_mib,
        }
        try:
            with _child(limits) as (process, channel):
                yield from _parts(process, channel, request, limits, stopping)
        except FileReadError as error:
            raise FileReadError(str(error).replace(str(path), path.name)) from error


def _bare(name: str) -> str:
    """A file's name that leads nowhere and that every file system takes."""
    last = name.replace("\\", "/").rpartition("/")[2]
    shown = "".join(sign if sign.isalnum() or sign in " ._-()" else "_" for sign in last)
    return shown.strip(" .")[-100:] or "arquivo"


def _parts(
    process: "subprocess.Popen[bytes]",
    channel: Connection,
    request: Mapping[str, Any],
    limits: ReadingLimits,
    stopping: Callable[[], bool],
) -> Iterator[Part]:
    until = time.monotonic() + limits.seconds * _PARTS_OF_A_FILE
    try:
        channel.send_bytes(json.dumps(request).encode())
        while True:
            if time.monotonic() > until:
                raise _took_too_long(limits.seconds * _PARTS_OF_A_FILE)
            message = _message(channel, limits, stopping)
            if "error" in message:
                raise FileReadError(str(message["error"]))
            if "end" in message:
                return
            yield _part(message)
    except (EOFError, ConnectionError) as error:
        raise _cause_of_end(process, limits) from error


def _message(
    channel: Connection, limits: ReadingLimits, stopping: Callable[[], bool]
) -> dict[str, Any]:
    until = time.monotonic() + limits.seconds + MARGIN_SECONDS  # beyond the child's own alarm
    while not channel.poll(_LOOK_SECONDS):
        if stopping():
            raise ReadingStoppedError
        if time.monotonic() > until:
            raise _took_too_long(limits.seconds)
    try:
        message: Any = json.loads(channel.recv_bytes(_LONGEST_MESSAGE_MB * MIB))
    except ValueError as error:
        raise _no_rows(error) from error
    except OSError as error:
        if isinstance(error, ConnectionError):
            raise
        raise FileReadError(
            f"One part of the file holds more than {_LONGEST_MESSAGE_MB} MiB of text: no question "
            "does. Nothing was asked. Check that the right file was handed in."
        ) from error
    if not isinstance(message, dict):
        raise _no_rows(TypeError(type(message).__name__))
    return message


def _part(message: Mapping[str, Any]) -> Part:
    """What a message says; the child may have been taken over by the file that it read."""
    try:
        if "guesses" in message:
            guesses = tuple((str(what), str(value)) for what, value in message["guesses"])
            return Part(guesses=guesses)
        left_out = {str(reason): int(count) for reason, count in message["left_out"].items()}
        return Part(_ROWS.validate_python(message["rows"]), left_out)
    except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _no_rows(error) from error


def _no_rows(error: Exception) -> FileReadError:
    return FileReadError(
        f"What was read of the file is no list of questions ({type(error).__name__}). Nothing was "
        "asked. Save it in another format (CSV, say), and hand it in again."
    )


def _took_too_long(seconds: float) -> FileReadError:
    return FileReadError(
        f"Reading the file took longer than {seconds:g} s. Nothing was asked. Divide it, or raise "
        "ATENDE_PARSE_SECONDS, and hand it in again."
    )


def _cause_of_end(process: "subprocess.Popen[bytes]", limits: ReadingLimits) -> FileReadError:
    """Why the child ended without a word."""
    code = _exit_code(process)
    if code == -signal.SIGALRM:
        return _took_too_long(limits.seconds)
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return FileReadError(
        f"The process that read the file ended on it ({how}). Nothing was asked. Save it in "
        "another format (CSV, say), and hand it in again."
    )


@contextmanager
def _child(limits: ReadingLimits) -> "Iterator[tuple[subprocess.Popen[bytes], Connection]]":
    ours, theirs = Pipe(duplex=True)
    their_lifeline, our_lifeline = Pipe(duplex=False)
    descriptors = (theirs.fileno(), their_lifeline.fileno())
    environment = {key: os.environ[key] for key in ENVIRONMENT if key in os.environ}
    process = subprocess.Popen(  # noqa: S603 - our own module, in our own interpreter
        [sys.executable, "-P", "-m", _CHILD, *map(str, (*descriptors, limits.memory_mib))],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,  # what libraries write there quotes patients
        pass_fds=descriptors,
        env={**environment, "PYTHONPATH": str(ROOT), "OMP_THREAD_LIMIT": "1"},
        start_new_session=True,  # a terminal's Ctrl-C is for this process alone
    )
    theirs.close()
    their_lifeline.close()
    try:
        _await_start(process, ours)
        yield process, ours
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()
        ours.close()
        our_lifeline.close()


def _await_start(process: "subprocess.Popen[bytes]", channel: Connection) -> None:
    with suppress(EOFError, OSError):
        if channel.poll(START_SECONDS) and channel.recv_bytes(64) == READY:
            return
    process.kill()
    raise FileReadError(
        f"The process that reads files did not start (exit code {process.wait()}). Nothing was "
        "asked. Hand the file in again; if that repeats, look at the machine's memory."
    )


def _exit_code(process: "subprocess.Popen[bytes]") -> int:
    with suppress(subprocess.TimeoutExpired):
        return process.wait(MARGIN_SECONDS)
    process.kill()
    return process.wait()
