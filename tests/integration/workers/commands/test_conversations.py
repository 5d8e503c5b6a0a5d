"""`atende conversations`, typed as an attendant types it, against the API and a real Valkey."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from redis import Redis

from workers.contracts.api_keys import ApiKeys, Scope
from workers.contracts.conversation import ChannelKey, PatientMessage
from workers.contracts.conversations import ConversationStore
from workers.contracts.numbers import canonical
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration
Typed = Callable[..., tuple[int, str]]


@pytest.fixture
def store(redis: Redis, queue_settings: QueueSettings) -> ConversationStore:
    return ConversationStore(redis, queue_settings)


@pytest.fixture
def atende(api_url: str, redis: Redis, tmp_path: Path) -> Typed:
    """Types a command with the key of the clinic's reception."""
    key = ApiKeys(redis).create("clinica", frozenset({Scope.ATTEND}), "recepção")

    def typed(*arguments: str) -> tuple[int, str]:
        own = {
            "ATENDE_DATA_DIR": str(tmp_path),
            "ATENDE_URL": api_url,
            "ATENDE_API_KEY": key,
            "COLUMNS": "300",
        }
        process = subprocess.run(
            [sys.executable, "-c", "import atende; atende.main()", "conversations", *arguments],
            env=os.environ | own,
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return process.returncode, process.stdout + process.stderr

    return typed


def test_an_attendant_s_way_from_the_list_to_the_close(
    atende: Typed, store: ConversationStore
) -> None:
    assert "Nobody waits" in atende("list")[1]
    message = PatientMessage(id="wamid.1", text="Quero falar com alguém", sent_at=time.time())
    key, recipient = ChannelKey("clinica", "recepcao"), {"phone": "+5541999990000"}
    admission = store.admit(key, ["phone:+5541999990000"], recipient, "Conceição", message, 0)
    conversation = admission.conversation
    status, output = atende("claim", conversation, "--attendant", "Joana")
    assert (status, f"Joana has {conversation}." in output) == (0, True)
    status, output = atende("list")
    assert status == 0
    assert "Conceição, +5541999990000" in output
    assert "Joana has it" in output

    status, output = atende("reply", conversation, "Pode vir às 9h.", "--attendant", "Joana")
    assert status == 0, output
    status, output = atende("show", conversation)
    assert status == 0
    assert "Quero falar com alguém" in output
    assert "Pode vir às 9h." in output
    assert "on its way" in output
    status, output = atende("reply", conversation, "Oi", "--attendant", "Bia")
    assert status == 1
    assert "(409): Joana has this conversation. Nothing was changed or sent" in output

    assert atende("close", conversation, "--attendant", "Joana")[0] == 0
    assert "Nobody waits" in atende("list")[1]
    status, output = atende("list", "--all", "--json")
    assert [each["id"] for each in json.loads(output)["conversations"]] == [conversation]


def test_a_pause_a_release_and_an_erasure(atende: Typed, store: ConversationStore) -> None:
    message = PatientMessage(id="wamid.1", text="Oi", sent_at=time.time())
    key = ChannelKey("clinica", "recepcao")
    conversation = store.admit(key, ["user:BR.1"], {"user_id": "BR.1"}, None, message, 0)
    name = conversation.conversation
    status, output = atende("pause", name, "--hours", "2")
    assert status == 0
    assert "silent until" in output
    assert "(recepção)" in output
    assert atende("resume", name)[0] == 0
    assert store.get(name).paused_until is None  # type: ignore[union-attr]
    assert atende("claim", name)[0] == 0
    assert atende("release", name)[0] == 0
    status, output = atende("erase", name)
    assert status == 1
    assert "Nothing was erased" in output
    assert store.get(name) is not None
    status, output = atende("erase", name, "--yes")
    assert status == 0
    assert store.get(name) is None
    status, output = atende("show", name)
    assert status == 1
    assert "no conversation of this id" in output
    assert "no conversation's id" in atende("show", "../questions")[1]


def test_all_of_a_contact_s_conversations_are_erased_by_its_number_or_user_id(
    atende: Typed, store: ConversationStore
) -> None:
    def written(user: str, phone: str, channel: str) -> str:
        message = PatientMessage(id=f"wamid.{user}{channel}", text="Oi", sent_at=time.time())
        key, recipient = ChannelKey("clinica", channel), {"user_id": user, "phone": phone}
        aliases = [f"user:{user}", f"phone:{canonical(phone)}"]
        return store.admit(key, aliases, recipient, None, message, 0).conversation

    hers = {written("BR.1", "+5541999990000", name) for name in ("recepcao", "exames")}
    other, third = (written(f"BR.{n}", f"+554199999000{n}", "recepcao") for n in (2, 3))
    assert "with its country code" in atende("erase", "--phone", "41999990000", "--yes")[1]
    assert (
        "No conversation of +5541977770000 is kept"
        in (atende("erase", "--phone", "+5541977770000", "--yes")[1])
    )
    status, output = atende("list", "--phone", "+554199990000", "--json")
    assert {each["id"] for each in json.loads(output)["conversations"]} == hers
    assert "Nothing was erased" in atende("erase", "--phone", "+5541999990000")[1]
    assert all(store.get(each) for each in hers)
    status, output = atende("erase", "--phone", "+55 41 99999-0000", "--yes")
    assert status == 0, output
    assert all(each in output for each in hers)
    assert "7 days" in output
    assert not any(store.get(each) for each in hers)
    assert atende("erase", "--user", "BR.2", "--yes")[0] == 0
    assert (store.get(other), store.get(third) is None) == (None, False)
    for wrong in (["erase", "--yes"], ["erase", third, "--user", "BR.3", "--yes"]):
        assert "Nothing was erased. Name what to erase" in atende(*wrong)[1]
    assert store.get(third) is not None


def test_who_writes_mails_is_listed_and_erased_by_address(
    atende: Typed, store: ConversationStore
) -> None:
    message = PatientMessage(id="<a@exemplo>", text="Oi", sent_at=time.time())
    recipient = {"email": "ana@exemplo.com.br", "subject": "Preparo"}
    key = ChannelKey("clinica", "contato", "email")
    name = store.admit(key, ["thread:a"], recipient, "Ana", message, 0).conversation
    status, output = atende("list", "--email", "Ana@exemplo.com.br")
    assert (status, "Preparo" in output) == (0, True)
    assert "contato (email)" in atende("show", name)[1]
    assert "whole address" in atende("list", "--email", "ana")[1]
    assert "once" in atende("list", "--email", "a@b", "--user", "BR.1")[1]
    assert atende("erase", "--email", "ana@exemplo.com.br", "--yes")[0] == 0
    assert store.get(name) is None
