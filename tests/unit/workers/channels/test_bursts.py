from typing import Literal

import pytest

from workers.answering.triage.triage import load_triage
from workers.channels.bursts import is_thanks, quiet_seconds
from workers.contracts.channel import Channel
from workers.contracts.conversation import PatientMessage

CHANNEL = Channel(name="recepcao", tenant="clinica", clinic="Clínica Exemplo", quiet_seconds=1.5)


def wait(text: str, kind: Literal["text", "choice", "media"] = "text") -> float:
    message = PatientMessage(id="wamid.1", text=text, sent_at=0.0, kind=kind)
    return quiet_seconds(message, CHANNEL, load_triage())


@pytest.mark.parametrize(
    "text",
    [
        "Oi",
        "bom dia",
        "obrigada",
        "👍",
        "quero falar com um atendente",
        "não entendi nada",
        "#",
        "0",
        "parar",
        "não quero mais receber mensagens",
        "estou com dor no peito e",
    ],
)
def test_what_needs_no_search_is_answered_at_once(text: str) -> None:
    assert wait(text) == 0.0


def test_a_choice_is_complete_whatever_it_says() -> None:
    assert wait("Falar sobre o", kind="choice") == 0.0


@pytest.mark.parametrize("text", ["Qual o preparo da colonoscopia?", "Vocês aceitam Unimed"])
def test_a_question_waits_for_the_channel_s_own_silence(text: str) -> None:
    assert wait(text) == CHANNEL.quiet_seconds


@pytest.mark.parametrize(
    "text", ["Oi,", "boa tarde, queria saber", "tenho uma dúvida", "vocês atendem", "ok, mas"]
)
def test_who_has_not_done_yet_gets_more_time(text: str) -> None:
    assert wait(text) == 8.0


@pytest.mark.parametrize("text", ["", "  "])
def test_a_medium_without_words_may_be_one_of_several(text: str) -> None:
    assert wait(text, kind="media") == CHANNEL.quiet_seconds


@pytest.mark.parametrize(
    ("text", "thanks"),
    [
        ("Obrigada!", True),
        ("muito obrigado", True),
        ("obrigada, mas que horas?", False),
        ("ok", False),
        ("bom dia", False),
        ("", False),
    ],
)
def test_thanks_are_all_that_nobody_waits_for_an_answer_to(text: str, *, thanks: bool) -> None:
    message = PatientMessage(id="wamid.1", text=text, sent_at=0.0)
    assert is_thanks(message, CHANNEL, load_triage()) is thanks
    media = message.model_copy(update={"kind": "media"})
    assert not is_thanks(media, CHANNEL, load_triage())
