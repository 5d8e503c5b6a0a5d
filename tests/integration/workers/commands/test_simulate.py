"""`atende simulate whatsapp`, typed as a newcomer types it, beside a stack that is played.

The real stack is `tests/acceptance/test_whatsapp.py`; here the command itself is tested: its
channel, its handshake, what it shows, and what it says where something is wrong.
"""

import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from filelock import FileLock

from workers.stack import credentials
from workers.stack.credentials import Credentials

pytestmark = pytest.mark.integration


@dataclass
class PlayedStack:
    """Does what the stack does for a patient's text: reads it, and answers with its words.

    `nada` is not answered; `duas` gets two buttons.
    """

    folder: Path
    answers: bool = True
    texts: list[str] = field(default_factory=list)
    echoes: int = 0
    refused: list[int] = field(default_factory=list)
    port: int = 0
    kept: dict[str, tuple[str, str]] = field(default_factory=dict)  # id: user id, channel
    erases: bool = True
    writes_for: float = 0.4  # seconds, as long as a screen needs to show it

    def listed(self, query: dict[str, list[str]]) -> list[dict[str, str]]:
        """The conversations of a contact."""
        (contact,) = query["contact"]
        return [
            {"id": each, "channel": channel}
            for each, (user_id, channel) in self.kept.items()
            if user_id == contact
        ]

    @property
    def channel_file(self) -> Path:
        """The trial's; one that is not there where no trial runs."""
        files = [*(self.folder / "channels").glob("simulador-*.json")]
        assert len(files) <= 1
        return files[0] if files else self.folder / "none"

    @property
    def channel(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.channel_file.read_text("utf-8"))
        return content

    def challenge(self, query: dict[str, list[str]]) -> str | None:
        """What is given back for a handshake; None where the token is unknown."""
        known = self.answers and self.channel["verify_token"] == query["hub.verify_token"][0]
        return query["hub.challenge"][0] if known else None

    def take(self, body: bytes, signature: str) -> None:
        """A webhook came."""
        digest = hmac.new(self.channel["app_secret"].encode(), body, hashlib.sha256).hexdigest()
        assert signature == f"sha256={digest}"
        for entry in json.loads(body)["entry"]:
            for change in entry["changes"]:
                self.echoes += change["field"] == "smb_message_echoes"
                for message in change["value"].get("messages", []):
                    self.answer(message)

    def answer(self, message: dict[str, Any]) -> None:
        user_id, own = message["from_user_id"], self.channel["name"]
        if (user_id, own) not in self.kept.values():
            self.kept[f"{len(self.kept):032x}"] = user_id, own
            self.kept[f"{len(self.kept):032x}"] = user_id, "recepcao"  # the clinic's own: it stays
        text = message.get("text", {}).get("body", message["type"])
        self.texts.append(text)
        if text == "nada":
            return
        self.send({"status": "read", "message_id": message["id"],
                   "typing_indicator": {"type": "text"}})  # fmt: skip
        time.sleep(self.writes_for)
        self.send(
            {
                "to": None,
                "recipient": message["from_user_id"],
                "type": "text",
                "text": {"body": f"*Recebi*: {text}"},
                "context": {"message_id": message["id"]},
            }
        )

    def send(self, content: dict[str, Any]) -> None:
        channel = self.channel
        reply = httpx.post(
            f"{channel['graph_url']}/v25.0/{channel['phone_number_id']}/messages",
            json={"messaging_product": "whatsapp"} | content,
            headers={"Authorization": f"Bearer {channel['token']}"},
        )
        if not reply.is_success:
            self.refused.append(reply.json()["error"]["code"])


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[PlayedStack]:
    """A played stack that runs on a folder, as `atende up` would leave it."""
    stack = PlayedStack(tmp_path)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if urlsplit(self.path).path == "/v1/conversations":
                assert self.headers["Authorization"] == "Bearer key"
                listed = stack.listed(parse_qs(urlsplit(self.path).query))
                content = {"conversations": listed, "next": None}
                self.reply(200 if stack.erases else 403, json.dumps(content).encode())
                return
            challenge = stack.challenge(parse_qs(urlsplit(self.path).query))
            self.reply(200 if challenge else 403, (challenge or "").encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.reply(200, b"")
            self.wfile.flush()
            stack.take(body, self.headers["X-Hub-Signature-256"])

        def do_DELETE(self) -> None:
            del stack.kept[self.path.rpartition("/")[2]]
            self.reply(200, b'{"questions": 1}')

        def reply(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stack.port = server.server_port
        note = {"pid": 1, "url": f"http://127.0.0.1:{stack.port}", "redis_url": "redis://unused"}
        credentials.save(Credentials(secret="s", queue_password="q", api_key="key"), tmp_path)
        (tmp_path / "running.json").write_text(json.dumps(note), "utf-8")
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        with FileLock(tmp_path / "stack.lock"):
            yield stack
        server.shutdown()
        thread.join()


def simulate(folder: Path, *arguments: str, script: str | None = None) -> tuple[int, str]:
    if script is not None:
        (folder / "conversa.txt").write_text(script, "utf-8")
        arguments = ("--script", str(folder / "conversa.txt"), *arguments)
    process = subprocess.run(
        [sys.executable, "-c", "import atende; atende.main()", "simulate", "whatsapp", *arguments],
        env=os.environ | {"ATENDE_DATA_DIR": str(folder), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return process.returncode, process.stdout + process.stderr


def test_a_script_is_played_and_its_transcript_printed(stack: PlayedStack) -> None:
    script = "# uma conversa\nOi\n\n/audio\n\n/pessoa Aqui é a Rita.\nnada\n/silencio 1s\n"
    stack.writes_for = 2.0  # beside other work, too, the screen shows that somebody writes
    status, output = simulate(stack.folder, script=script)
    assert (status, stack.texts, stack.echoes) == (0, ["Oi", "audio", "nada"], 1), output
    lines = [line[7:] for line in output.splitlines()]
    assert lines[0] == "você     Oi  ✓✓"
    assert any("clínica  | Oi" in line for line in lines)
    assert "         Recebi: Oi" in lines
    assert "pessoa   Aqui é a Rita." in lines
    assert any("digitando" in line for line in lines), output
    assert output.splitlines()[-2:] == [
        "Mensagens cobradas: 2.", "Conversas deste teste apagadas: 1.",
    ]  # fmt: skip
    assert not stack.channel_file.exists()


def test_the_conversations_of_all_of_a_trial_s_patients_are_erased_and_no_other(
    stack: PlayedStack,
) -> None:
    status, output = simulate(stack.folder, script="Oi\n\n/novo Bia\nOi\n")
    assert status == 0, output
    assert "Conversas deste teste apagadas: 2." in output
    assert [channel for _, channel in stack.kept.values()] == ["recepcao", "recepcao"]


def test_a_trial_that_cannot_be_erased_says_so(stack: PlayedStack) -> None:
    stack.erases = False
    status, output = simulate(stack.folder, script="Oi\n")
    assert status == 0
    assert "não foram todas apagadas" in output
    assert "atende conversations erase" in output


def test_an_answer_that_does_not_come_is_said_and_is_the_exit_code(stack: PlayedStack) -> None:
    status, output = simulate(stack.folder, "--wait", "1", script="nada\n")
    assert status == 1
    assert "Nenhuma resposta em 1 s." in output


def test_an_answer_where_none_was_to_come_is_said_and_is_the_exit_code(stack: PlayedStack) -> None:
    status, output = simulate(stack.folder, script="Oi\n/silencio 3s\n")
    assert status == 1
    assert "Veio uma resposta, onde se esperava silêncio por 3 s." in output


def test_what_a_killed_trial_left_is_taken_away(stack: PlayedStack) -> None:
    left = stack.folder / "channels" / "simulador-0000.json"
    left.parent.mkdir()
    left.write_text("{}", "utf-8")
    status, output = simulate(stack.folder, script="Oi\n")
    assert (status, stack.texts) == (0, ["Oi"]), output
    assert not left.exists()


def test_a_revoked_token_is_seen_and_repaired_in_the_channel_s_file(stack: PlayedStack) -> None:
    script = "/revogar\nOi\n/silencio 1s\n\n/renovar\nOi de novo\n/esperar\n"
    status, output = simulate(stack.folder, script=script)
    assert status == 0, output
    assert "recusou uma mensagem da clínica: 190" in output
    assert stack.refused == [190, 190]
    assert "Recebi: Oi de novo" in output


def test_what_is_typed_on_a_pipe_is_done_until_its_end(stack: PlayedStack) -> None:
    process = subprocess.run(
        [sys.executable, "-c", "import atende; atende.main()", "simulate", "whatsapp"],
        env=os.environ | {"ATENDE_DATA_DIR": str(stack.folder)},
        input="Oi\n/dançar\n/sair\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    assert "/ajuda mostra o que há" in process.stdout
    assert "Não conheço /dançar." in process.stdout


def test_a_stack_that_does_not_know_the_channel_is_told(stack: PlayedStack) -> None:
    stack.answers = False
    status, output = simulate(stack.folder, script="Oi\n")
    assert status == 1
    assert "did not answer the handshake" in output
    assert not stack.channel_file.exists()


def test_without_a_stack_it_says_how_to_start_one(tmp_path: Path) -> None:
    status, output = simulate(tmp_path)
    assert status == 1
    assert "Start it with `atende up`" in output


def test_a_second_trial_on_a_stack_waits_for_the_first_to_end(stack: PlayedStack) -> None:
    with FileLock(stack.folder / "simulation.lock"):
        status, output = simulate(stack.folder, script="Oi\n")
    assert status == 1
    assert "Another `atende simulate` runs" in output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--hours", "sempre"), "--hours 'sempre' cannot be read"),
        (
            ("--script", "nowhere.txt"),
            "nowhere.txt: No such file or directory. Nothing was started.",
        ),
    ],
)
def test_what_is_typed_wrong_is_said(
    stack: PlayedStack, arguments: tuple[str, ...], words: str
) -> None:
    status, output = simulate(stack.folder, *arguments)
    assert status == 1
    assert words in output
    assert not stack.channel_file.exists()
