"""The example workflows of n8n, in a stand-in of it, against the real API and drain."""

import base64
import hmac
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from tests.bot_bench import ROOT, SHORT_WAIT, eventually, running
from tests.bot_platforms import Platform
from tests.integration.bots.conftest import Clinic
from tests.node_tools import node
from workers.stack.ports import free_port

pytestmark = pytest.mark.integration
WORKFLOWS = [str(ROOT / "examples" / "bots" / name) for name in ("n8n.json", "n8n-callback.json")]
TOKEN = {"Authorization": "Bearer a token of the channel"}


@dataclass(frozen=True)
class N8n:
    url: str
    secret: str

    def write(self, path: str, number: int, text: str) -> httpx.Response:
        message = {"id": f"n{number}", "contact": "+55", "text": text}
        return httpx.post(f"{self.url}/webhook/{path}", json=message, headers=TOKEN, timeout=30)

    def call_back(self, number: int, minutes: int = 0, secret: str = "") -> int:
        sent_at = datetime.now(UTC) + timedelta(minutes=minutes)
        data = {"status": "answered", "text": "Não há.", "metadata": {"contact": "+55"}}
        body = json.dumps({"type": "question.answered", "data": data}, ensure_ascii=False)
        headers = {
            "webhook-id": f"msg_{number}",
            "webhook-timestamp": str(int(sent_at.timestamp())),
            "webhook-signature": Webhook(secret or self.secret).sign(
                f"msg_{number}", sent_at, body
            ),
        }
        url = f"{self.url}/webhook/atende-resultado"
        return httpx.post(url, content=body, headers=headers, timeout=30).status_code


@pytest.fixture
def channel() -> Iterator[Platform]:
    platform = Platform()
    with platform.serving():
        yield platform


@pytest.fixture
def n8n(clinic: Clinic, channel: Platform, tmp_path: Path) -> Iterator[N8n]:
    with running_n8n(clinic, channel, tmp_path) as n8n:
        yield n8n


@contextmanager
def running_n8n(
    clinic: Clinic, channel: Platform, folder: Path, secret: str | None = None
) -> Iterator[N8n]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    addresses = {
        "http://localhost:8080": clinic.url,
        "http://localhost:5678": url,
        "http://localhost:9100": channel.url,
    }
    keys = {"atende": f"Bearer {clinic.key}", "atende-bot": TOKEN["Authorization"]}
    env = {
        "PORT": str(port),
        "WORKFLOWS": json.dumps(WORKFLOWS),
        "ADDRESSES": json.dumps(addresses),
        "CREDENTIALS": json.dumps(keys),
        "CALLBACK_SECRET": clinic.secret if secret is None else secret,
    }
    script = Path(__file__).with_name("n8n_stand_in.mjs")
    with running([node(), str(script)], env, url, folder / "n8n.log"):
        yield N8n(url, clinic.secret)


def test_a_message_is_answered_in_one_call(n8n: N8n) -> None:
    reply = n8n.write("atende-mensagem", 1, "Qual o preparo da colonoscopia?")
    assert reply.json() == {
        "text": "Faça jejum de 8 horas e beba água.",
        "needs_person": False,
        "reason": None,
        "sources": ["Colonoscopia"],
    }
    person = n8n.write("atende-mensagem", 2, "quero falar com um atendente").json()
    assert (person["needs_person"], person["reason"]) == (True, "person_asked")


def test_a_slow_answer_is_waited_for_by_the_retries(
    clinic: Clinic, impatient: Clinic, channel: Platform, tmp_path: Path
) -> None:
    with running_n8n(impatient, channel, tmp_path) as n8n, ThreadPoolExecutor(1) as pool:
        writing = pool.submit(n8n.write, "atende-mensagem", 3, "preparo da colonoscopia, devagar")
        time.sleep(SHORT_WAIT + 0.5)  # the first wait is over
        clinic.drained.let_go()
        assert writing.result().json()["text"] == "Faça jejum de 8 horas e beba água."
    assert len(clinic.drained.engine.started) == 1


def test_an_answer_comes_later_and_is_sent(n8n: N8n, channel: Platform) -> None:
    assert n8n.write("atende-mensagem-depois", 4, "Qual o preparo da colonoscopia?").is_success
    eventually(lambda: len(channel.calls) == 1)
    (sent,) = channel.bodies("/send")
    assert sent == {
        "contact": "+55",
        "text": "Faça jejum de 8 horas e beba água.",
        "needs_person": False,
    }


def test_what_comes_twice_is_sent_once_and_what_failed_again(n8n: N8n, channel: Platform) -> None:
    channel.replies = [500]
    assert [n8n.call_back(5) for _ in range(3)] == [500, 200, 200]
    assert len(channel.calls) == 1


def test_forged_and_old_callbacks_are_refused(n8n: N8n, channel: Platform) -> None:
    assert n8n.call_back(6, secret="whsec_" + "AAAA" * 8) == 401
    assert [n8n.call_back(6, minutes) for minutes in (-6, 6)] == [401, 401]
    assert channel.calls == []


@pytest.mark.parametrize("secret", ["", "whsec_"])
def test_with_an_empty_secret_no_callback_is_believed(
    clinic: Clinic, channel: Platform, tmp_path: Path, secret: str
) -> None:
    now = datetime.now(UTC)
    body = json.dumps({"data": {"status": "answered", "text": "R$ 1", "metadata": {}}})
    second = str(int(now.timestamp()))
    digest = hmac.digest(b"", f"msg_7.{second}.{body}".encode(), "sha256")
    headers = {
        "webhook-id": "msg_7",
        "webhook-timestamp": second,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
    with running_n8n(clinic, channel, tmp_path, secret) as n8n:
        url = f"{n8n.url}/webhook/atende-resultado"
        assert httpx.post(url, content=body, headers=headers).status_code == 500
    assert channel.calls == []


def test_strangers_ask_nothing(n8n: N8n, clinic: Clinic) -> None:
    for path in ("atende-mensagem", "atende-mensagem-depois"):
        assert httpx.post(f"{n8n.url}/webhook/{path}", json={"text": "oi"}).status_code == 403
    assert clinic.drained.redis.keys("atende:1:question:*") == []
