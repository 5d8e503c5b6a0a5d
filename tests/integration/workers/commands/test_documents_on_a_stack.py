"""Documents through every surface of a running stack: real queue, worker, embedding and vectors.

The engine alone is a stand-in, which answers with the first passage.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from workers.contracts.connection import connect
from workers.contracts.jobs import JobStore
from workers.contracts.settings import QueueSettings
from workers.stack.ports import free_port

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]
ROOT = Path(__file__).parents[4]
ATENDE = [sys.executable, "-c", "import atende; atende.main()"]


def until(true: Callable[[], Any], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        time.sleep(0.1)


class Installation:
    """A data folder, the `atende up` that runs on it, and a client of its API."""

    def __init__(self, folder: Path) -> None:
        model = folder / "model"
        model.mkdir()
        (model / "config.json").write_text("{}")
        self.folder = folder
        self.environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "COLUMNS": "80",
            "ATENDE_DATA_DIR": str(folder),
            "ATENDE_PORT": str(free_port()),
            "ATENDE_QUEUE_PORT": str(free_port()),
            "ATENDE_ENGINE": "tests.stand_ins:engine",
            "ATENDE_MODEL": str(model),
            "ATENDE_JOB_LEASE_SECONDS": "2",
        }
        with (folder / "up.log").open("wb") as log:
            self.up = subprocess.Popen(
                [*ATENDE, "up"], env=self.environment, stdout=log, stderr=log, cwd=folder
            )
        until(self._is_ready, 60, "the stack is ready")
        credentials = json.loads((folder / "credentials.json").read_text("utf-8"))
        self.api = httpx.Client(
            base_url=f"http://127.0.0.1:{self.environment['ATENDE_PORT']}",
            headers={"Authorization": f"Bearer {credentials['api_key']}"},
            timeout=30,
        )

    def _is_ready(self) -> bool:
        log = (self.folder / "up.log").read_text("utf-8")
        assert self.up.poll() is None, log
        return "Atende is ready" in log

    def atende(self, *arguments: str) -> tuple[int, str]:
        process = subprocess.run(
            [*ATENDE, *arguments],
            env=self.environment,
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return process.returncode, process.stdout + process.stderr

    def upload(self, *files: tuple[str, bytes]) -> list[dict[str, Any]]:
        reply = self.api.post("/v1/documents", files=[("file", file) for file in files])
        assert reply.status_code == 202, reply.text
        return [item["document"] for item in reply.json()["items"]]

    def document(self, name: str) -> dict[str, Any]:
        record: dict[str, Any] = self.api.get(f"/v1/documents/{name}").json()
        return record

    def until_state(self, name: str, state: str, seconds: float = 20) -> dict[str, Any]:
        until(lambda: self.document(name)["state"] == state, seconds, f"{name} is {state}")
        return self.document(name)

    def answer(self, question: str) -> str:
        asked = self.api.post("/v1/questions", json={"question": question}).json()
        record = self.api.get(f"/v1/questions/{asked['id']}", params={"wait": 20}).json()
        text: str = record["outcome"]["text"]
        return text

    def worker(self) -> psutil.Process:
        children = psutil.Process(self.up.pid).children()
        return next(child for child in children if "--queues ingest" in " ".join(child.cmdline()))

    def close(self) -> None:
        self.api.close()
        self.up.send_signal(signal.SIGINT)
        self.up.wait(60)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    started = Installation(tmp_path_factory.mktemp("stack"))
    yield started
    started.close()


def handbook(sections: int) -> bytes:
    parts = [
        f"## Exame número {n}\n\nO exame número {n} pede jejum de {n} horas e documento com foto.\n"
        for n in range(1, sections + 1)
    ]
    return ("# Manual dos exames\n\n" + "\n".join(parts)).encode()


def test_an_upload_becomes_searchable_and_a_bad_one_says_why(installation: Installation) -> None:
    text = "# Estacionamento\n\nO estacionamento da clínica é gratuito por duas horas.\n"
    installation.upload(("avisos/vagas.md", text.encode()), ("quebrado.pdf", b"%PDF-1.7 cut"))
    ready = installation.until_state("avisos/vagas.md", "ready")
    assert (ready["title"], ready["chunks"], ready["origin"]) == ("Estacionamento", 1, "upload")
    failed = installation.until_state("quebrado.pdf", "failed")
    assert "damaged" in failed["reason"]
    assert "gratuito por duas horas" in installation.answer("O estacionamento é gratuito?")


@pytest.mark.drill
def test_a_worker_killed_in_the_middle_of_an_upload_loses_nothing_and_does_nothing_twice(
    installation: Installation,
) -> None:
    (sent,) = installation.upload(("manual.md", handbook(64)))

    def at_work() -> bool:
        progress = installation.document("manual.md")["progress"]
        return bool(progress and 0 < progress["chunks_done"] < progress["chunks_total"])

    until(at_work, 20, "some chunks are written")
    connection = connect(QueueSettings(redis_url=_redis_url(installation)))
    (job_id,) = [key.rsplit(":", 1)[1] for key in connection.scan_iter("atende:1:upload:*")]
    installation.worker().kill()
    ready = installation.until_state("manual.md", "ready", 90)
    job = JobStore(connection).get(job_id)
    assert job is not None
    assert (job.state, job.attempt) == ("done", 2)
    assert list(connection.scan_iter("atende:1:upload*")) == []
    connection.close()
    assert (ready["id"], ready["chunks"]) == (sent["id"], 64)
    code, output = installation.atende("documents", "show", "manual.md")
    assert code == 0
    assert all(output.count(f"O exame número {n} pede") == 1 for n in range(1, 65))
    assert "documento com foto" in installation.answer("O exame número 33 pede documento com foto?")


def _redis_url(installation: Installation) -> str:
    note = json.loads((installation.folder / "running.json").read_text("utf-8"))
    url: str = note["redis_url"]
    return url


def test_the_commands_see_what_was_uploaded_and_the_api_what_was_ingested(
    installation: Installation,
) -> None:
    folder = installation.folder / "pasta"
    folder.mkdir()
    (folder / "jejum.md").write_text("# Jejum\n\nFaça jejum de 8 horas.\n", "utf-8")
    (folder / "ruim.docx").write_bytes(b"PK\x03\x04 cut")
    installation.upload(("nota.txt", b"Recesso em 25 de dezembro."))
    installation.until_state("nota.txt", "ready")

    code, output = installation.atende("ingest", str(folder), "--dry-run")
    assert code == 0
    assert "2 new" in output
    assert "nothing changed" in output
    assert installation.api.get("/v1/documents/jejum.md").status_code == 404

    code, output = installation.atende("ingest", str(folder))
    assert code == 1, "one file failed"
    assert "1 new" in output
    assert installation.document("jejum.md")["state"] == "ready"
    assert installation.document("jejum.md")["origin"] == "folder"
    assert installation.document("ruim.docx")["state"] == "failed"
    assert installation.document("nota.txt")["state"] == "ready", "no folder forgets an upload"

    code, output = installation.atende("documents", "list")
    assert code == 0
    lines = output.splitlines()
    for name, state in (("jejum.md", "ready"), ("nota.txt", "ready"), ("ruim.docx", "failed")):
        (line,) = [line for line in lines if line.startswith(f"{name} ")]
        assert line.rstrip().endswith(state)
    assert max(map(len, lines)) <= 80
    version = installation.api.get("/v1/documents").json()["knowledge_version"]
    assert f"version {version}" in lines[-1]

    code, output = installation.atende("documents", "show", "jejum.md")
    assert code == 0
    assert "Faça jejum de 8 horas." in output

    (folder / "ruim.docx").unlink()
    installation.atende("ingest", str(folder))
    assert installation.api.get("/v1/documents/ruim.docx").status_code == 404


def test_a_removal_says_what_went_and_a_wrong_name_what_is_near(installation: Installation) -> None:
    installation.upload(("feriados.md", b"# Feriados\n\nFechamos no Carnaval.\n"))
    installation.until_state("feriados.md", "ready")
    code, output = installation.atende("documents", "remove", "feriado.md")
    assert code == 1
    assert "Nothing was changed" in output
    assert "feriados.md" in output
    code, output = installation.atende("documents", "remove", "feriados.md")
    assert code == 0
    assert "Removed feriados.md: 1 chunks" in output
    assert installation.api.get("/v1/documents/feriados.md").status_code == 404

    (sent,) = installation.upload(("feriados.md", b"# Feriados\n\nFechamos no Natal.\n"))
    installation.until_state("feriados.md", "ready")
    assert installation.api.delete(sent["links"]["self"]).json()["state"] == "removing"
    until(
        lambda: installation.api.get(sent["links"]["self"]).status_code == 404,
        10,
        "the document is gone",
    )
    assert "feriados.md" not in installation.atende("documents", "list")[1]


def test_a_followed_folder_is_ingested_by_the_worker_and_ctrl_c_ends_it(
    installation: Installation,
) -> None:
    folder = installation.folder / "seguida"
    folder.mkdir()
    (folder / "um.md").write_text("# Um\n\nPrimeiro aviso.\n", "utf-8")
    log = installation.folder / "watch.log"
    with log.open("wb") as out:
        watching = subprocess.Popen(
            [*ATENDE, "ingest", str(folder), "--watch"],
            env=installation.environment,
            stdout=out,
            stderr=out,
            cwd=installation.folder,
        )
    try:
        until(lambda: "Ctrl-C ends it" in log.read_text(), 20, "it watches")
        assert installation.document("um.md")["state"] == "ready"
        with (folder / "dois.md").open("w", encoding="utf-8") as slow:
            for line in ("# Dois\n\n", "Segundo aviso, ", "escrito devagar.\n"):
                slow.write(line)
                slow.flush()
                time.sleep(0.7)
        until(lambda: log.read_text().count("1 new") == 2, 20, "the new file is read")
        assert installation.document("dois.md")["state"] == "ready"
        assert "changed" not in log.read_text(), "it was read once, whole"
        (folder / "um.md").unlink()
        until(
            lambda: installation.document("um.md").get("status") == 404,
            20,
            "the file that went is forgotten",
        )
    finally:
        watching.send_signal(signal.SIGINT)
    assert watching.wait(20) == 0
    output = log.read_text()
    assert "Stopped watching" in output
    assert "Traceback" not in output
    assert "escrito devagar" in installation.atende("documents", "show", "dois.md")[1]
