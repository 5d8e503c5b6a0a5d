"""Accepted questions per second over HTTP ÷ an empty Flask view under the same gunicorn.

Both run at the same time, each in its own gunicorn with the API's own configuration; the client is
a third process, the queue's server a fourth. Runs alternate between the two, so that whatever
else the machine does meets both. After each, the same two get questions at a calm, fixed rate,
which says how long one of them takes.

    python -m benchmarks.api [--runs 5] [--seconds 3] [--connections 32]
"""

import argparse
import itertools
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from flask import Flask

from api.services import EXTENSION, Services
from api.settings import ApiSettings
from benchmarks.control_plane import LENGTH, server
from benchmarks.figure import Figure, keep, show
from benchmarks.load import load, pace, post
from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.connection import connect
from workers.contracts.settings import QueueSettings
from workers.stack.ports import free_port

COMMAND = "python -m benchmarks.api"
ASK, ASK_MANY = "/v1/questions", "/v1/questions/batch"
#: Questions of one batch: as many as one may carry.
BATCH = 1000
#: Requests per second at which the time of one is measured, and the kinds that are.
CALM, PACED = 200, ("empty", "plain")


def empty() -> Flask:
    """An app whose one view does nothing; gunicorn's configuration wants the services there."""
    app = Flask("empty")
    app.extensions[EXTENSION] = Services.open(ApiSettings())

    @app.post("/")
    def nothing() -> tuple[str, int]:
        return "", 202

    return app


@dataclass(frozen=True, slots=True)
class Load:
    """What the client's process has to send."""

    port: int
    kind: str
    key: str
    first: int
    seconds: float
    connections: int

    def run(self) -> float:
        """Requests per second."""
        return load(
            self.port,
            self._request(),
            good=202,
            connections=self.connections,
            seconds=self.seconds,
        )

    def p99(self) -> float:
        """Milliseconds within which 99 of 100 requests are answered, at `CALM` requests/s."""
        times = pace(
            self.port,
            self._request(),
            good=202,
            connections=self.connections,
            dues=[number / CALM for number in range(int(CALM * self.seconds))],
        )
        return 1000 * statistics.quantiles(times, n=100)[98]

    def _request(self) -> Callable[[], bytes]:
        numbers = itertools.count(self.first)
        bearer = f"Authorization: Bearer {self.key}"

        def one() -> bytes:
            number = next(numbers)
            body = json.dumps({"question": _text(number)}).encode()
            path = "/" if self.kind == "empty" else ASK
            headers = [bearer, f"Idempotency-Key: k{number}"] if self.kind == "keyed" else [bearer]
            return post(path, body, *headers)

        def many() -> bytes:
            items = [{"question": _text(next(numbers))} for _ in range(BATCH)]
            return post(ASK_MANY, json.dumps({"questions": items}).encode(), bearer)

        return many if self.kind == "batch" else one


def _text(number: int) -> str:
    return f"Qual o preparo para o exame número {number}? ".ljust(LENGTH, "x")


@contextmanager
def gunicorn(app: str, settings: QueueSettings, folder: Path) -> Iterator[int]:
    """One app under gunicorn as it runs in production; gives its port."""
    port = free_port()
    environment = {"ATENDE_REDIS_URL": settings.redis_url, "ATENDE_PORT": str(port)}
    environment |= {"ATENDE_QUEUE_LIMIT": "100000000"}
    with (folder / f"{port}.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own command line
            [sys.executable, "-m", "gunicorn", "-c", "python:api.gunicorn", app],
            env=os.environ | environment,
            stderr=log,
        )
        try:
            _wait(port, process)
            yield port
        finally:
            process.terminate()
            process.wait()


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    while process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz").close()
        except urllib.error.HTTPError:
            return  # it answers: the empty app has no such page
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"gunicorn ended with exit code {process.returncode}")


def measure(runs: int = 5, seconds: float = 3.0, connections: int = 32) -> list[Figure]:
    """The figures of this script."""
    rates: dict[str, list[float]] = {kind: [] for kind in ("empty", "plain", "keyed", "batch")}
    waits: dict[str, list[float]] = {kind: [] for kind in PACED}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = stack.enter_context(server(folder))
        redis = connect(settings)
        key = ApiKeys(redis).create("clinica", frozenset({Scope.ASK}), "bench")
        ports = {
            "empty": stack.enter_context(gunicorn("benchmarks.api:empty()", settings, folder)),
            "api": stack.enter_context(gunicorn("api.server:create_app()", settings, folder)),
        }
        client = stack.enter_context(
            ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
        )
        numbers = itertools.count(0, 10**9)
        for run in range(-1, runs):  # the first warms up
            for kind, kind_rates in rates.items():
                batched = kind == "batch"
                request_load = Load(
                    ports.get(kind, ports["api"]),
                    kind,
                    key,
                    next(numbers),
                    seconds if run >= 0 else 1.0,
                    2 if batched else connections,
                )
                rate = client.submit(Load.run, request_load).result() * (BATCH if batched else 1)
                if run >= 0:
                    kind_rates.append(rate)
                    print(f"  {kind}: {rate:,.0f}/s")
                if run >= 0 and kind in waits:
                    calm = replace(request_load, first=next(numbers))
                    waits[kind].append(client.submit(Load.p99, calm).result())
                    print(f"  {kind}, p99 at {CALM}/s: {waits[kind][-1]:,.1f} ms")
            # Full lanes are measured by benchmarks.full_lanes.
            redis.delete(*redis.scan_iter("atende:1:lane:*"))
    return _figures(_tuples(rates), _tuples(waits))


def _tuples(runs: dict[str, list[float]]) -> dict[str, tuple[float, ...]]:
    return {kind: tuple(values) for kind, values in runs.items()}


def _figures(
    rates: dict[str, tuple[float, ...]], waits: dict[str, tuple[float, ...]]
) -> list[Figure]:
    def share(kind: str) -> tuple[float, ...]:
        return tuple(ours / empty for ours, empty in zip(rates[kind], rates["empty"], strict=True))

    return [
        Figure("API: accepted questions ÷ an empty view", share("plain"), "", 0.25, COMMAND),
        Figure("the same with an Idempotency-Key", share("keyed"), "", 0.25, COMMAND),
        Figure(f"API: p99 at {CALM} questions/s", waits["plain"], "ms", 50, COMMAND, most=True),
        Figure(f"an empty view's p99 at {CALM}/s", waits["empty"], "ms", None, COMMAND),
        Figure("API: questions accepted", rates["plain"], "questions/s", None, COMMAND),
        Figure("an empty Flask view", rates["empty"], "requests/s", None, COMMAND),
        Figure("API: questions in batches of 1,000", rates["batch"], "questions/s", None, COMMAND),
    ]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=32)
    options = parser.parse_args()
    figures = measure(options.runs, options.seconds, options.connections)
    show(figures)
    keep(figures)


if __name__ == "__main__":
    main()
