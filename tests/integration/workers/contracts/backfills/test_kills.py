"""Feeders that die between any two calls lose no row and end none twice."""

import os
import subprocess
import sys
import time
from collections import Counter

import pytest

from tests.filling import CLINIC, Filling, rows
from tests.integration.workers.contracts.conftest import Bench, Drain
from workers.contracts.backfill import BackfillState

pytestmark = pytest.mark.integration
ROWS, FAULTS = 400, range(0, 400, 37)
LEAST_KILLS, MOST_KILLS = 10, 120
#: What a feeder does, again and again, in pieces and in any order. It never stops by itself.
FEEDER = f"""
import random
from tests.filling import CLINIC, Filling, rows
from workers.contracts.backfill import BackfillState
from workers.contracts.connection import connect
from workers.contracts.settings import QueueSettings

settings = QueueSettings()
filling = Filling.open(connect(settings), settings)
filling.make()
print(flush=True)

def add():
    first = random.randrange({ROWS})
    part = rows(range(first, min(first + 50, {ROWS})), faults={FAULTS!r})
    filling.store.add_rows(CLINIC, filling.id, part)
    filling.store.seal(CLINIC, filling.id)

def lost():
    filling.store.lost(filling.now(), filling.store.open_questions(filling.id))

steps = [add, add, filling.feed, filling.feed, filling.collect, filling.collect, lost,
    lambda: filling.feed(7), lambda: filling.store.compact(filling.id),
    lambda: filling.store.withdraw(filling.now())]
while True:
    random.choice(steps)()
"""


def start() -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", FEEDER]
    return subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE)


def answer(drain: Drain, claimed: Counter[str]) -> None:
    claims = drain.claim(5)
    claimed.update(claim.request.question for claim in claims)
    assert all(drain.settle(*claims)) if claims else True


def test_each_row_ends_once_whoever_dies(filling: Filling, bench: Bench) -> None:
    """Two feeders at a time, each killed a moment after it began, while a drain answers."""
    filling.make()
    drain, claimed, kills = bench.drain(), Counter[str](), 0
    while kills < LEAST_KILLS:
        assert kills < MOST_KILLS
        feeders = [start(), start()]
        try:
            for feeder in feeders:
                assert feeder.stdout is not None
                feeder.stdout.readline()
                until = time.monotonic() + 0.02 * (1 + kills * 7 % 10)
                while time.monotonic() < until:
                    answer(drain, claimed)
        finally:
            for feeder in feeders:
                feeder.kill()
                feeder.communicate()
                kills += 1
        assert filling.now().failed <= len(FAULTS)
    assert claimed  # it is in the middle of its work that they died
    filling.store.add_rows(CLINIC, filling.id, rows(range(ROWS), faults=FAULTS))
    filling.store.seal(CLINIC, filling.id)
    while filling.now().state is not BackfillState.DONE:
        filling.feed()
        answer(drain, claimed)
        filling.collect()
    results = filling.all_results()
    assert filling.now().rows == ROWS
    assert sorted(result.row for result in results) == [*range(ROWS)]
    assert filling.now().failed == len(FAULTS)
    assert claimed == Counter({f"Pergunta {n}?": 1 for n in range(ROWS) if n not in FAULTS})
    assert filling.in_lane() == 0
