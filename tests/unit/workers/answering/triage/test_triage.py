"""The word lists on `messages.csv`, which they were developed on."""

import csv
from pathlib import Path

import pytest

from workers.answering.templates import LANGUAGES
from workers.answering.triage.triage import FixedReply, load_triage
from workers.contracts.question import Status

MESSAGES = Path(__file__).with_name("messages.csv")


def rows(part: str, *kinds: str) -> list[tuple[str, str]]:
    with MESSAGES.open(encoding="utf-8", newline="") as file:
        return [
            (row["message"], row["kind"])
            for row in csv.DictReader(file)
            if row["part"] == part and row["kind"] in kinds
        ]


def triaged(message: str) -> FixedReply | None:
    return load_triage().of(message, "pt")


def reason(message: str) -> str:
    fixed = triaged(message)
    return fixed.reason if fixed else ""


def test_emergencies_that_the_lists_were_made_for_are_recognised() -> None:
    phrases = rows("developed", "emergency")
    missed = [message for message, _ in phrases if reason(message) != "emergency"]
    assert len(missed) <= 0.02 * len(phrases), missed


def test_what_only_sounds_like_an_emergency_is_none() -> None:
    phrases = rows("developed", "look_alike")
    taken = [message for message, _ in phrases if reason(message) == "emergency"]
    assert len(taken) <= 0.02 * len(phrases), taken


@pytest.mark.parametrize(
    ("message", "kind"),
    rows(
        "developed", "person_asked", "personal_health", "greeting", "thanks", "acknowledged",
        "question",
    ),
)  # fmt: skip
def test_wishes_and_courtesies_are_told_from_questions(message: str, kind: str) -> None:
    assert reason(message) == ("" if kind == "question" else kind)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("quero morrer, não aguento mais", "emergency_suicide"),
        ("QUERO MORRERRR", "emergency_suicide"),
        ("meu filho bebeu água sanitária", "emergency_poisoning"),
        ("minha filha bebeu 𝗮𝗴𝘂𝗮 sanitaria\u200b", "emergency_poisoning"),
        ("meu marido me bateu", "emergency_violence"),
        ("estou com dor no peito", "emergency"),
        ("bom dia, qual o preço do hemograma? minha mãe desmaiou e não acorda", "emergency"),
    ],
)
def test_a_kind_of_emergency_has_the_text_that_fits(message: str, text: str) -> None:
    fixed = triaged(message)
    assert fixed is not None
    assert (fixed.message, fixed.status) == (text, Status.NEEDS_HUMAN)


@pytest.mark.parametrize(
    ("message", "language"),
    [
        ("she is not breathing", "en"),
        ("ela não está respirando", "pt"),
        ("thank you!", "en"),
        ("obrigada!", "pt"),
        ("can I talk to a person?", "en"),
    ],
)
def test_the_answer_is_in_the_language_of_the_words_that_were_recognised(
    message: str, language: str
) -> None:
    fixed = triaged(message)
    assert fixed is not None
    assert fixed.language == language


def test_a_courtesy_of_no_language_gets_the_default() -> None:
    for default in LANGUAGES:
        fixed = load_triage().of("👍", default)
        assert fixed is not None
        assert fixed.language == default
        assert fixed.status == Status.ANSWERED


@pytest.mark.parametrize("message", ["", " ", "?", "...", "😡", "a", "."])
def test_what_says_nothing_is_left_to_the_search(message: str) -> None:
    assert triaged(message) is None
