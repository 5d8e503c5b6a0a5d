"""The example of an agent bot between a stand-in of Chatwoot and the real API and drain."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.bot_bench import ROOT, eventually, running
from tests.bot_platforms import ChatwootPlatform
from tests.integration.bots.conftest import Clinic
from workers.contracts import keys
from workers.contracts.question import Delivery, Lane
from workers.stack.ports import free_port

pytestmark = pytest.mark.integration


@pytest.fixture
def chatwoot() -> Iterator[ChatwootPlatform]:
    platform = ChatwootPlatform()
    with platform.serving():
        yield platform


@pytest.fixture
def bot(clinic: Clinic, chatwoot: ChatwootPlatform, tmp_path: Path) -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    env = {
        "ATENDE_URL": clinic.url,
        "ATENDE_API_KEY": clinic.key,
        "CALLBACK_SECRET": clinic.secret,
        "CHATWOOT_URL": chatwoot.url,
        "CHATWOOT_BOT_TOKEN": chatwoot.TOKEN,
        "CHATWOOT_BOT_SECRET": chatwoot.SECRET,
        "BOT_URL": url,
        "BOT_FILE": str(tmp_path / "bot.sqlite"),
        "PYTHONPATH": os.pathsep.join([str(ROOT / "examples" / "bots"), str(ROOT)]),
    }
    command = [sys.executable, "-m", "gunicorn", "--threads", "8", "--bind", f"127.0.0.1:{port}"]
    with running([*command, "chatwoot:app_from_environment()"], env, url, tmp_path / "bot.log"):
        yield url


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
        chatwoot.message(19, "oi", conversation={"id": 7, "status": "open"}),
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
