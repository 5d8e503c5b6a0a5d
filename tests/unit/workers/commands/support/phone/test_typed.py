"""What is typed on the phone, on a server that listens to nobody."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from workers.commands.support.phone.chat import Chat
from workers.commands.support.phone.typed import COMMANDS, EndOfChat, TypedError, do, seconds_of
from workers.simulation.whatsapp.chat import Bubble
from workers.simulation.whatsapp.graph import StrictGraph


@dataclass
class Trial:
    """A chat whose notes are kept, and whose webhooks go nowhere."""

    graph: StrictGraph = field(default_factory=StrictGraph)
    notes: list[str] = field(default_factory=list)
    renewed: int = 0

    def __post_init__(self) -> None:
        phone = self.graph.patient("Ana", "+5541999990000")
        self.chat = Chat(self.graph, [phone], self, self.notes.append)

    def renew_token(self) -> None:
        self.renewed += 1

    def type(self, *lines: str) -> list[dict[str, Any]]:
        """Type lines; gives the changes that webhooks would tell."""
        before = len(self.graph.courier.posts)
        for line in lines:
            do(self.chat, line)
        return [post.json["entry"][0]["changes"][0] for post in self.graph.courier.posts[before:]]

    def messages(self, *lines: str) -> list[dict[str, Any]]:
        return [change["value"]["messages"][0] for change in self.type(*lines)]

    def answer(self, choices: tuple[tuple[str, str], ...] = ()) -> str:
        """A bubble of the clinic's that the phone shows."""
        exchange, phone = self.graph.exchange, self.chat.phone
        now = self.graph.clock.now()
        bubble = Bubble("wamid.2", "assistant", "text", "Sim.", now, choices=choices)
        exchange.sends(phone.number, phone.patient, bubble)
        return bubble.id


@pytest.fixture
def trial() -> Trial:
    return Trial()


def test_words_are_a_message_and_empty_lines_nothing(trial: Trial) -> None:
    (message,) = trial.messages("  Oi  ", "", "   ")
    assert message["text"]["body"] == "Oi"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("/audio", "audio"),
        ("/áudio", "audio"),
        ("/IMAGEM meu pedido", "image"),
        ("/documento", "document"),
    ],
)
def test_media_are_sent_with_their_captions(trial: Trial, line: str, kind: str) -> None:
    (message,) = trial.messages(line)
    assert message["type"] == kind
    assert message[kind].get("caption") == ("meu pedido" if "pedido" in line else None)


def test_the_last_message_can_be_changed_and_taken_back(trial: Trial) -> None:
    first, edit, revoke = trial.messages("Abre sábado?", "/editar Abre domingo?", "/apagar")
    assert edit["edit"]["original_message_id"] == first["id"]
    assert edit["edit"]["message"]["text"]["body"] == "Abre domingo?"
    assert revoke["revoke"]["original_message_id"] == first["id"]


def test_an_answer_can_be_quoted_marked_and_tapped(trial: Trial) -> None:
    trial.type("Oi")
    answer = trial.answer(choices=(("sim", "Sim"), ("nao", "Não")))
    mark, reply = trial.messages("/reagir 😀", "/responder e domingo?")
    assert mark["reaction"] == {"message_id": answer, "emoji": "😀"}
    assert reply["context"]["id"] == answer
    (tap,) = trial.messages("/botao Não")
    assert tap["interactive"]["button_reply"]["id"] == "nao"
    with pytest.raises(TypedError, match="Sim, Não"):
        do(trial.chat, "/botao Talvez")


def test_a_person_answers_from_the_phone(trial: Trial) -> None:
    (change,) = trial.type("/pessoa Aqui é a Rita.")
    assert change["field"] == "smb_message_echoes"


def test_time_moves_and_messages_come_late(trial: Trial) -> None:
    before = trial.graph.clock.now()
    trial.type("/avançar 25h")
    assert trial.graph.clock.now() - before >= 25 * 3600
    (late,) = trial.messages("/atrasada 40min Ainda dá tempo?")
    assert trial.graph.clock.now() - int(late["timestamp"]) >= 40 * 60


def test_identities_change(trial: Trial) -> None:
    before = trial.chat.phone.patient.user_id
    moved, renamed = trial.messages("/numero +5541988887777", "/identidade")
    assert moved["system"]["previous_user_id"] == before
    assert renamed["system"]["type"] == "user_changed_user_id"
    trial.type("/usuario bia.s")
    (message,) = trial.messages("Oi")
    assert "from" not in message


def test_another_patient_takes_the_phone(trial: Trial) -> None:
    trial.type("Oi", "/novo Caio")
    (message,) = trial.messages("Olá")
    assert message["from_user_id"] != trial.chat.phones[0].patient.user_id
    assert [bubble.text for bubble in trial.chat.phone.inbox().bubbles] == ["Olá"]
    with pytest.raises(TypedError):
        trial.type("/novo Davi", "/apagar")


def test_the_token_is_revoked_and_renewed(trial: Trial) -> None:
    trial.type("/revogar")
    assert all(token.revoked for token in trial.graph.account.tokens)
    trial.type("/renovar")
    assert trial.renewed == 1


def test_help_names_every_command(trial: Trial) -> None:
    trial.type("/ajuda")
    assert [note.split()[0] for note in trial.notes] == [f"/{name}" for name in COMMANDS]


def test_the_end_is_typed(trial: Trial) -> None:
    with pytest.raises(EndOfChat):
        do(trial.chat, "/sair")


@pytest.mark.parametrize(
    "line",
    [
        "/dançar",
        "/botao",
        "/apagar",
        "/editar",
        "/responder oi",
        "/reagir",
        "/avancar",
        "/avancar ontem",
        "/atrasada 40min",
        "/numero 41",
    ],
)
def test_what_cannot_be_done_says_what_can(trial: Trial, line: str) -> None:
    with pytest.raises(TypedError, match=r"\.$|\d$"):
        do(trial.chat, line)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("25h", 90_000), ("40 min", 2400), ("1,5h", 5400), ("30s", 30), ("2d", 172_800)],
)
def test_times_are_read(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds
