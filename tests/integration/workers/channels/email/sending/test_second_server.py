"""The same hand-over to another real server (chasquid): what is shown is not one server's habit."""

import os
import shutil
import smtplib
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from tests.sample_letter import ANSWER, outgoing
from workers.answering.templates import Templates
from workers.channels.email.sending.composing import EmailComposer
from workers.channels.email.sending.outgoing import Outgoing
from workers.channels.email.sending.smtp import SmtpClient
from workers.channels.email.sending.smtp_reply import Rejected, Sent
from workers.channels.email.sending.writing import Letters
from workers.simulation.email.envelope import parsed
from workers.stack.ports import free_port

pytestmark = pytest.mark.integration

BINARY = shutil.which("chasquid") or "/usr/bin/chasquid"
CLINIC, ANA, PASSWORD = "contato@clinica.example", "ana@paciente.example", "segredo"
LETTERS = Letters(EmailComposer(Templates.load()), lambda _: [])


class Chasquid:
    """A server with the clinic's account and Ana's mailbox."""

    def __init__(self, folder: Path, authority: trustme.CA) -> None:
        self.port = free_port()
        self.mails = folder / "mails"
        self.ca_file = folder / "ca.pem"
        self._folder = folder / "config"
        self.mails.mkdir()
        authority.cert_pem.write_to_path(self.ca_file)
        place = self._folder / "certs" / "localhost"
        place.mkdir(parents=True)
        certificate = authority.issue_cert("localhost")
        certificate.private_key_pem.write_to_path(place / "privkey.pem")
        for blob in certificate.cert_chain_pems:
            blob.write_to_path(place / "fullchain.pem", append=True)
        agent = folder / "deliver"
        agent.write_text(f'#!/bin/sh\nexec cat > "$(mktemp {self.mails}/XXXXXX)"\n')
        agent.chmod(0o755)
        (self._folder / "chasquid.conf").write_text(
            f'hostname: "localhost"\nsubmission_over_tls_address: "127.0.0.1:{self.port}"\n'
            f'data_dir: "{folder}/data"\nmail_delivery_agent_bin: "{agent}"\n'
            f'mail_log_path: "{folder}/mail.log"\n'
        )
        for address in (CLINIC, ANA):
            self._add(address)

    def _add(self, address: str) -> None:
        (self._folder / "domains" / address.rpartition("@")[2]).mkdir(parents=True)
        subprocess.run(
            [
                f"{BINARY}-util", f"-C={self._folder}", "user-add", address,
                f"--password={PASSWORD}",
            ],
            check=True,
            capture_output=True,
        )  # fmt: skip

    def command(self) -> list[str]:
        return [BINARY, f"-config_dir={self._folder}"]

    def wait(self) -> None:
        for _ in range(100):
            try:
                smtplib.SMTP_SSL("127.0.0.1", self.port, timeout=2).close()
            except OSError:
                time.sleep(0.05)
            else:
                return


@pytest.fixture
def chasquid(authority: trustme.CA, tmp_path: Path) -> Iterator[Chasquid]:
    if not Path(BINARY).exists():
        if os.environ.get("CI"):
            raise AssertionError("chasquid is not installed")
        pytest.skip("chasquid is not installed: apt-get install chasquid")
    server = Chasquid(tmp_path, authority)
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(server.command(), stdout=log, stderr=log)
        try:
            server.wait()
            yield server
        finally:
            process.terminate()
            process.wait()


def letter_for(server: Chasquid, password: str = PASSWORD) -> Outgoing:
    return outgoing(
        ANSWER,
        smtp_host="localhost",
        smtp_port=server.port,
        password=password,
        ca_file=server.ca_file,
    )


def test_an_answer_arrives_with_its_thread_and_from_nobody(chasquid: Chasquid) -> None:
    case = letter_for(chasquid)
    letter = LETTERS.answer(case, ANA, datetime.now(UTC), null_sender=True)
    reply = SmtpClient().send(case.channel, letter, lambda: True)
    assert isinstance(reply, Sent)
    deadline = time.monotonic() + 10
    while not (mails := list(chasquid.mails.iterdir())) or not mails[0].stat().st_size:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.2)
    mail = parsed(mails[0].read_bytes())
    sent = parsed(letter.content)
    for name in ("From", "To", "Subject", "Message-ID", "In-Reply-To", "References"):
        assert mail[name] == sent[name]
    assert mail["Auto-Submitted"] == "auto-replied"
    assert len(mails) == 1


def test_a_wrong_password_is_seen_as_one(chasquid: Chasquid) -> None:
    case = letter_for(chasquid, "errada")
    letter = LETTERS.answer(case, ANA, datetime.now(UTC), null_sender=True)
    reply = SmtpClient().send(case.channel, letter, lambda: True)
    assert isinstance(reply, Rejected)
    assert reply.code == 535
