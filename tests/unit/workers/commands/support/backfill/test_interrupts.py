import os
import signal
import threading
import time

import pytest

from workers.commands.support.backfill.interrupts import Interrupts


def test_ctrl_c_is_counted_and_ends_a_wait() -> None:
    with Interrupts() as interrupts:
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        begun = time.monotonic()
        interrupts.wait(30)
        assert time.monotonic() - begun < 10
        assert interrupts.count == 1


def test_afterwards_ctrl_c_raises_as_before() -> None:
    with Interrupts():
        pass
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
