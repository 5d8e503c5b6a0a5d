"""No process of the engine outlives the worker, however the worker ends.

vLLM calls every entry point of the group `vllm.general_plugins` in each of its processes. Without
this, SIGKILL of the worker leaves `VLLM::EngineCore` and `VLLM::Worker` running (seen): on a GPU
they hold its memory, and the restarted worker cannot start.
"""

import ctypes
import multiprocessing
import os
import signal
import sys

#: From Linux' `<sys/prctl.h>`.
PR_SET_PDEATHSIG = 1
#: Loaded at import: between fork and exec nothing may be loaded.
_libc = ctypes.CDLL(None, use_errno=True)


def die_with_parent(signal_number: signal.Signals) -> None:
    """Ask the kernel for this signal when the thread that started this process ends (Linux)."""
    if sys.platform == "linux" and _libc.prctl(PR_SET_PDEATHSIG, signal_number) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")


def end_with_parent() -> None:
    """Ask the kernel to kill this process when the thread that started it ends (Linux).

    The signal follows the *thread*: who starts the engine must keep that thread until the engine
    is shut down. In a process that multiprocessing did not start, nothing happens.
    """
    parent = multiprocessing.parent_process()
    if parent is None or sys.platform != "linux":
        return
    die_with_parent(signal.SIGKILL)
    if os.getppid() != parent.pid:  # it ended before we asked: no signal would come
        os.kill(os.getpid(), signal.SIGKILL)
