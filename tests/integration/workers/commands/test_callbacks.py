"""`atende callbacks`, typed as an operator types it, against a real Valkey."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from workers.contracts import keys
from workers.contracts.claims import ClaimStore, LaneCursor, Settlement
from workers.contracts.connection import connect_async
from workers.contracts.outbox import Outbox
from workers.contracts.question import Delivery, Outcome, Request, Status
from workers.contracts.questions import QuestionStore
from workers.contracts.reply import WebhookAddress
from workers.contracts.settings import QueueSettings
from workers.stack.ports import free_port

pytestmark = pytest.mark.integration
GiveUp = Callable[[str], str]


@pytest.fixture
def outbox(redis: Redis, queue_settings: QueueSettings) -> Outbox:
    return Outbox(redis, queue_settings)


@pytest.fixture
def given_up(redis: Redis, queue_settings: QueueSettings, outbox: Outbox) -> GiveUp:
    """Asks and answers a question of a tenant whose callback nobody takes; gives its id."""

    async def answer() -> None:
        connection = connect_async(queue_settings)
        claims = ClaimStore(connection, queue_settings, "w1")
        await claims.open()
        for claim in await claims.claim(100, 100, LaneCursor()):
            outcome = Outcome(status=Status.ANSWERED, text="Sim, 8 horas.")
            assert await claims.settle([Settlement(claim, outcome)]) == [True]
        await connection.aclose()

    def give_up(tenant: str) -> str:
        request = Request(
            tenant=tenant,
            question="Maria Silva pode comer?",
            asked_at=time.time(),
            reply_to=WebhookAddress(url="https://bot.example/segredo?token=abc"),
        )
        question_id = QuestionStore(redis, queue_settings).enqueue(request).id
        asyncio.run(answer())
        outbox.record(question_id, Delivery.DEAD, "HTTP 503; given up after 10 attempts")
        return question_id

    return give_up


def callbacks(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    process = subprocess.run(
        [sys.executable, "-c", "import atende; atende.main()", "callbacks", *arguments],
        env=os.environ | {"ATENDE_DATA_DIR": str(folder), "COLUMNS": "300"} | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return process.returncode, process.stdout + process.stderr


def test_the_list_shows_all_clinics_or_one_and_nothing_of_a_patient(
    tmp_path: Path, given_up: GiveUp
) -> None:
    own, other = given_up("clinica"), given_up("outra [b]")
    status, output = callbacks(tmp_path, "list")
    assert status == 0
    assert "outra [b]" in output
    row = output[output.index(own) :].splitlines()
    assert row[0].split()[-1] == "https://bot.example"
    assert row[1].strip() == "HTTP 503; given up after 10 attempts"
    assert not any(secret in output for secret in ("Maria", "segredo", "token", "horas"))
    status, output = callbacks(tmp_path, "list", "--tenant", "clinica")
    assert own in output
    assert other not in output
    status, output = callbacks(tmp_path, "list", "--limit", "1")
    assert "the newest 1" in output
    assert callbacks(tmp_path, "list", "--limit", "0")[0] == 2  # wrongly typed


def test_the_list_as_json(tmp_path: Path, given_up: GiveUp) -> None:
    assert json.loads(callbacks(tmp_path, "list", "--json")[1]) == {"callbacks": [], "more": False}
    question_id = given_up("clinica")
    (callback,) = json.loads(callbacks(tmp_path, "list", "--json")[1])["callbacks"]
    assert (callback["id"], callback["tenant"]) == (question_id, "clinica")
    assert (callback["receiver"], callback["attempts"]) == ("https://bot.example", 1)
    assert callback["recent"][0]["detail"] == "HTTP 503; given up after 10 attempts"


def test_an_empty_list_says_so(tmp_path: Path, redis: Redis) -> None:
    redis.ping()
    for arguments in (["list"], ["replay", "--all"]):
        status, output = callbacks(tmp_path, *arguments)
        assert status == 0
        assert "No callback was given up" in output


def test_a_replay_says_of_each_what_became_of_it(
    tmp_path: Path, given_up: GiveUp, outbox: Outbox
) -> None:
    first, second = given_up("clinica"), given_up("outra")
    status, output = callbacks(tmp_path, "replay", first, first)
    assert status == 0
    assert f"{first}: will be sent again." in output
    assert "1 replayed, 0 not." in output
    assert outbox.lease(60, 10) == [first]
    status, output = callbacks(tmp_path, "replay", "nonsense", first, second)
    assert status == 1
    assert "nonsense: not replayed, there is no question with this id" in output
    assert f"{first}: not replayed, its callback is in line already" in output
    assert f"{second}: will be sent again." in output
    assert "1 replayed, 2 not." in output
    assert outbox.sizes() == {Delivery.PENDING: 2, Delivery.DEAD: 0}


def test_all_of_one_clinic_are_replayed(tmp_path: Path, given_up: GiveUp, outbox: Outbox) -> None:
    own, other = [given_up("clinica") for _ in range(3)], given_up("outra")
    status, output = callbacks(tmp_path, "replay", other, "--tenant", "clinica")
    assert status == 1
    assert "no question of clinica with this id" in output
    status, output = callbacks(tmp_path, "replay", "--all", "--tenant", "clinica")
    assert status == 0
    assert "3 replayed, 0 not." in output
    assert sorted(outbox.lease(60, 10)) == sorted(own)
    assert outbox.sizes()[Delivery.DEAD] == 1
    assert "1 replayed, 0 not." in callbacks(tmp_path, "replay", "--all")[1]


def test_a_record_that_cannot_be_read_is_listed_as_such(
    tmp_path: Path, given_up: GiveUp, redis: Redis
) -> None:
    question_id = given_up("clinica")
    redis.hset(keys.question(question_id), "outcome", b"\xff")
    status, output = callbacks(tmp_path, "list")
    assert status == 0
    assert "its record cannot be read" in output
    assert json.loads(callbacks(tmp_path, "list", "--json")[1])["callbacks"][0]["tenant"] is None


@pytest.mark.parametrize("arguments", [[], ["a" * 32, "--all"]])
def test_which_ones_must_be_clear(tmp_path: Path, arguments: list[str]) -> None:
    status, output = callbacks(tmp_path, "replay", *arguments)
    assert status == 1
    assert "Nothing was changed" in output


@pytest.mark.parametrize("arguments", [["list"], ["replay", "--all"]])
def test_without_a_queue_it_says_how_to_start_one(tmp_path: Path, arguments: list[str]) -> None:
    nowhere = f"redis://127.0.0.1:{free_port()}/0"
    status, output = callbacks(tmp_path, *arguments, ATENDE_REDIS_URL=nowhere)
    assert status == 1
    assert "atende up" in output
    assert "Traceback" not in output
