"""Files to documents in a child process, which is ended when a file is too much for it."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from ingestion.parsing.document import Document
from ingestion.parsing.errors import (
    ParserDiedError,
    TookTooLongError,
    TooLargeError,
    UnreadableFileError,
)
from ingestion.parsing.limits import DEFAULT, MIB, Limits
from ingestion.reader.child import HEARTBEAT, READY
from ingestion.reader.messages import limits_to_json, unpack

#: Seconds beyond its own alarm after which the child is killed from here.
MARGIN_SECONDS: Final = 5.0

#: Seconds in which the child must have started, on the busiest machine.
START_SECONDS: Final = 60.0

#: MiB that a document may have as text; what is longer is no document.
LONGEST_TEXT_MB: Final = 128

#: Files that one child reads before another takes its place, so that leaks end with it.
LIFETIME_FILES: Final = 500

#: The folder that `ingestion` is imported from.
ROOT: Final = Path(__file__).parents[2]

#: The child's module.
CHILD: Final = "ingestion.reader.child"

#: Variables that the child gets: nothing of the settings, keys and tokens of its parent.
ENVIRONMENT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TESSDATA_PREFIX", "SYSTEMROOT")


@dataclass(slots=True)
class _Child:
    process: subprocess.Popen[bytes]
    channel: Connection
    lifeline: Connection
    files: int = 0


class Reader:
    """Reads files one after the other in a child process, which is started when it is needed.

    A crash, a time-out or too much memory costs that file alone: the child is replaced. Use it as
    a context manager. Threads may share it; they take turns. The child ends with this process,
    however that ends, and gets nothing of its environment but paths.

    Args:
        limits: what one file may cost.
    """

    def __init__(self, limits: Limits = DEFAULT) -> None:
        self.limits = limits
        self._child: _Child | None = None
        self._turn = threading.Lock()

    def read(self, source: bytes | Path, name: str) -> Document:
        """A file as a document.

        Args:
            source: its bytes, or where it is.
            name: its name, which its suffix is taken from.

        Raises:
            ParseError: it cannot be read; the subclass and the message say why and what to do.
        """
        data = self._bytes(source)
        if len(data) > self.limits.file_mb * MIB:
            raise TooLargeError.file(len(data) / MIB, self.limits.file_mb)
        with self._turn:
            return self._read(data, name)

    @property
    def pid(self) -> int:
        """The child's process id; 0 while there is none."""
        return self._child.process.pid if self._child else 0

    def close(self) -> None:
        """End the child."""
        with self._turn:
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _bytes(self, source: bytes | Path) -> bytes:
        if isinstance(source, bytes):
            return source
        try:
            with source.open("rb") as file:
                return file.read(self.limits.file_mb * MIB + 1)
        except OSError as error:
            raise UnreadableFileError.because(error) from error

    def _read(self, data: bytes, name: str) -> Document:
        if self._child is not None and self._child.files >= LIFETIME_FILES:
            self._end()
        child = self._child or self._start()
        child.files += 1
        try:
            reply = self._reply(child, data, name)
        except (EOFError, OSError) as error:
            raise self._cause_of_end() from error
        except BaseException:  # a time-out, an interrupt: it is still busy with this file
            self._end()
            raise
        try:
            return unpack(reply)
        except ValueError as error:
            self._end()
            raise ParserDiedError.ended(f"its reply was no document: {error}") from error

    def _reply(self, child: _Child, data: bytes, name: str) -> bytes:
        request = {"name": name, "limits": limits_to_json(self.limits)}
        child.channel.send_bytes(json.dumps(request).encode())
        child.channel.send_bytes(data)
        seconds = self.limits.seconds
        while True:
            if not child.channel.poll(seconds + MARGIN_SECONDS):
                raise TookTooLongError.limit(seconds)
            try:
                reply = child.channel.recv_bytes(LONGEST_TEXT_MB * MIB)
            except OSError as error:
                if child.process.poll() is None and not isinstance(error, ConnectionError):
                    raise TooLargeError.text(LONGEST_TEXT_MB) from error
                raise
            if reply != HEARTBEAT:
                return reply
            seconds = self.limits.page_seconds

    def _cause_of_end(self) -> ParserDiedError | TookTooLongError:
        """Why the child ended."""
        child, self._child = self._child, None
        if child is None:
            return ParserDiedError.ended("it was gone")
        code = _exit_code_of(child)
        if code == -signal.SIGALRM:
            return TookTooLongError.limit(self.limits.seconds)
        if code < 0:
            return ParserDiedError.ended(signal.Signals(-code).name)
        return ParserDiedError.ended(f"exit code {code}")

    def _start(self) -> _Child:
        ours, theirs = Pipe(duplex=True)
        their_lifeline, our_lifeline = Pipe(duplex=False)
        descriptors = (theirs.fileno(), their_lifeline.fileno())
        environment = {key: os.environ[key] for key in ENVIRONMENT if key in os.environ}
        memory = self.limits.memory_mb
        process = subprocess.Popen(  # noqa: S603 - our own module, in our own interpreter
            [sys.executable, "-P", "-m", CHILD, *map(str, (*descriptors, memory))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,  # what libraries write there quotes documents
            pass_fds=descriptors,
            env={**environment, "PYTHONPATH": str(ROOT), "OMP_THREAD_LIMIT": "1"},
            start_new_session=True,  # a terminal's Ctrl-C is for this process alone
        )
        theirs.close()
        their_lifeline.close()
        self._child = _Child(process, ours, our_lifeline)
        try:
            if ours.poll(START_SECONDS) and ours.recv_bytes(64) == READY:
                return self._child
        except (EOFError, OSError):
            pass
        except BaseException:
            self._end()
            raise
        self._end()
        raise ParserDiedError.unstarted(process.returncode)

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            with suppress(ProcessLookupError):
                child.process.kill()
            _exit_code_of(child)


def _exit_code_of(child: _Child) -> int:
    """The child's exit code, once it has ended and its pipes are closed."""
    deadline = time.monotonic() + MARGIN_SECONDS
    while child.process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    if child.process.poll() is None:
        child.process.kill()
    code = child.process.wait()
    child.channel.close()
    child.lifeline.close()
    return code
