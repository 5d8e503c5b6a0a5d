"""The bots in plain Python and JavaScript: one suite, each against the real API and drain."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from tests.bot_bench import ROOT, eventually, running
from tests.bot_platforms import Platform
from tests.integration.bots.conftest import Clinic
from tests.node_tools import node
from workers.stack.ports import free_port

pytestmark = pytest.mark.integration
TOKEN = "a token of the channel"


@dataclass(frozen=True)
class PlainBot:
    url: str
    secret: str

    def write(self, number: int, text: str) -> int:
        """Hand a patient's message to the bot; gives its status."""
        message = {"id": f"m{number}", "contact": "+5541999990000", "text": text}
        headers = {"Authorization": f"Bearer {TOKEN}"}
        return httpx.post(f"{self.url}/message", json=message, headers=headers).status_code

    def call_back(self, number: int, sent_at: datetime | None = None, secret: str = "") -> int:
        """Post a signed outcome to the bot; gives its status."""
        sent_at = sent_at or datetime.now(UTC)
        data = {"status": "answered", "text": "Não há.", "metadata": {"contact": "+55"}}
        body = json.dumps({"type": "question.answered", "data": data}, ensure_ascii=False)
        headers = {
            "webhook-id": f"msg_{number}",
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": "v1,AAAA "
            + Webhook(secret or self.secret).sign(f"msg_{number}", sent_at, body),
            "Content-Type": "application/json",
        }
        return httpx.post(f"{self.url}/atende", content=body, headers=headers).status_code


@pytest.fixture
def channel() -> Iterator[Platform]:
    platform = Platform()
    with platform.serving():
        yield platform


@pytest.fixture(params=["plain.py", "plain.mjs"])
def command(request: pytest.FixtureRequest) -> list[str]:
    """The program and its script."""
    script = ROOT / "examples" / "bots" / request.param
    return [sys.executable if script.suffix == ".py" else node(), str(script)]


@pytest.fixture
def env(clinic: Clinic, channel: Platform, tmp_path: Path) -> dict[str, str]:
    port = free_port()
    return {
        "ATENDE_URL": clinic.url,
        "ATENDE_API_KEY": clinic.key,
        "CALLBACK_SECRET": clinic.secret,
        "BOT_URL": f"http://127.0.0.1:{port}",
        "BOT_TOKEN": TOKEN,
        "SEND_URL": f"{channel.url}/send",
        "BOT_FILE": str(tmp_path / "bot.file"),
        "PORT": str(port),
    }


@pytest.fixture
def bot(
    command: list[str], env: dict[str, str], clinic: Clinic, tmp_path: Path
) -> Iterator[PlainBot]:
    with running(command, env, env["BOT_URL"], tmp_path / "bot.log"):
        yield PlainBot(env["BOT_URL"], clinic.secret)


def test_from_the_message_to_the_answer(bot: PlainBot, channel: Platform) -> None:
    assert bot.write(1, "Qual o preparo da colonoscopia?") == 202
    eventually(lambda: len(channel.calls) == 1)
    (sent,) = channel.bodies("/send")
    assert sent["contact"] == "+5541999990000"
    assert "jejum de 8 horas" in sent["text"]
    assert sent["needs_person"] is False


def test_a_person_is_called_where_one_is_needed(bot: PlainBot, channel: Platform) -> None:
    assert bot.write(2, "quero falar com um atendente") == 202
    eventually(lambda: len(channel.calls) == 1)
    assert channel.bodies("/send")[0]["needs_person"] is True


def test_a_message_that_comes_twice_is_answered_once(
    bot: PlainBot, channel: Platform, clinic: Clinic
) -> None:
    assert [bot.write(3, "preparo da colonoscopia") for _ in range(2)] == [202, 202]
    eventually(lambda: len(channel.calls) == 1)
    assert len(clinic.drained.engine.started) == 1


def test_a_callback_that_comes_twice_is_sent_once(bot: PlainBot, channel: Platform) -> None:
    with ThreadPoolExecutor(4) as pool:  # also at the same time
        assert [*pool.map(bot.call_back, [4] * 4)] == [200] * 4
    assert bot.call_back(4) == 200
    assert [each["text"] for each in channel.bodies("/send")] == ["Não há."]


def test_what_could_not_be_sent_is_sent_when_it_comes_again(
    bot: PlainBot, channel: Platform
) -> None:
    channel.replies = [500]
    assert bot.call_back(5) == 503
    assert bot.call_back(5) == 200
    assert len(channel.calls) == 1


def test_forged_and_old_callbacks_are_refused(bot: PlainBot, channel: Platform) -> None:
    now = datetime.now(UTC)
    assert bot.call_back(6, now - timedelta(minutes=6)) == 401
    assert bot.call_back(6, now + timedelta(minutes=6)) == 401
    assert bot.call_back(6, secret="whsec_" + "AAAA" * 8) == 401
    assert httpx.post(f"{bot.url}/atende", json={"data": {}}).status_code == 401
    assert channel.calls == []


def test_a_slow_channel_keeps_no_other_waiting(bot: PlainBot, channel: Platform) -> None:
    channel.open.clear()
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(bot.call_back, 8), pool.submit(bot.call_back, 9)
        eventually(lambda: channel.came == 2)
        channel.open.set()
        assert (first.result(), second.result()) == (200, 200)


def test_what_was_sent_is_remembered_over_a_restart(
    command: list[str], env: dict[str, str], channel: Platform, tmp_path: Path
) -> None:
    bot = PlainBot(env["BOT_URL"], env["CALLBACK_SECRET"])
    for _ in range(2):
        with running(command, env, bot.url, tmp_path / "bot.log"):
            assert bot.call_back(10) == 200
    assert len(channel.calls) == 1


@pytest.mark.parametrize(
    ("name", "value"), [("BOT_TOKEN", ""), ("CALLBACK_SECRET", ""), ("CALLBACK_SECRET", "whsec_")]
)
def test_without_a_secret_it_does_not_start(
    command: list[str], env: dict[str, str], name: str, value: str
) -> None:
    settings = os.environ | env | {name: value}
    done = subprocess.run(
        command, env=settings, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert name in done.stderr


def test_messages_of_strangers_and_what_is_no_message_are_refused(
    bot: PlainBot, clinic: Clinic
) -> None:
    message = {"id": "m7", "contact": "+55", "text": "preparo da colonoscopia"}
    assert httpx.post(f"{bot.url}/message", json=message).status_code == 401
    headers = {"Authorization": f"Bearer {TOKEN}"}
    for content, status in (
        (b"{", 400),
        (b"[]", 400),
        (b"null", 400),
        (json.dumps({"contact": "+55", "text": "jejum?"}).encode(), 400),  # whose id would it be?
        (json.dumps(message | {"id": 7}).encode(), 400),
        (json.dumps(message | {"contact": ""}).encode(), 400),
        (json.dumps(message | {"id": "日"}).encode(), 400),  # no header can carry it
        (json.dumps(message | {"text": "a" * 5000}).encode(), 422),  # longer than Atende takes
        (b"x" * 2_000_000, 413),
    ):
        try:
            reply = httpx.post(f"{bot.url}/message", content=content, headers=headers)
        except httpx.TransportError:
            continue  # it hung up on what it does not read
        assert reply.status_code == status
    assert httpx.post(f"{bot.url}/other", json={}).status_code == 404
    time.sleep(0.2)
    assert clinic.drained.engine.started == []
