"""The process that opens files, started by `Reader`.

python -m ingestion.reader.child CHANNEL LIFELINE MEMORY_MIB

It may crash, be killed, run out of memory or out of time: nobody else is hurt. It imports parsers
when a file needs them, and nothing of the embedder or the stores.
"""

import json
import os
import signal
import sys
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Final

from ingestion.parsing import parse
from ingestion.parsing.errors import ParseError, TooComplexError, TooMuchMemoryError
from ingestion.parsing.limits import MIB, Limits
from ingestion.reader.messages import pack, pack_error

#: Sent before a slow step, which then has time of its own.
HEARTBEAT: Final = b"alive"

#: Sent once the process is ready.
READY: Final = b"ready"

#: Levels of Python calls; more than the standard 1,000 lets nested pages through.
RECURSION: Final = 3000


def end_with_parent(lifeline: int) -> None:
    """End when the other end of this pipe closes, whatever this process is busy with (POSIX).

    Nothing is ever written to it: it becomes readable when the parent is gone, and the kernel
    then sends SIGIO, which ends a process. Unlike PR_SET_PDEATHSIG this does not fire when only
    the thread that started us ends.
    """
    try:
        import fcntl  # noqa: PLC0415 - POSIX alone has it
    except ImportError:
        return
    signal.signal(signal.SIGIO, signal.SIG_DFL)
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(lifeline, fcntl.F_SETFL, fcntl.fcntl(lifeline, fcntl.F_GETFL) | os.O_ASYNC)


def bound_memory(mib: int) -> None:
    """Let allocations beyond this fail. Address space has no bound: allocators reserve freely."""
    if mib <= 0:
        return
    try:
        import resource  # noqa: PLC0415 - POSIX alone has it

        bytes_ = mib * MIB
        resource.setrlimit(resource.RLIMIT_DATA, (bytes_, bytes_))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (ImportError, ValueError, OSError):
        return


def serve(channel: Connection) -> None:
    """Read one file after another until the other side closes."""
    channel.send_bytes(READY)
    while True:
        try:
            request = json.loads(channel.recv_bytes())
            data = channel.recv_bytes()
        except (EOFError, OSError):
            return
        limits = Limits(**request["limits"])
        channel.send_bytes(reply(data, request["name"], limits, channel))


def reply(data: bytes, name: str, limits: Limits, channel: Connection) -> bytes:
    """The document or the error, pack."""

    def heartbeat() -> None:
        channel.send_bytes(HEARTBEAT)
        _alarm(limits.page_seconds)

    _alarm(limits.seconds)
    try:
        return pack(parse(data, name, replace(limits, heartbeat=heartbeat)))
    except ParseError as error:
        return pack_error(error)
    except MemoryError:
        return pack_error(TooMuchMemoryError.limit(limits.memory_mb))
    except RecursionError:
        return pack_error(TooComplexError())
    finally:
        _alarm(0)


def _alarm(seconds: float) -> None:
    """Let the kernel end this process after this time, even inside a call that never returns."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def main() -> None:
    """Serve on the pipe whose descriptor the command line gives."""
    channel, lifeline, memory = map(int, sys.argv[1:4])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)
    if hasattr(signal, "SIGALRM"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
    end_with_parent(lifeline)
    bound_memory(memory)
    sys.setrecursionlimit(RECURSION)
    with Connection(channel) as connection:
        serve(connection)


if __name__ == "__main__":
    main()
