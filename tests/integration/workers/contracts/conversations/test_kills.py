"""Processes that die between any two calls lose no bubble and ask nothing twice."""

import os
import subprocess
import sys
import time
from collections import Counter

import pytest

from tests.chat import Chat
from workers.contracts import keys
from workers.contracts.question import Request

pytestmark = pytest.mark.integration
PATIENTS, BUBBLES = 6, 80
LEAST_KILLS, MOST_KILLS = 6, 60
#: What a channel does, again and again: admit what is posted until it is acknowledged, ask what is
#: due. It never stops by itself.
INTAKE = f"""
import random, time
from tests.chat import CHANNEL, Chat
from workers.contracts.connection import connect
from workers.contracts.conversation import PatientMessage
from workers.contracts.conversations import ConversationStore
from workers.contracts.settings import QueueSettings

settings = QueueSettings()
redis = connect(settings)
store = ConversationStore(redis, settings, lease=0.05)
chat = Chat(None, store)
print(flush=True)
while True:
    n = random.randrange({BUBBLES})
    if not redis.sismember("acknowledged", n):
        bubble = PatientMessage(id=f"wamid.{{n}}", text=f"b{{n}}.", sent_at=time.time())
        user = f"BR.{{n % {PATIENTS}}}"
        wait = random.choice([0, 0.02])
        store.admit(CHANNEL, ["user:" + user], {{"user_id": user}}, None, bubble, wait)
        redis.sadd("acknowledged", n)
    for burst in store.take_due(3):
        store.ask(burst, chat.request(burst))
    time.sleep(0.002)
"""


def bubbles_of(request: Request) -> list[str]:
    return request.question.replace("\n", "").split(".")[:-1]


def start() -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", INTAKE]
    return subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE)


def test_no_bubble_is_lost_and_none_asked_twice(chat: Chat) -> None:
    """Two intakes at a time, each killed a moment after it began, while a drain answers."""
    answered: Counter[str] = Counter()
    kills = 0

    def answer() -> None:
        claims = chat.drain.claim(3)
        answered.update(bubble for claim in claims for bubble in bubbles_of(claim.request))
        assert all(chat.drain.settle(*claims)) if claims else True

    while kills < LEAST_KILLS or chat.bench.redis.scard("acknowledged") < BUBBLES:
        assert kills < MOST_KILLS
        intakes = [start(), start()]
        try:
            for intake in intakes:
                assert intake.stdout is not None
                intake.stdout.readline()
                until = time.monotonic() + 0.01 * (1 + kills * 7 % 10)
                while time.monotonic() < until:
                    answer()
        finally:
            for intake in intakes:
                intake.kill()
                intake.communicate()
                kills += 1
    while chat.bench.redis.exists(keys.BURSTS):
        chat.pass_time()
        for burst in chat.store.take_due(100):
            chat.try_to_ask(burst)
        answer()
    answer()
    assert answered == Counter({f"b{n}": 1 for n in range(BUBBLES)})
