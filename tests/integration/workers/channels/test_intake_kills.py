"""Posts doubled, shuffled and batched while the intake is killed again and again."""

import os
import random
import subprocess
import sys
import time
from collections import Counter

import pytest

from tests.intake_bench import IntakeBench
from workers.contracts.question import Status

pytestmark = [pytest.mark.integration, pytest.mark.drill]

PATIENTS, BUBBLES, KILLS = 60, 4, 6
PROGRAM = """
import time
from workers.channels.intake_service import IntakeService
from workers.settings import WorkerSettings
IntakeService(WorkerSettings()).start()
time.sleep(600)
"""


def start(bench: IntakeBench) -> "subprocess.Popen[bytes]":
    environment = os.environ | {"ATENDE_CHANNELS_DIR": str(bench.folder)}
    return subprocess.Popen([sys.executable, "-c", PROGRAM], env=environment)


def test_every_message_is_in_one_question_whatever_is_killed(bench: IntakeBench) -> None:
    chance = random.Random(13)  # noqa: S311 - no secret
    messages = [
        bench.text(
            f"P{patient}B{bubble}?",
            **{"from": f"55419900{patient:05}", "from_user_id": f"BR.{patient}"},
        )
        for patient in range(PATIENTS)
        for bubble in range(BUBBLES)
    ]
    copies = [message for message in messages for _ in range(chance.choice((1, 2, 3)))]
    chance.shuffle(copies)
    posts = [copies[first : first + 7] for first in range(0, len(copies), 7)]
    for number in range(KILLS):
        process = start(bench)
        for post in posts[number::KILLS]:
            bench.post(*post)
        deadline = time.monotonic() + 30  # the dictionaries take their time
        before = bench.inbound.waiting()
        while bench.inbound.waiting() == before and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(chance.random() * 0.1)
        process.kill()
        process.wait()

    last = start(bench)
    try:
        deadline = time.monotonic() + 120
        while bench.inbound.waiting() or bench.redis.exists("atende:1:bursts"):
            assert time.monotonic() < deadline
            time.sleep(0.2)
    finally:
        last.kill()
        last.wait()

    ids = [key.rpartition(":")[2] for key in bench.redis.scan_iter("atende:1:question:*")]
    texts = [each.request.question for each in map(bench.question, ids) if _counts(each.status)]
    said = Counter(word for text in texts for word in text.split())
    assert said == Counter({message["text"]["body"]: 1 for message in messages})
    assert bench.count("message") == len(copies)
    # What a killed worker had stored of a post in hand is met once more when that is read again.
    assert bench.count("repeated") >= len(copies) - len(messages)


def _counts(status: Status) -> bool:
    """Whether a question is asked still: those that were merged into another are cancelled."""
    return status is not Status.CANCELLED
