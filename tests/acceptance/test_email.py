"""Patients write mails to the sample clinic: Dovecot, a mail server, and the whole stack between."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from tests.acceptance.installation import DOCUMENTS, Installation, until
from tests.conftest import running_post_office
from workers.commands.support.letters.mailbox import TrialMailbox
from workers.simulation.email.envelope import Envelope
from workers.simulation.email.post_office import Mailbox, PostOffice
from workers.stack.settings import LocalSettings

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.drill,  # it starts a whole stack with its engine
    pytest.mark.model,
    pytest.mark.timeout(1500),
]

QUESTION = "Quanto custa a consulta com o cardiologista?"
#: Seconds in which an answer comes; and without one, after which none will.
ANSWER_SECONDS, QUIET_SECONDS = 60.0, 12.0
VACATION = 'require ["vacation"]; vacation :subject "Estou de férias" "Volto na segunda-feira.";'


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One that runs, with the clinic's documents; skipped where Dovecot is missing."""
    with running_post_office():
        pass
    here = Installation(tmp_path_factory.mktemp("email"), ATENDE_ANSWER="quote")
    here.start()
    assert here.run("ingest", str(DOCUMENTS)).returncode == 0
    yield here
    here.close()


@contextmanager
def clinic(here: Installation, office: PostOffice) -> Iterator[TrialMailbox]:
    """A mailbox of the clinic that the stack reads."""
    note = json.loads((here.folder / "running.json").read_text("utf-8"))
    settings = LocalSettings(data_dir=here.folder, redis_url=note["redis_url"])
    mailbox = TrialMailbox(office, settings)
    with mailbox.placed():
        yield mailbox


def letter(sender: str, to: str, subject: str, text: str, number: int) -> bytes:
    lines = (
        f"From: {sender}",
        f"To: {to}",
        f"Subject: {subject}",
        f"Message-ID: <{number}.{time.time_ns()}@{sender.partition('@')[2]}>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        "",
        text,
        "",
    )
    return "\r\n".join(lines).encode()


def sent_to(office: PostOffice, address: str) -> list[Envelope]:
    return [envelope for envelope in office.envelopes if address in envelope.recipients]


def quiet(count: Callable[[], int]) -> None:
    """Wait until nothing is counted any more for a while."""
    last, since = count(), time.monotonic()
    while time.monotonic() < since + QUIET_SECONDS:
        time.sleep(0.5)
        if count() != last:
            last, since = count(), time.monotonic()


def test_the_sample_mails_go_through_the_real_path(installation: Installation) -> None:
    here = installation
    tried = here.run("simulate", "email", "--wait", "90")
    transcript = tried.stdout + tried.stderr
    print(transcript)  # noqa: T201 - what a failure is read from
    assert tried.returncode == 0, transcript
    assert "20 e-mails, 20 como esperado." in transcript
    assert "R$ 380,00" in transcript
    assert "8 horas" in transcript
    assert "ligue agora para" in transcript
    kept = here.run("conversations", "list", "--all")
    assert "There is no conversation." in kept.stdout, kept.stdout + kept.stderr
    assert not [*(here.folder / "channels").glob("simulador-*")]
    again = here.run("simulate", "email", "--wait", "90")
    assert again.returncode == 0, again.stdout + again.stderr


def test_an_absence_note_ends_with_the_first_answer(installation: Installation) -> None:
    with running_post_office() as office, clinic(installation, office) as mailbox:
        own = mailbox.box.address
        ana = office.mailbox("ana@ferias.example").address
        office.rule(ana, VACATION)
        # a person of the clinic writes first: the note comes into the clinic's mailbox
        office.deliver(letter(own, ana, "Sua consulta", "Confirma a consulta?", 1), ana)
        until(lambda: sent_to(office, own), ANSWER_SECONDS, "the note is sent")
        quiet(lambda: len(sent_to(office, ana)))
        assert sent_to(office, ana) == [], "nobody answers a note"
        # she asks herself, and is away when the answer comes
        office.deliver(letter(ana, own, "Consulta", QUESTION, 2), own)
        until(lambda: sent_to(office, ana), ANSWER_SECONDS, "she is answered")
        quiet(lambda: len(office.envelopes))
        assert len(sent_to(office, ana)) == 1
        assert "380" in str(sent_to(office, ana)[0].message.get_body(("plain",)))


class RudeResponder(threading.Thread):
    """Answers every mail at once by a new one: another subject, other words, no header."""

    def __init__(self, office: PostOffice, box: Mailbox, clinic_address: str) -> None:
        super().__init__(daemon=True)
        self.written = 0
        self._office, self._box, self._clinic = office, box, clinic_address
        self._stopping = threading.Event()

    def write(self) -> None:
        self.written += 1
        number = self.written
        text = f"Seu contato virou o chamado {number * 7919}. {QUESTION}"
        mail = letter(self._box.address, self._clinic, f"Chamado {number * 7919}", text, number)
        self._office.deliver(mail, self._clinic)

    def run(self) -> None:
        while not self._stopping.wait(0.3):
            for _ in range(len(self._office.read(self._box.address)) + 1 - self.written):
                self.write()

    def stop(self) -> None:
        self._stopping.set()
        self.join()


def test_a_robot_without_headers_gets_three_answers_and_then_a_person(
    installation: Installation,
) -> None:
    with running_post_office() as office, clinic(installation, office) as mailbox:
        own, robot = mailbox.box.address, office.mailbox("chamados@robo.example")
        responder = RudeResponder(office, robot, own)
        responder.write()
        responder.start()
        try:
            until(lambda: responder.written > 1, ANSWER_SECONDS, "the loop begins")
            quiet(lambda: responder.written)
        finally:
            responder.stop()
        assert len(sent_to(office, robot.address)) == 3
        assert responder.written == 4
        last = office.read(own)[-1]
        assert "\\Flagged" in last.flags, "a person sees that two robots talk"
