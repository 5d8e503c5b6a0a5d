"""`atende channels`, typed as an operator types it."""

import json
import os
import pty
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import Redis

from tests.sample_channel import SECRETS, channel, email_channel
from workers.channels.whatsapp.events import Event, OtherEvent
from workers.channels.whatsapp.webhook import events_of
from workers.commands.doctor import examine
from workers.contracts.channel_files import path_of, read, save
from workers.contracts.inbound import Aside, Inbound
from workers.contracts.settings import QueueSettings
from workers.contracts.whatsapp_channel import WhatsAppChannel
from workers.simulation.whatsapp.graph import StrictGraph
from workers.stack.settings import LocalSettings

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


def number_in(path: Path) -> WhatsAppChannel:
    channel = read(path)
    assert isinstance(channel, WhatsAppChannel)
    return channel


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
    added = number_in(path)
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
    added = number_in(path_of(tmp_path / "channels", "recepcao"))
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
    assert number_in(path).token.get_secret_value() == "EAAnew"
    assert read(path).model_copy(update={"token": channel().token}) == channel(
        hours="seg-sex 8h-18h"
    )
    status, output = atende(tmp_path, "channels", "token", "other")
    assert status == 1
    assert "There is: recepcao" in output


@pytest.fixture
def intake(redis: Redis, queue_settings: QueueSettings) -> Iterator[list[Event]]:
    """A worker that takes posts; gives their events."""
    events: list[Event] = []
    inbound, stopping = Inbound(redis, queue_settings), threading.Event()
    inbound.open()

    def take() -> None:
        while not stopping.is_set():
            for post in inbound.take("w1", 10, 50):
                events.extend(events_of(post.raw))
                inbound.done(post, {"other": 1})

    thread = threading.Thread(target=take)
    thread.start()
    yield events
    stopping.set()
    thread.join()


def test_the_doctor_goes_all_the_way_and_finds_what_meta_takes_back(
    tmp_path: Path, graph: StrictGraph, api_url: str, intake: list[Event]
) -> None:
    secrets = [graph.token, graph.account.app_secret, graph.options.verify_token]
    save(WhatsAppChannel.model_validate(graph.channel()), tmp_path / "channels")

    def examined() -> tuple[int, str]:
        redis_url = os.environ["ATENDE_REDIS_URL"]
        typed = ("channels", "doctor", "whatsapp")
        return atende(tmp_path, *typed, ATENDE_URL=api_url, ATENDE_REDIS_URL=redis_url)

    status, output = examined()
    assert status == 0, output
    for state in ("never expires", "CONNECTED", "80 messages/s", "go to Atende", "a worker took"):
        assert state in output
    assert [(event.name, event.kind) for event in intake if isinstance(event, OtherEvent)] == [
        ("other", "atende_test")
    ]
    assert len(intake) == 1  # nothing that anybody would answer

    graph.account.subscribed = False
    graph.number.quality = "RED"
    status, output = examined()
    assert status == 1
    assert "no app is subscribed" in output
    assert "Patients block or report it" in output

    graph.account.app_secret = "another"  # as a wrong one in the file would be
    assert "not that of the token's app" in examined()[1]

    graph.revoke_token()
    status, output = examined()
    assert status == 1
    assert "refused, code 190" in output
    assert "atende channels token whatsapp" in output
    assert [secret for secret in secrets if secret in output] == []


def test_the_doctor_finds_files_that_cannot_be_used(tmp_path: Path) -> None:
    save(channel(graph_url="http://127.0.0.1:1"), tmp_path / "channels")
    broken = save(channel(name="zona-sul", phone_number_id="7"), tmp_path / "channels")
    broken.chmod(0o644)
    status, output = atende(tmp_path, "channels", "doctor")
    assert status == 1
    assert f"chmod 600 {broken}" in output
    assert "http://127.0.0.1:1 does not answer (ConnectError)" in output
    assert "no API runs here" in output
    assert [secret for secret in SECRETS if secret in output] == []
    status, output = atende(tmp_path, "channels", "doctor", "nobody")
    assert status == 1
    assert "There is no channel nobody" in output


def test_the_doctor_of_the_whole_mentions_channels(tmp_path: Path) -> None:
    save(channel(), tmp_path)
    save(channel(name="zona-sul", phone_number_id="7"), tmp_path).chmod(0o644)
    save(email_channel(), tmp_path)
    findings = {
        finding.part: finding
        for finding in examine(LocalSettings(port=1, channels_dir=tmp_path))
        if "channel" in finding.part
    }
    assert findings["channel recepcao"].good
    assert findings["channel correio"].state == "email recepcao@clinica.example for `clinica`"
    assert "chmod 600" in findings["channel zona-sul"].repair


def test_what_was_kept_aside_is_listed_and_shows_nobody_s_words_unasked(
    tmp_path: Path, redis: Redis, queue_settings: QueueSettings
) -> None:
    url = {"ATENDE_REDIS_URL": queue_settings.redis_url}
    assert atende(tmp_path, "channels", "aside", **url) == (0, "Nothing was kept aside.\n")
    inbound = Inbound(redis, queue_settings)
    inbound.open()
    inbound.add("whatsapp", "app", b"{}")
    (post,) = inbound.take("w1", 1, 0)
    item = {"from": "5541999990000", "text": "dor \x1b[2J"}
    inbound.done(post, {}, [Aside("a message of nobody", item)])
    status, output = atende(tmp_path, "channels", "aside", **url)
    assert status == 0
    assert "a message of nobody" in output
    assert "5541999990000" not in output
    assert "dor" not in output
    status, output = atende(tmp_path, "channels", "aside", "--raw", **url)
    assert json.loads(json.loads(output)["item"]) == item
    assert "\x1b" not in output
