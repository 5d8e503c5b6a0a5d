import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from workers.stack.child import Child

pytestmark = pytest.mark.integration

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('up', flush=True); time.sleep(60)"
    ),
]


def started(tmp_path: Path, command: list[str], grace: float = 10) -> Child:
    child = Child("test", command, os.environ, tmp_path / "child.log", grace).start()
    while "up" not in child.log.read_text("utf-8"):
        time.sleep(0.01)
    return child


def test_a_stop_is_a_sigterm(tmp_path: Path) -> None:
    child = started(tmp_path, SLEEP)
    child.stop()
    assert child.exit_code == -signal.SIGTERM


def test_one_that_ignores_sigterm_is_killed_after_its_grace(tmp_path: Path) -> None:
    child = started(tmp_path, STUBBORN, grace=0.3)
    child.stop()
    assert child.exit_code == -signal.SIGKILL


def test_its_output_is_kept_over_a_restart(tmp_path: Path) -> None:
    child = started(tmp_path, SLEEP)
    child.kill()
    child.start()
    while child.log.read_text("utf-8").count("up") < 2:
        time.sleep(0.01)
    child.stop()


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, sys, time\n"
        "from workers.stack.child import Child\n"
        f"child = Child('t', {SLEEP!r}, os.environ, pathlib.Path({str(tmp_path / 'log')!r}))\n"
        "print(child.start().pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    parent.stdout.close()
    _, alive = psutil.wait_procs([child], timeout=5)
    assert alive == []


def test_the_last_error_in_its_log_is_found_between_lines_of_others(tmp_path: Path) -> None:
    writes = r"""
import logging.config
from workers.contracts import logs
logs.configure()
logging.config.dictConfig(logs.stdlib_config())
log = logs.logger("test")
log.error("redis_failed", error="an earlier one")
log.error("drain_not_started", error="Jejum: não há modelo, {} e \"level\": \"info\"")
log.warning("claim_lost", error="no error")
logging.getLogger("other").warning("no error either")
print('{"level": "error", cut off', '[]', '"error"', 'null', 'up', sep="\n", flush=True)
"""
    child = started(tmp_path, [sys.executable, "-c", writes])
    child.stop()
    assert child.last_error() == 'Jejum: não há modelo, {} e "level": "info"'


def test_an_error_of_a_library_is_its_message(tmp_path: Path) -> None:
    writes = """
import logging.config
from workers.contracts import logs
logging.config.dictConfig(logs.stdlib_config())
logging.getLogger("celery").error("Cannot connect to %s", "redis")
print("up", flush=True)
"""
    child = started(tmp_path, [sys.executable, "-c", writes])
    child.stop()
    assert child.last_error() == "Cannot connect to redis"


def test_a_log_without_errors_says_nothing(tmp_path: Path) -> None:
    child = started(tmp_path, SLEEP)
    child.stop()
    assert child.last_error() is None
