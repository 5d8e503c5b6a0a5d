"""Ends a process at a line of its own code: whatever was done before, nothing after it."""

import os
import signal
import sys
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

from redis import Redis


class Reaper:
    """Ends this process at the given line, counted over some code; for `sys.settrace`.

    Args:
        lines: how many it lives.
        places: how the paths of that code's files begin.
    """

    def __init__(self, lines: int, places: tuple[str, ...]) -> None:
        self._left = lines
        self._places = places

    def trace(self, frame: FrameType, event: str, _: Any) -> Any:  # noqa: ANN401 - as sys.settrace calls it
        """Trace the lines of that code alone."""
        if event == "call" and not frame.f_code.co_filename.startswith(self._places):
            return None
        if event == "line":
            self._left -= 1
            if self._left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return self.trace


def is_killed(work: Callable[[], object], reaper: Reaper, redis: Redis) -> bool:
    """Work in a process that the reaper ends; whether it got that far.

    Args:
        work: what is done.
        reaper: counts its lines.
        redis: the connections that the process must not share with this one.

    Raises:
        ChildProcessError: the work failed by itself; its traceback is printed.
    """
    child = os.fork()
    if child == 0:
        redis.connection_pool.disconnect()
        failed = 1
        try:
            sys.settrace(reaper.trace)
            work()
            sys.settrace(None)
            failed = 0
        except Exception:  # noqa: BLE001 - or the child would go on as its parent does
            traceback.print_exc()
        finally:
            os._exit(failed)
    _, status = os.waitpid(child, 0)
    if not os.WIFSIGNALED(status) and os.waitstatus_to_exitcode(status) != 0:
        raise ChildProcessError(f"it failed by itself: {os.waitstatus_to_exitcode(status)}")
    return os.WIFSIGNALED(status)
