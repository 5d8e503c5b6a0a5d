"""A running product over the stand-in engine, asked phase after phase; and what a phase showed."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, cast

import psutil

from benchmarks.control_plane import server
from benchmarks.gpu.core import Limits
from benchmarks.gpu.engine import VARIABLE, Setup
from benchmarks.gpu.scheduler import Asked, seconds_alone
from benchmarks.peers.work import SETTINGS
from benchmarks.running import BATCH, ended
from benchmarks.schedule import percentile
from workers.contracts import keys
from workers.contracts.connection import connect
from workers.contracts.question import Lane, Request
from workers.contracts.questions import NewQuestion, QuestionStore
from workers.contracts.settings import QueueSettings
from workers.stack.settings import LocalSettings

#: Seconds for the drain to start, vLLM's import included, and for a phase to end.
START_SECONDS, PHASE_SECONDS = 600.0, 600.0
#: Pause before the counters are read again, and for what is reported every half second.
_PAUSE, _REPORT_PAUSE = 0.02, 0.1
#: The drain's settings: nothing is shared, and the model writes no questions for chunks.
ENVIRONMENT: Final = SETTINGS | {
    "ATENDE_ENGINE": "benchmarks.gpu.engine:GpuEngine",
    "ATENDE_CHUNK_QUESTIONS": "0",
    "ATENDE_GRACE_SECONDS": "2",
}


@dataclass(frozen=True, slots=True)
class Work:
    """What a phase asks.

    Attributes:
        name: of the phase.
        bulk: texts, all enqueued at the beginning.
        live: texts.
        dues: seconds from the beginning, one for each live text.
        limits: what changes in the engine: `speed`, `step_tokens`.
    """

    name: str
    bulk: Sequence[str]
    live: Sequence[str] = ()
    dues: Sequence[float] = ()
    limits: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Phase:
    """What one phase showed.

    Attributes:
        name: which one.
        limits: of the engine.
        answers: how many.
        seconds: from the first enqueue to the last settle.
        alone_seconds: of the same engine, given the same prompts at once and nothing else.
        latencies: seconds of the live questions from enqueue to settle.
        lags: of the drain's loop, in seconds, one every 10 ms.
        cores: processor used, by thread of the drain (`drain/...`) and by other process.
        late: share of the time by which the engine's own process was behind.
        prompt_tokens: of all prompts.
    """

    name: str
    limits: Limits
    answers: int
    seconds: float
    alone_seconds: float
    latencies: tuple[float, ...]
    lags: tuple[float, ...]
    cores: Mapping[str, float]
    late: float
    prompt_tokens: int

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds

    @property
    def alone(self) -> float:
        """The engine's answers per second without a product."""
        return self.answers / self.alone_seconds

    @property
    def ratio(self) -> float:
        """Of the two."""
        return self.alone_seconds / self.seconds

    @property
    def fullest(self) -> tuple[str, float]:
        """The thread of the drain that used most of a core, and how much."""
        threads = {name: used for name, used in self.cores.items() if name.startswith("drain/")}
        name = max(threads, key=threads.__getitem__)
        return name.removeprefix("drain/"), threads[name]

    @property
    def milliseconds(self) -> dict[str, float]:
        """Processor that each answer took, by thread: other load changes it less than the rate."""
        return {
            name: 1000 * used * self.seconds / self.answers for name, used in self.cores.items()
        }

    def late_answer(self, share: float = 0.95) -> float:
        """So many of the live questions were answered within so many seconds."""
        return percentile(self.latencies, share)

    def details(self) -> dict[str, Any]:
        """For JSON."""
        lags = {f"lag_p{share}": percentile(self.lags, share / 100) for share in (50, 99, 100)}
        rest = {name: value for name, value in asdict(self).items() if name != "lags"}
        rates = {"rate": self.rate, "alone": self.alone, "ratio": self.ratio}
        return rest | lags | rates | {"milliseconds": self.milliseconds}


class Product:
    """A queue and a drain, and the folder that its engine reports to."""

    def __init__(
        self, settings: QueueSettings, folder: Path, drain: "subprocess.Popen[bytes]"
    ) -> None:
        self._client = connect(settings)
        self._store = QuestionStore(self._client, settings)
        self._tenant = LocalSettings().tenant
        self._folder = folder
        self._drain = drain
        self._number = 0

    def phase(self, work: Work) -> Phase:
        """Ask, wait for all, and compute what the engine would have taken alone.

        Raises:
            RuntimeError: the drain has ended; the message holds its log's end.
            TimeoutError: it takes too long.
        """
        limits = self._control(work.limits)
        before, cpu = self._ended(), self._processes()
        start_time, start = time.time(), time.perf_counter()
        self._enqueue(work.bulk, Lane.BULK)
        live = []
        for text, due in zip(work.live, work.dues, strict=True):
            time.sleep(max(0.0, start + due - time.perf_counter()))
            live += self._enqueue([text], Lane.INTERACTIVE)
        count = len(work.bulk) + len(live)
        self._await(lambda: self._ended() >= before + count, PHASE_SECONDS)
        seconds, end_time = time.perf_counter() - start, time.time()
        others = {name: used - cpu[name] for name, used in self._processes().items()}
        lines = self._lines(start_time, end_time)
        asked = self._asked()
        wall = lines[-1]["at"] - lines[0]["at"]
        cores = _differences(lines[0]["threads"], lines[-1]["threads"])
        tallies = lines[0]["tally"] or {"late": 0.0}, lines[-1]["tally"]
        return Phase(
            work.name,
            limits,
            count,
            seconds,
            seconds_alone(asked, limits.card, limits.sequences, limits.step_tokens),
            tuple(self._seconds_of(question_id) for question_id in live),
            tuple(lag for line in lines[1:] for lag in line["lags"]),
            {name: used / wall for name, used in cores.items()}
            | {name: used / seconds for name, used in others.items()},
            (tallies[1]["late"] - tallies[0]["late"]) / seconds,
            sum(one.prompt for one in asked),
        )

    def warm(self, texts: Sequence[str]) -> None:
        """Let the drain start, and answer these."""
        self._enqueue(texts, Lane.BULK)
        self._await(lambda: self._ended() >= len(texts), START_SECONDS)

    # -- asking -----------------------------------------------------------------------------------

    def _enqueue(self, texts: Sequence[str], lane: Lane) -> list[str]:
        ids = []
        for first in range(0, len(texts), BATCH):
            batch = [
                NewQuestion(
                    Request(tenant=self._tenant, question=text, lane=lane, asked_at=time.time())
                )
                for text in texts[first : first + BATCH]
            ]
            ids += [admission.id for admission in self._store.enqueue_many(batch)]
        return ids

    def _ended(self) -> int:
        return ended(dict(self._store.counters()))

    def _await(self, condition: Any, seconds: float, pause: float = _PAUSE) -> None:  # noqa: ANN401 - called alone
        deadline = time.monotonic() + seconds
        while not condition():
            if self._drain.poll() is not None:
                raise RuntimeError(f"the drain ended:\n{self._log()}")
            if time.monotonic() > deadline:
                raise TimeoutError(f"not done after {seconds:.0f} s:\n{self._log()}")
            time.sleep(pause)

    def _log(self) -> str:
        lines = (self._folder / "drain.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-20:])

    def _seconds_of(self, question_id: str) -> float:
        question = self._store.get(question_id)
        end = cast("str | None", self._client.hget(keys.question(question_id), "ended_at"))
        if question is None or end is None:
            raise RuntimeError(f"{question_id} has no end")
        return float(end) - question.request.asked_at

    # -- the engine's folder ----------------------------------------------------------------------

    def _control(self, limits: Mapping[str, float]) -> Limits:
        """Change the engine's limits; its cache is empty afterwards in any case."""
        self._number += 1
        text = json.dumps({"number": self._number, "limits": dict(limits)})
        path = self._folder / "control.json"
        path.with_suffix(".new").write_text(text)
        path.with_suffix(".new").replace(path)
        self._await(
            lambda: self._report()[-1]["control"] == self._number, START_SECONDS, _REPORT_PAUSE
        )
        return Limits(**self._report()[-1]["limits"])

    def _report(self) -> list[dict[str, Any]]:
        text = (self._folder / "report.jsonl").read_text()
        return [json.loads(line) for line in text[: text.rfind("\n")].splitlines()]

    def _lines(self, start: float, end: float) -> list[dict[str, Any]]:
        """The report from the last line before `start` to the first after `end`."""
        self._await(lambda: self._report()[-1]["at"] > end, START_SECONDS, _REPORT_PAUSE)
        lines = self._report()
        first = max(place for place, line in enumerate(lines) if line["at"] <= start)
        last = min(place for place, line in enumerate(lines) if line["at"] > end)
        return lines[first : last + 1]

    def _asked(self) -> list[Asked]:
        text = (self._folder / f"asked-{self._number}.jsonl").read_text()
        rows = map(json.loads, text.splitlines())
        return [Asked(**row | {"keys": tuple(row["keys"])}) for row in rows]

    def _processes(self) -> dict[str, float]:
        """Processor seconds of the other processes."""
        own = psutil.Process()
        pids = {"engine": self._drain.pid, "queue": own.pid}
        found = {"asker": sum(own.cpu_times()[:2])}
        for name, pid in pids.items():
            for child in psutil.Process(pid).children():
                if child.pid != self._drain.pid:
                    with suppress(psutil.NoSuchProcess):
                        found[name] = sum(child.cpu_times()[:2])
        return found


def _differences(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    return {f"drain/{name}": used - before.get(name, 0.0) for name, used in after.items()}


@contextmanager
def product(
    folder: Path, setup: Setup, environment: Mapping[str, str], instant: Path | None = None
) -> Iterator[Product]:
    """Start a queue and a drain; both end with the block.

    Args:
        folder: scratch; the same as the setup's.
        setup: of the engine.
        environment: settings that change, and the data folder.
        instant: passages that are found at once; None: the search is the product's.
    """
    folder.mkdir(parents=True)
    (folder / "queue").mkdir()
    with ExitStack() as stack:
        settings = stack.enter_context(server(folder / "queue"))
        log = stack.enter_context((folder / "drain.log").open("wb"))
        arguments = ["--instant", str(instant)] if instant else []
        drain = subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, "-m", "benchmarks.gpu.drain", *arguments],
            env=os.environ
            | ENVIRONMENT
            | dict(environment)
            | {"ATENDE_REDIS_URL": settings.redis_url, VARIABLE: json.dumps(asdict(setup))},
            stdout=log,
            stderr=log,
        )
        try:
            yield Product(settings, folder, drain)
        finally:
            drain.terminate()
            try:
                drain.wait(15)
            except subprocess.TimeoutExpired:
                drain.kill()
                drain.wait()
