"""`--every-night` with the clock moved: a source is read again at each window's beginning."""

import io
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis
from rich.console import Console

from tests.backfill_bench import BackfillBench, table, until
from tests.steady_worker import SteadyWorker
from workers.channels.backfill.service import BackfillService
from workers.channels.backfill.sources.source import SourceOptions, open_source
from workers.commands.support.backfill.options import Asking
from workers.commands.support.backfill.session import Session
from workers.contracts.settings import QueueSettings
from workers.settings import WorkerSettings

pytestmark = pytest.mark.integration
TEXTS = [f"Qual o preparo do exame {number}?" for number in range(1, 7)]


@dataclass
class Clock:
    """The real time, and so many hours more."""

    hours: float = 0

    def __call__(self) -> float:
        return time.time() + self.hours * 3600


@pytest.fixture
def stack(queue_settings: QueueSettings, tmp_path: Path) -> Iterator[SteadyWorker]:
    """A feeder and a worker."""
    service = BackfillService(WorkerSettings(redis_url=queue_settings.redis_url, data_dir=tmp_path))
    service.start()
    with SteadyWorker(queue_settings) as worker:
        yield worker
    service.stop()


@pytest.fixture
def bench(
    redis: Redis,
    queue_settings: QueueSettings,
    api_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> BackfillBench:
    bench = BackfillBench.of(redis, queue_settings, tmp_path, api_url)
    monkeypatch.setenv("ATENDE_URL", api_url)
    monkeypatch.setenv("ATENDE_API_KEY", bench.key)
    return bench


def window_around_now() -> str:
    """Four hours, so that the feeder's own clock is within it."""
    hour = time.gmtime().tm_hour
    return f"{(hour - 2) % 24:02}:00-{(hour + 2) % 24:02}:00"


@pytest.mark.drill
def test_each_night_asks_what_is_new_and_one_without_its_source_harms_no_other(
    bench: BackfillBench, stack: SteadyWorker
) -> None:
    source, out, clock = bench.source(TEXTS[:2]), bench.folder / "respostas.csv", Clock()
    said = io.StringIO()

    def nights() -> None:
        try:
            until(lambda: len(stack.answered) == 2 and said.getvalue().count("next night") == 1)
            bench.source(TEXTS[:4])
            clock.hours = 1
            time.sleep(3)
            assert len(stack.answered) == 2  # the same night
            clock.hours = 24
            until(lambda: len(stack.answered) == 4 and said.getvalue().count("next night") == 2)
            source.unlink()
            clock.hours = 48
            until(lambda: "It is read again next night" in said.getvalue())
            bench.source(TEXTS)
            clock.hours = 72
            until(lambda: len(stack.answered) == 6 and said.getvalue().count("next night") == 5)
        finally:
            os.kill(os.getpid(), signal.SIGINT)

    asking = Asking(out=out, window=window_around_now(), time_zone="UTC", every_night=True)
    session = Session(
        lambda: open_source(str(source), SourceOptions()),
        asking,
        Console(file=said, width=200),
        clock,
    )
    thread = threading.Thread(target=nights)
    thread.start()
    code = session.run()
    thread.join()
    assert code == 130, said.getvalue()
    assert sorted(stack.answered) == TEXTS, said.getvalue()
    assert [row["pergunta"] for row in table(out)] == TEXTS
