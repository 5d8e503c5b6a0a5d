"""`atende channels`, typed as an operator types it."""

import json
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from tests.sample_channel import SECRETS, channel
from workers.contracts.channel_files import path_of, read, save

pytestmark = pytest.mark.integration
TYPED = [
    *("channels", "add", "whatsapp", "recepcao"),
    *("--number", "+554133334444", "--phone-number-id", "106540352242922"),
    *("--business-account-id", "102290129340398", "--clinic", "Clínica Aurora"),
    *("--hours", "seg-sex 08:00-18:00; sáb 08:00-12:00", "--holiday", "2026-12-25"),
]
PROGRAM = [sys.executable, "-c", "import atende; atende.main()"]


def environment(folder: Path, **more: str) -> dict[str, str]:
    own = {"ATENDE_DATA_DIR": str(folder), "COLUMNS": "300", "ATENDE_REDIS_URL": "redis://[::1]:1"}
    return os.environ | own | more


def atende(folder: Path, *arguments: str, **more: str) -> tuple[int, str]:
    process = subprocess.run(
        [*PROGRAM, *arguments],
        env=environment(folder, **more),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return process.returncode, process.stdout + process.stderr


def secret_files(folder: Path) -> list[str]:
    for name, secret in zip(("token", "app-secret"), SECRETS, strict=False):
        (folder / name).write_text(secret + "\n")
    return ["--token-file", str(folder / "token"), "--app-secret-file", str(folder / "app-secret")]


def test_a_channel_is_added_listed_and_removed_and_no_secret_is_shown(tmp_path: Path) -> None:
    status, output = atende(
        tmp_path, *TYPED, *secret_files(tmp_path), ATENDE_PUBLIC_URL="https://atende.example/"
    )
    assert status == 0, output
    path = path_of(tmp_path / "channels", "recepcao")
    added = read(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert added.token.get_secret_value() == SECRETS[0]
    assert added.app_secret.get_secret_value() == SECRETS[1]
    assert "https://atende.example/v1/channels/whatsapp" in output
    assert added.verify_token.get_secret_value() in output  # to be entered at Meta
    assert "atende channels doctor recepcao" in output
    listed = atende(tmp_path, "channels", "list")[1]
    assert "+554133334444" in listed
    assert "Clínica Aurora" in listed
    shown = output + listed
    assert [secret for secret in SECRETS[:2] if secret in shown] == []
    status, output = atende(tmp_path, "channels", "remove", "recepcao")
    assert (status, path.exists()) == (0, False)
    assert "Removed recepcao" in output


def test_secrets_are_asked_for_without_showing_them(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*PROGRAM, *TYPED],
        env=environment(tmp_path),
        cwd=tmp_path,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        screen = ""
        answers = {"Access token": SECRETS[0], "App secret": SECRETS[1]}
        while True:
            try:
                screen += os.read(ours, 4096).decode()
            except OSError:  # the terminal was closed
                break
            for prompt in [prompt for prompt in answers if prompt in screen]:
                os.write(ours, answers.pop(prompt).encode() + b"\n")
        assert process.wait(30) == 0, screen
    os.close(ours)
    assert [secret for secret in SECRETS[:2] if secret in screen] == []
    added = read(path_of(tmp_path / "channels", "recepcao"))
    assert added.token.get_secret_value() == SECRETS[0]


def test_what_the_environment_holds_is_neither_asked_for_nor_written(tmp_path: Path) -> None:
    held = {
        "ATENDE_CHANNEL_RECEPCAO_TOKEN": SECRETS[0],
        "ATENDE_CHANNEL_RECEPCAO_APP_SECRET": SECRETS[1],
    }
    status, output = atende(tmp_path, *TYPED, **held)
    assert status == 0, output
    fields = json.loads(path_of(tmp_path / "channels", "recepcao").read_text("utf-8"))
    assert {"token", "app_secret"} & fields.keys() == set()
    assert "recepcao" in atende(tmp_path, "channels", "list", **held)[1]
    status, output = atende(tmp_path, "channels", "list")
    assert status == 1
    assert "`token`: Field required" in output


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--token", "EAAtopsecret"], "Unknown option"),
        ([], "--token-file FILE"),
        (["--number", "41 3333-4444"], "number:"),
        (["--hours", "quando der"], "cannot be read"),
    ],
)
def test_what_cannot_be_added_leaves_nothing_behind(
    tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    typed = list(TYPED)
    for option in ("--number", "--hours"):
        if option in arguments:
            place = typed.index(option)
            del typed[place : place + 2]
    status, output = atende(tmp_path, *typed, *arguments)
    assert status != 0
    assert complaint in output
    assert not (tmp_path / "channels").exists()


def test_a_revoked_token_is_replaced_alone(tmp_path: Path) -> None:
    folder = tmp_path / "channels"
    path = save(channel(hours="seg-sex 8h-18h"), folder)
    (tmp_path / "new").write_text("EAAnew\n")
    status, output = atende(
        tmp_path, "channels", "token", "recepcao", "--token-file", str(tmp_path / "new")
    )
    assert status == 0, output
    assert "EAAnew" not in output
    assert read(path).token.get_secret_value() == "EAAnew"
    assert read(path).model_copy(update={"token": channel().token}) == channel(
        hours="seg-sex 8h-18h"
    )
    status, output = atende(tmp_path, "channels", "token", "other")
    assert status == 1
    assert "There is: recepcao" in output


class Meta(BaseHTTPRequestHandler):
    """Graph, for a token that was revoked."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        words = f"Error validating access token {SECRETS[0]}"
        body = json.dumps({"error": {"message": words, "code": 190}}).encode()
        self.send_response(401)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def graph_url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Meta)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_doctor_finds_a_revoked_token_and_a_file_that_others_may_read(
    tmp_path: Path, graph_url: str
) -> None:
    save(channel(graph_url=graph_url), tmp_path / "channels")
    broken = save(channel(name="zona-sul", phone_number_id="7"), tmp_path / "channels")
    broken.chmod(0o644)
    status, output = atende(tmp_path, "channels", "doctor")
    assert status == 1
    assert "refused, code 190" in output
    assert "atende channels token recepcao" in output
    assert f"chmod 600 {broken}" in output
    assert "no API runs here" in output
    assert [secret for secret in SECRETS if secret in output] == []
    assert all(path.startswith("/v25.0/debug_token?") for path in Meta.asked)
    status, output = atende(tmp_path, "channels", "doctor", "nobody")
    assert status == 1
    assert "There is no channel nobody" in output
    assert "channel zona-sul" in atende(tmp_path, "doctor")[1]
