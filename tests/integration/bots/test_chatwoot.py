"""The example of an agent bot between a stand-in of Chatwoot and the real API and drain."""

import importlib.util
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from werkzeug.serving import make_server

from tests.bot_bench import ROOT, eventually, running
from tests.bot_platforms import ChatwootPlatform
from tests.integration.bots.conftest import Clinic
from workers.contracts import keys
from workers.contracts.question import Delivery, Lane
from workers.stack.ports import free_port

pytestmark = pytest.mark.integration
PERSON = {"id": 5, "name": "Ana", "type": "user"}
BOT = {"id": 9, "name": "Atende", "type": "agent_bot"}


@pytest.fixture(scope="module")
def example() -> Any:  # noqa: ANN401 - the module
    spec = importlib.util.spec_from_file_location("chatwoot", ROOT / "examples/bots/chatwoot.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def chatwoot() -> Iterator[ChatwootPlatform]:
    platform = ChatwootPlatform()
    with platform.serving():
        yield platform


@pytest.fixture
def env(clinic: Clinic, chatwoot: ChatwootPlatform, tmp_path: Path) -> dict[str, str]:
    port = free_port()
    return {
        "ATENDE_URL": clinic.url,
        "ATENDE_API_KEY": clinic.key,
        "CALLBACK_SECRET": clinic.secret,
        "CHATWOOT_URL": chatwoot.url,
        "CHATWOOT_BOT_TOKEN": chatwoot.TOKEN,
        "CHATWOOT_BOT_SECRET": chatwoot.SECRET,
        "BOT_URL": f"http://127.0.0.1:{port}",
        "BOT_FILE": str(tmp_path / "bot.sqlite"),
    }


@pytest.fixture
def bot(example: Any, env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:  # noqa: ANN401
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    with served(example.app_from_environment(), env["BOT_URL"]):
        yield env["BOT_URL"]


@contextmanager
def served(app: Any, url: str) -> Iterator[None]:  # noqa: ANN401
    """An app in threads of this process: it starts at once."""
    server = make_server("127.0.0.1", int(url.rpartition(":")[2]), app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def waiting(clinic: Clinic) -> int:
    return clinic.drained.store.waiting()[Lane.INTERACTIVE]


def test_an_answer_with_its_sources_in_a_private_note(bot: str, chatwoot: ChatwootPlatform) -> None:
    event = chatwoot.message(11, "Qual o preparo da colonoscopia? É <urgente> & importante")
    assert chatwoot.post(bot, event) == 200
    eventually(lambda: len(chatwoot.calls) == 2)
    assert "jejum de 8 horas" in chatwoot.said(private=False)[0]
    assert chatwoot.said(private=True) == ["Fontes: Colonoscopia (colonoscopia.md)"]
    assert {call.headers["api_access_token"] for call in chatwoot.calls} == {chatwoot.TOKEN}


def test_what_needs_a_person_is_handed_over(bot: str, chatwoot: ChatwootPlatform) -> None:
    assert chatwoot.post(bot, chatwoot.message(12, "quero falar com um atendente")) == 200
    eventually(lambda: len(chatwoot.calls) == 3)
    assert chatwoot.steps() == ["messages", "toggle_status", "messages"]
    assert chatwoot.calls[1].body == {"status": "open"}
    assert chatwoot.said(private=True) == ["Precisa de uma pessoa: person_asked"]


def test_an_emergency_is_urgent(bot: str, chatwoot: ChatwootPlatform) -> None:
    assert chatwoot.post(bot, chatwoot.message(13, "dor no peito e falta de ar agora")) == 200
    eventually(lambda: len(chatwoot.calls) == 4)
    assert chatwoot.steps() == ["messages", "toggle_priority", "toggle_status", "messages"]
    assert "192" in chatwoot.said(private=False)[0]


def test_what_is_sent_twice_is_done_once(
    bot: str, chatwoot: ChatwootPlatform, clinic: Clinic
) -> None:
    event = chatwoot.message(14, "preparo da colonoscopia")
    chatwoot.replies = [500]  # Chatwoot is away for a moment: Atende's callback has to come again
    assert [chatwoot.post(bot, event) for _ in range(3)] == [200] * 3
    eventually(lambda: len(chatwoot.calls) == 2)
    (name,) = clinic.drained.redis.keys(keys.question("*"))
    question_id = str(name).removeprefix(keys.question(""))
    arrived = clinic.drained.store.arrivals
    eventually(lambda: arrived([question_id])[question_id].delivery is Delivery.DELIVERED)
    record = clinic.drained.store.get(question_id)
    assert record is not None
    assert record.delivery_attempts == 2
    assert len(chatwoot.said(private=False)) == 1


def test_a_part_that_failed_is_done_later_and_no_other_again(
    bot: str, chatwoot: ChatwootPlatform
) -> None:
    chatwoot.replies = [200, 200, 500]  # said, opened; the note fails
    assert chatwoot.post(bot, chatwoot.message(15, "quero falar com um atendente")) == 200
    eventually(lambda: len(chatwoot.calls) == 2)
    assert chatwoot.post(bot, chatwoot.opened()) == 200  # as Chatwoot tells of what the bot did
    eventually(lambda: len(chatwoot.calls) == 3)
    assert chatwoot.steps() == ["messages", "toggle_status", "messages"]
    assert chatwoot.said(private=True) == ["Precisa de uma pessoa: person_asked"]


def test_whoever_opens_the_conversation_meanwhile_has_it(
    bot: str, chatwoot: ChatwootPlatform, clinic: Clinic
) -> None:
    assert chatwoot.post(bot, chatwoot.message(16, "preparo da colonoscopia, devagar")) == 200
    eventually(lambda: len(clinic.drained.engine.started) == 1)
    assert chatwoot.post(bot, chatwoot.opened()) == 200
    clinic.drained.let_go()
    eventually(lambda: len(chatwoot.calls) == 1)
    assert chatwoot.said(private=False) == []
    assert chatwoot.said(private=True)[0].startswith("Não enviado, pois alguém já atende:")


def test_what_is_not_the_bots_is_not_asked(
    bot: str, chatwoot: ChatwootPlatform, clinic: Clinic
) -> None:
    for event in (
        chatwoot.message(17, "Sim, 8 horas.", message_type="outgoing"),
        chatwoot.message(18, "nota da equipe", private=True),
        chatwoot.message(19, "oi", conversation={"id": 7, "status": "open", "inbox_id": 2}),
        {"event": "webwidget_triggered", "account": {"id": 1}},
    ):
        assert chatwoot.post(bot, event) == 200
    assert waiting(clinic) == 0
    assert clinic.drained.redis.keys(keys.question("*")) == []


def test_a_message_without_text_is_a_persons(bot: str, chatwoot: ChatwootPlatform) -> None:
    for _ in range(2):
        assert chatwoot.post(bot, chatwoot.message(20, None)) == 200
    assert chatwoot.steps() == ["messages", "toggle_status"]


def test_a_forged_or_an_old_post_is_refused(
    bot: str, chatwoot: ChatwootPlatform, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = chatwoot.message(21, "preparo da colonoscopia")
    assert chatwoot.post(bot, event, sent_at=0) == 401
    monkeypatch.setattr(ChatwootPlatform, "SECRET", "another")
    assert chatwoot.post(bot, event) == 401
    assert httpx.post(f"{bot}/chatwoot", json=event).status_code == 401
    assert httpx.post(f"{bot}/atende", json={"data": {}}).status_code == 401
    assert waiting(clinic) == 0
    assert chatwoot.calls == []


def test_where_atende_refuses_chatwoot_is_told_so(
    bot: str, chatwoot: ChatwootPlatform, clinic: Clinic
) -> None:
    assert chatwoot.post(bot, chatwoot.message(22, "a" * 5000)) == 503  # longer than it takes
    assert waiting(clinic) == 0
    assert chatwoot.calls == []  # Chatwoot opens the conversation itself


def test_the_documented_line_starts_it(
    chatwoot: ChatwootPlatform, env: dict[str, str], tmp_path: Path
) -> None:
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT / "examples" / "bots"), str(ROOT)])
    bind = env["BOT_URL"].removeprefix("http://")
    command = [sys.executable, "-m", "gunicorn", "--threads", "32", "--bind", bind]
    started = [*command, "chatwoot:app_from_environment()"]
    with running(started, env, env["BOT_URL"], tmp_path / "bot.log"):
        question = "Qual o preparo da colonoscopia?"
        assert chatwoot.post(env["BOT_URL"], chatwoot.message(23, question)) == 200
        eventually(lambda: len(chatwoot.calls) == 2)
    assert question not in (tmp_path / "bot.log").read_text("utf-8")


@pytest.mark.parametrize("sender", [PERSON, None])
def test_whoever_writes_to_the_patient_has_the_conversation(
    bot: str, chatwoot: ChatwootPlatform, clinic: Clinic, sender: dict[str, Any] | None
) -> None:
    assert chatwoot.post(bot, chatwoot.message(24, "preparo da colonoscopia, devagar")) == 200
    eventually(lambda: len(clinic.drained.engine.started) == 1)
    reply = chatwoot.message(
        25,
        "Olá, aqui é a Ana.",
        message_type="outgoing",
        sender=sender,
        content_attributes={} if sender else {"external_echo": True},  # of the telephone
    )
    assert [chatwoot.post(bot, reply) for _ in range(2)] == [200, 200]
    assert chatwoot.steps() == ["toggle_status"]  # Chatwoot leaves it pending
    clinic.drained.let_go()
    eventually(lambda: len(chatwoot.calls) == 2)
    assert chatwoot.said(private=False) == []
    assert chatwoot.said(private=True)[0].startswith("Não enviado")


def test_what_programs_write_takes_no_conversation(
    bot: str, chatwoot: ChatwootPlatform, clinic: Clinic
) -> None:
    for number, sender in enumerate((BOT, None), 26):
        event = chatwoot.message(number, "Olá!", message_type="outgoing", sender=sender)
        assert chatwoot.post(bot, event) == 200
    note = chatwoot.message(28, "ligar", message_type="outgoing", sender=PERSON, private=True)
    assert chatwoot.post(bot, note) == 200
    away = chatwoot.message(
        29, "Estou de férias.", content_attributes={"email": {"auto_reply": True}}
    )
    assert chatwoot.post(bot, away) == 200
    assert chatwoot.calls == []
    assert clinic.drained.redis.keys(keys.question("*")) == []


def test_an_older_event_that_comes_later_gives_nothing_back(
    bot: str, chatwoot: ChatwootPlatform
) -> None:
    assert chatwoot.post(bot, chatwoot.opened(updated_at=20.5)) == 200
    pending = {"id": 7, "status": "pending", "inbox_id": 2, "updated_at": 10.5}
    assert chatwoot.post(bot, chatwoot.message(30, "oi", conversation=pending)) == 200
    eventually(lambda: len(chatwoot.calls) == 1)
    assert chatwoot.said(private=False) == []
    again = pending | {"updated_at": 30.5}  # a person gave it back
    assert chatwoot.post(bot, chatwoot.message(31, "oi", conversation=again)) == 200
    eventually(lambda: len(chatwoot.said(private=False)) == 1)


def test_an_emergency_is_told_whoever_has_the_conversation(
    bot: str, chatwoot: ChatwootPlatform
) -> None:
    assert chatwoot.post(bot, chatwoot.opened(updated_at=20.5)) == 200
    pending = {"id": 7, "status": "pending", "inbox_id": 2, "updated_at": 10.5}
    event = chatwoot.message(32, "não aguento mais, quero morrer", conversation=pending)
    assert chatwoot.post(bot, event) == 200
    eventually(lambda: len(chatwoot.calls) == 4)
    assert "188" in chatwoot.said(private=False)[0]


def test_an_old_message_is_a_persons(bot: str, chatwoot: ChatwootPlatform, clinic: Clinic) -> None:
    old = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    event = chatwoot.message(33, "preparo da colonoscopia", created_at=old)
    assert [chatwoot.post(bot, event) for _ in range(2)] == [200, 200]
    assert chatwoot.steps() == ["messages", "toggle_status"]
    assert clinic.drained.redis.keys(keys.question("*")) == []


def test_a_slow_chatwoot_keeps_no_message_waiting(
    bot: str, chatwoot: ChatwootPlatform, clinic: Clinic
) -> None:
    chatwoot.open.clear()
    assert chatwoot.post(bot, chatwoot.message(34, "oi")) == 200
    eventually(lambda: waiting(clinic) == 0)
    time.sleep(0.5)  # its answer is on its way to Chatwoot, and waits there
    begun = time.monotonic()
    assert chatwoot.post(bot, chatwoot.message(35, "obrigado")) == 200
    assert time.monotonic() - begun < 4
    chatwoot.open.set()
    eventually(lambda: len(chatwoot.said(private=False)) == 2)


def test_what_was_asked_before_a_restart_is_sent_after_it(
    example: Any,  # noqa: ANN401
    env: dict[str, str],
    chatwoot: ChatwootPlatform,
    clinic: Clinic,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    url = env["BOT_URL"]
    with served(example.app_from_environment(), url):
        event = chatwoot.message(36, "preparo da colonoscopia, devagar")
        assert chatwoot.post(url, event) == 200
        eventually(lambda: len(clinic.drained.engine.started) == 1)
    clinic.drained.let_go()
    eventually(lambda: waiting(clinic) == 0)
    with served(example.app_from_environment(), url):
        eventually(lambda: len(chatwoot.calls) == 2)
        assert chatwoot.post(url, event) == 200
    assert len(chatwoot.said(private=False)) == 1
    assert len(clinic.drained.engine.started) == 1


@pytest.mark.parametrize("name", ["CHATWOOT_BOT_SECRET", "CALLBACK_SECRET", "ATENDE_API_KEY"])
@pytest.mark.parametrize("value", ["", "whsec_"])
def test_without_a_secret_it_does_not_start(
    example: Any,  # noqa: ANN401
    env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
) -> None:
    for each, setting in (env | {name: value}).items():
        monkeypatch.setenv(each, setting)
    with pytest.raises(example.SettingsError, match=name):
        example.app_from_environment()
