"""The intake beside Celery: it starts with a callbacks worker, and stops with it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.intake_bench import IntakeBench
from workers.channels.intake_service import IntakeService
from workers.contracts import keys
from workers.settings import WorkerSettings
from workers.stack.command_lines import commands

pytestmark = pytest.mark.integration


def wait_for(happened: Callable[[], bool], seconds: float = 40.0) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def callbacks(
    bench: IntakeBench, queue_settings: object, tmp_path: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    assert queue_settings
    environment = {"ATENDE_INTAKE": "1", "ATENDE_CHANNELS_DIR": str(bench.folder)}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            commands(tmp_path)["callbacks"], env=os.environ | environment, stdout=log, stderr=log
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_a_callbacks_worker_reads_posts_and_stops_when_it_is_asked_to(
    bench: IntakeBench, callbacks: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    assert sys.executable in callbacks.args  # type: ignore[operator]
    bench.post(bench.text("Quero falar com um atendente"))
    wait_for(lambda: bench.inbound.waiting() == 0)
    wait_for(lambda: any(bench.redis.scan_iter("atende:1:question:*")))
    bench.post(bench.text("Quanto custa a consulta?"))
    wait_for(lambda: bench.redis.xlen("atende:1:lane:interactive") == 1)
    callbacks.send_signal(signal.SIGTERM)
    assert callbacks.wait(20) == 0, (tmp_path / "log").read_text()
    assert bench.redis.xinfo_consumers(keys.INBOUND, keys.INTAKE) == []


def test_a_clinic_s_text_that_cannot_be_read_ends_the_process_with_its_reason(
    bench: IntakeBench, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = WorkerSettings(
        redis_url=bench.settings.redis_url,
        channels_dir=bench.folder,
        prompt_dir=tmp_path / "missing",
    )
    left: list[int] = []
    service = IntakeService(settings, leave=left.append)
    service.start()
    service.stop()
    assert left == [os.EX_SOFTWARE]
    assert "missing" in "".join(capfd.readouterr())


def test_a_hint_that_fails_is_missed_and_no_more(bench: IntakeBench) -> None:
    settings = WorkerSettings(redis_url=bench.settings.redis_url, channels_dir=bench.folder)
    hints: list[tuple[str, bool]] = []

    def failing(question: str, ended: bool) -> None:  # noqa: FBT001
        hints.append((question, ended))
        raise OSError("said by a test")

    service = IntakeService(settings, on_asked=failing)
    service.start()
    try:
        bench.post(bench.text("Bom dia"))
        wait_for(lambda: len(hints) == 1)
        bench.post(bench.text("Boa noite", **{"from": "5541991112222", "from_user_id": "BR.7"}))
        wait_for(lambda: len(hints) == 2)
    finally:
        service.stop()
    assert [ended for _, ended in hints] == [True, True]
