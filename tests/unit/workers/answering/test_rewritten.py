"""What a model wrote is searched only where it asks what was asked, of what was named."""

import pytest

from workers.answering.follow_up import follow_up_of
from workers.answering.language import Language
from workers.answering.rewrite import RewritePrompt
from workers.answering.rewritten import MOST_CHARACTERS, Refusal, read_rewritten
from workers.contracts.conversation import Turn
from workers.engine.protocol import Generation

TURN = Turn(
    question="Vocês fazem ultrassom de abdome total?",
    answer="Sim, na unidade Centro, de segunda a sexta. O preparo leva 6 horas.",
    at=0.0,
)
PRICE = "e quanto custa?"


def read(
    written: str, question: str = PRICE, reason: str = "stop", language: Language = "pt"
) -> tuple[str, Refusal | None]:
    follow_up = follow_up_of(question, (TURN,), 60.0)
    assert follow_up is not None
    prompt = RewritePrompt("", (), (), 60, follow_up, (TURN,), language)
    result = read_rewritten(Generation(written, reason, 0, 0, 0), prompt)
    return result.text, result.refusal


@pytest.mark.parametrize(
    ("written", "question", "text"),
    [
        (" Quanto custa o ultrassom de abdome total?\n", PRICE, None),
        ('Pergunta completa: "Quanto custa o ultrassom?"', PRICE, "Quanto custa o ultrassom?"),
        ("Quanto custa a ultrassonografia de abdome?", PRICE, None),
        ("Quanto custa o ultrassom?\nMensagem: e o jejum?", PRICE, "Quanto custa o ultrassom?"),
        ("Vocês fazem ultrassom de abdome total no sábado?", "e no sábado?", None),
        ("Vocês fazem ultrassom na unidade Centro?", "e no centro?", None),
    ],
)
def test_what_can_be_trusted(written: str, question: str, text: str | None) -> None:
    assert read(written, question) == (text or written.strip(), None)


@pytest.mark.parametrize(
    ("written", "refusal"),
    [
        ("", "empty"),
        ("?!", "empty"),
        ("Quanto custa o ultrassom de abdome total" + " total" * 30 + "?", "long"),
        ("O ultrassom de abdome custa.", "no_question"),
        ("How much does the ultrasound of the abdomen cost?", "language"),
        (f"{TURN.question} E quanto custa?", "several"),
        (TURN.question, "repeated"),
        ("E quanto custa?", "leans"),
        ("Quanto custa esse ultrassom?", "leans"),
        ("Vocês têm ultrassom de abdome?", "lost"),
        ("Quanto custa o ultrassom de abdome com 3 filmes?", "added"),
        ("Quanto custa a colonoscopia?", "added"),
        ("Quanto custa o ultrassom pelo plano Aurora?", "added"),
        ("Quanto custa o ultrassom pelo plano aurora?", "added"),
        ("Quanto custa o ultrassom com contraste?", "added"),
        ("Quanto custa o ultrassom no domingo?", "added"),
    ],
)
def test_what_is_left(written: str, refusal: Refusal) -> None:
    assert read(written) == ("", refusal)


def test_what_the_message_named_must_stay() -> None:
    assert read("Vocês fazem ultrassom de abdome total?", "e no sábado?") == ("", "repeated")
    assert read("Vocês fazem ultrassom de abdome?", "e no centro?") == ("", "lost")


def test_a_message_that_only_names_something_asks_what_the_one_before_asked() -> None:
    assert read("Quanto demora o ultrassom no centro?", "e no centro?") == ("", "lost")


@pytest.mark.parametrize("reason", ["length", "abort"])
def test_what_was_cut_is_left(reason: str) -> None:
    assert read("Quanto custa o ultrassom de abdome total?", reason=reason) == ("", "cut")


def test_the_longest_is_searched_and_one_more_is_not() -> None:
    text = "Quanto custa o ultrassom de abdome" + " total" * 27
    for length, refusal in ((MOST_CHARACTERS, None), (MOST_CHARACTERS + 1, "long")):
        assert read(text.ljust(length, "?"))[1] == refusal
