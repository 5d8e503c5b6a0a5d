"""What the commands say where something is wrong, typed as a user types them."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock

from workers.stack.ports import free_port

pytestmark = pytest.mark.integration


def atende(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    process = subprocess.run(
        [sys.executable, "-c", "import atende; atende.main()", *arguments],
        env=os.environ | {"ATENDE_DATA_DIR": str(folder), "COLUMNS": "500"} | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return process.returncode, process.stdout + process.stderr


def test_the_screen_of_commands_is_there_without_loading_any_model(tmp_path: Path) -> None:
    status, output = atende(tmp_path, "--help")
    assert status == 0
    assert all(
        name in output
        for name in (
            "up",
            "ingest",
            "documents",
            "ask",
            "doctor",
            "drain",
            "keys",
            "callbacks",
            "channels",
            "conversations",
        )
    )


@pytest.mark.parametrize(
    "command",
    [
        "evaluate",
        "calibrate",
        "evaluate compare",
        "up",
        "ingest",
        "documents list",
        "ask",
        "doctor",
        "keys create",
        "drain status",
        "drain pause",
        "channels add whatsapp",
        "channels doctor",
        "conversations list",
        "conversations reply",
        "callbacks list",
        "callbacks replay",
        "model prepare",
        "simulate whatsapp",
        "simulate email",
    ],
)
def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    status, output = atende(tmp_path, *command.split(), "--help")
    assert status == 0
    assert "Usage" in output


def test_up_says_when_the_model_is_missing_and_how_to_make_it(tmp_path: Path) -> None:
    status, output = atende(tmp_path, "up", ATENDE_MODEL_CACHE=str(tmp_path / "none"))
    assert status == 1
    assert "atende model prepare" in output


def test_up_says_why_a_worker_could_not_start(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}", "utf-8")
    status, output = atende(
        tmp_path,
        "up",
        ATENDE_MODEL=str(tmp_path / "model"),
        ATENDE_PROMPT_DIR=str(tmp_path / "prompts"),
        ATENDE_PORT=str(free_port()),
        ATENDE_QUEUE_PORT=str(free_port()),
    )
    assert status == 1
    # The one that drains, or the one that reads channels: both need the texts.
    assert f" ended with status 70: ATENDE_PROMPT_DIR={tmp_path}/prompts is not a folder." in output
    assert "The queue and the documents are kept." in output


@pytest.mark.model
def test_up_names_the_program_that_holds_its_port_and_starts_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        status, output = atende(tmp_path, "up", ATENDE_PORT=port)
    assert status == 1
    assert f"Port {port} is in use" in output
    assert "ATENDE_PORT" in output
    assert not (tmp_path / "credentials.json").exists()


def test_up_refuses_a_folder_on_which_another_runs(tmp_path: Path) -> None:
    with FileLock(tmp_path / "stack.lock"):
        status, output = atende(tmp_path, "up")
    assert status == 1
    assert "Another `atende up` runs" in output


@pytest.mark.parametrize(
    ("command", "code"), [("up", 1), ("model status", 1), ("evaluate perguntas.csv", 2)]
)
def test_a_wrong_setting_is_named_as_the_user_wrote_it(
    tmp_path: Path, command: str, code: int
) -> None:
    status, output = atende(tmp_path, *command.split(), ATENDE_QUEUE_PORT="abc")
    assert status == code
    assert "ATENDE_QUEUE_PORT" in output
    assert "Traceback" not in output


def test_ask_without_a_stack_says_how_to_start_one(tmp_path: Path) -> None:
    status, output = atende(tmp_path, "ask", "oi")
    assert status == 1
    assert "atende up" in output


def test_a_path_that_does_not_exist_changes_nothing(tmp_path: Path) -> None:
    status, output = atende(tmp_path, "ingest", str(tmp_path / "nowhere [/b]"))
    assert status == 1
    assert "[/b] does not exist" in " ".join(output.split())
    assert "Nothing was changed" in output


def test_without_a_running_stack_ingest_opens_the_knowledge_base_itself(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# Jejum\n\nFaça jejum de 8 horas.\n", "utf-8")
    assert atende(tmp_path, "ingest", "docs")[0] == 0
    status, output = atende(tmp_path, "ingest", "docs")
    assert status == 0
    assert "1 unchanged" in output


def test_a_dry_run_shows_the_plan_and_makes_nothing(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.md").write_text("# Jejum\n\nFaça jejum de 8 horas.\n", "utf-8")
    status, output = atende(tmp_path, "ingest", "docs", "--dry-run")
    assert status == 0
    assert "1 new" in output
    assert [each.name for each in tmp_path.iterdir()] == ["docs"]
    status, output = atende(tmp_path, "ingest", "docs", "--dry-run", "--json")
    assert json.loads(output)["dry_run"] is True
    status, output = atende(tmp_path, "ingest", "docs", "--dry-run", "--watch")
    assert status == 1
    assert "Nothing was changed" in output


def test_documents_without_any_say_how_to_begin(tmp_path: Path) -> None:
    status, output = atende(tmp_path, "documents", "show", "a.md")
    assert status == 1
    assert "atende ingest PATH" in output


def test_doctor_changes_nothing_and_checks_each_part(tmp_path: Path) -> None:
    _, output = atende(tmp_path, "doctor")
    assert all(part in output for part in ("machine", "port", "queue", "knowledge", "model"))
    assert list(tmp_path.iterdir()) == []


def test_doctor_prints_every_setting_and_no_secret(tmp_path: Path) -> None:
    secrets = {
        "ATENDE_SECRET": "hush-1",
        "ATENDE_API_KEY": "hush-2",
        "ATENDE_REDIS_URL": "redis://:hush-3@127.0.0.1:1/0",
        "ATENDE_ENGINE_ARGS": '{"hf_token": "hush-4"}',
    }
    _, output = atende(tmp_path, "doctor", "--every-setting", **secrets)
    assert "ATENDE_ENGINE_ARGS" in output
    assert "ATENDE_GRACE_SECONDS" in output
    assert "hush" not in output


def test_keys_are_made_listed_and_revoked(tmp_path: Path, valkey_port: int) -> None:
    server = {"ATENDE_REDIS_URL": f"redis://127.0.0.1:{valkey_port}/0"}
    status, output = atende(tmp_path, "keys", "create", "robô", ATENDE_SECRET="s" * 32, **server)
    assert status == 0
    assert "atd_" in output
    assert "whsec_" in output
    _, listing = atende(tmp_path, "keys", "list", **server)
    line = next(line for line in listing.splitlines() if "robô" in line)
    key_id = line.split()[0]
    assert "atd_" not in listing
    assert atende(tmp_path, "keys", "revoke", key_id, **server)[0] == 0
    assert atende(tmp_path, "keys", "revoke", key_id, **server)[0] == 1
