"""A newcomer chats with the sample clinic on WhatsApp: every part real but Meta's."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.installation import DOCUMENTS, Installation

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.drill,  # it starts a whole stack with its engine
    pytest.mark.model,
    pytest.mark.timeout(1500),
]

SCRIPT = Path(__file__).parents[2] / "examples" / "whatsapp.txt"
#: A bubble of the transcript: its time, who wrote it, its first line.
BUBBLE = re.compile(r"^\d\d:\d\d  (você|clínica|pessoa)\s+(.*)$")


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path, ATENDE_ANSWER="quote")
    yield made
    made.close()


def bubbles(transcript: str) -> list[tuple[str, str]]:
    """Who wrote what, as the phone showed it."""
    result: list[tuple[str, str]] = []
    for line in transcript.splitlines():
        match = BUBBLE.match(line)
        if match:
            result.append((match[1], match[2]))
        elif result and line.startswith(" " * 16):
            who, text = result[-1]
            result[-1] = (who, f"{text}\n{line[16:]}")
    return result


def test_the_example_s_conversation_is_held_through_the_real_path(
    installation: Installation,
) -> None:
    here = installation
    here.start()
    assert here.run("ingest", str(DOCUMENTS)).returncode == 0
    played = here.run("simulate", "whatsapp", "--script", str(SCRIPT))
    transcript = played.stdout + played.stderr
    print(transcript)  # noqa: T201 - what a failure is read from
    assert played.returncode == 0, transcript
    shown = bubbles(transcript)
    clinic = [text for who, text in shown if who == "clínica"]
    assert len(clinic) == 11, "one answer a paragraph: a burst is one question"
    first, follow_up, double, media, emergency, handoff, *rest = clinic
    assert "assistente automático" in first, "the first answer says who answers"
    assert "atendente" in first, "and how to reach a person"
    assert "assistente automático" not in follow_up, "and no other does"
    assert "8 horas" in follow_up, "it goes on from the endoscopy"
    assert "7h" in double or "pessoa" in double, "both are answered, or a person is told"
    assert "escreva" in media
    assert "192" in emergency
    assert "pessoa" in handoff
    place = next(place for place, (who, _) in enumerate(shown) if who == "pessoa")
    assert shown[place + 1][0] == "você"
    assert shown[place + 2][0] == "você", "the assistant is silent beside a person"
    nameless, _sunday, repaired, late, stopped = rest
    assert "assistente automático" in nameless, "another patient, who has no number"
    assert "190" in transcript, "Meta refused the revoked token"
    assert "380" in repaired, "the answer came once it was repaired"
    assert "atraso" in late
    assert "avisos" in stopped
    assert "Mensagens cobradas: 11." in transcript
    assert "Conversas deste teste apagadas: 4." in transcript, "one a patient"
    kept = here.run("conversations", "list", "--all")
    assert "There is no conversation." in kept.stdout, kept.stdout + kept.stderr
    aside = here.run("channels", "aside")
    assert "Nothing was kept aside." in aside.stdout, aside.stdout + aside.stderr
    here.stop()
