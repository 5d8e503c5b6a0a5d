"""What a question ends with, for everything that the model may have written."""

from dataclasses import replace

import pytest

from tests.unit.workers.answering.quoting.sheets import found, selector, sheet
from workers.answering.follow_up import follow_up_of
from workers.answering.language import Language
from workers.answering.outcomes import Outcomes
from workers.answering.prepare import FoundQuestion, PreparedQuestion, RefusedQuestion
from workers.answering.prompt import AnswerPrompt
from workers.answering.quoting.selector import Selector
from workers.answering.templates import MESSAGES, Message, Templates
from workers.contracts.conversation import Turn
from workers.contracts.question import Outcome, Shared, Status, Timings, Usage, Way
from workers.contracts.shared_answers import SharedAnswer
from workers.engine.protocol import Generation

TEXTS = Templates.load()
TIMINGS = Timings(waited=0.1, retrieved=0.2, generated=0.3)
SHEET = sheet(
    "Retire brincos, correntes e relógio. Fique 8 horas sem comer.\n"
    "Ligue para (20) 5555-0149 em caso de dúvida.",
    "Ressonância",
    "Preparo",
)
SURE = "Quantas horas fico sem comer?"
UNSURE = "Vocês parcelam em quantas vezes?"
SELECTOR = selector(threshold=0.5)


def asked(question: str = SURE) -> PreparedQuestion:
    prompt = AnswerPrompt(question, (1, 2, 3), (), 20, (SHEET,))
    return PreparedQuestion(question, found(SHEET), prompt, "pt", "k1")


def outcome(
    text: str | None,
    question: str = SURE,
    selector: Selector | None = SELECTOR,
    finish_reason: str = "stop",
) -> Outcome:
    """What comes of it when the model writes this; None: the generation failed."""
    generation = None if text is None else Generation(text, finish_reason, 10, 5, 4)
    outcomes = Outcomes(TEXTS, "m", "p1", selector)
    return outcomes.of(asked(question), generation, TIMINGS)


# -- what the model wrote -----------------------------------------------------------------------


def test_what_stands_in_the_passages_is_sent_as_it_was_written_with_its_place() -> None:
    sent = outcome("Você precisa ficar 8 horas sem comer.")
    assert (sent.status, sent.way, sent.reason) == (Status.ANSWERED, Way.WRITE, None)
    assert sent.text == "Você precisa ficar 8 horas sem comer."
    assert (sent.faults, sent.refused) == ((), "")
    (citation,) = sent.citations
    assert citation.document == "Ressonância.md"
    assert "8 horas sem comer" in citation.quote
    assert (sent.model, sent.prompt_version, sent.knowledge_version) == ("m", "p1", "k1")
    assert sent.usage == Usage(prompt_tokens=10, completion_tokens=5, cached_tokens=4)
    assert sent.timings == TIMINGS


def test_in_its_place_the_documents_words_are_sent_where_a_sentence_surely_answers() -> None:
    sent = outcome("Você precisa ficar 12 horas sem comer.")
    assert (sent.status, sent.way, sent.reason) == (Status.ANSWERED, Way.QUOTE, None)
    assert "Fique 8 horas sem comer." in sent.text
    assert "Ressonância \u2013 Preparo" in sent.text
    assert "12" not in sent.text
    assert sent.faults == ("number",)
    assert sent.refused == "Você precisa ficar 12 horas sem comer."
    assert "8 horas" in sent.citations[0].quote


@pytest.mark.parametrize("selector", [SELECTOR, None], ids=["unsure", "no selector"])
def test_else_a_person_answers_and_the_faults_are_told(selector: Selector | None) -> None:
    question = UNSURE if selector else SURE
    sent = outcome("Fique 12 horas sem comer e ligue (20) 5555-9999.", question, selector)
    assert (sent.status, sent.way, sent.reason) == (Status.NEEDS_HUMAN, None, "unsupported")
    assert sent.text == TEXTS.needs_human("pt")
    assert {"number", "contact"} <= set(sent.faults)
    assert len(sent.faults) == len(set(sent.faults))
    assert sent.refused == "Fique 12 horas sem comer e ligue (20) 5555-9999."
    assert sent.citations == ()
    assert sent.usage.completion_tokens == 5


@pytest.mark.parametrize(
    ("text", "finish_reason", "reason"),
    [
        ("NÃO SEI", "stop", "model_unknown"),
        ("", "stop", "model_empty"),
        ("Fique 8 horas " * 9, "length", "model_repetition"),
        ("Fique oito", "length", "model_cut"),
        ("Fique 8 horas", "abort", "model_aborted"),
    ],
)
def test_where_the_model_has_no_answer_a_sentence_or_a_person_does(
    text: str, finish_reason: str, reason: str
) -> None:
    quoted = outcome(text, SURE, finish_reason=finish_reason)
    assert (quoted.status, quoted.way, quoted.reason) == (Status.ANSWERED, Way.QUOTE, None)
    assert "Fique 8 horas sem comer." in quoted.text
    refused = outcome(text, UNSURE, finish_reason=finish_reason)
    assert (refused.status, refused.reason) == (Status.NEEDS_HUMAN, reason)
    assert (refused.faults, refused.refused) == ((), "")
    assert outcome(text, SURE, None, finish_reason).reason == reason


def test_a_generation_that_failed_is_a_failure_whatever_could_be_quoted() -> None:
    sent = outcome(None)
    assert (sent.status, sent.reason, sent.way) == (Status.FAILED, "generation_failed", None)
    assert sent.text == TEXTS.needs_human("pt")
    assert (sent.usage, sent.timings) == (Usage(), TIMINGS)


# -- without the model --------------------------------------------------------------------------


def quoted(question: str, language: Language = "pt") -> Outcome:
    """What comes of a question that the model is not asked."""
    found_question = FoundQuestion(question, found(SHEET), lambda _: [], language, "k1")
    outcomes = Outcomes(TEXTS, "m", "p1", SELECTOR)
    return outcomes.instead(outcomes.unwritten(found_question, TIMINGS))


def test_a_question_that_is_quoted_is_answered_without_model_and_tokens() -> None:
    sent = quoted("brincos e relógio? sem comer quantas horas?")
    assert (sent.status, sent.way, sent.reason) == (Status.ANSWERED, Way.QUOTE, None)
    assert (sent.model, sent.finish_reason, sent.usage) == (None, None, Usage())
    assert (sent.knowledge_version, sent.timings) == ("k1", TIMINGS)
    for citation in sent.citations:
        assert f"{citation.title} \u2013 {citation.heading}\n{citation.quote}" in sent.text
    assert [citation.quote for citation in sent.citations] != []


def test_a_question_that_no_sentence_surely_answers_goes_to_a_person() -> None:
    sent = quoted(UNSURE)
    assert (sent.status, sent.way, sent.reason) == (Status.NEEDS_HUMAN, None, "unsure")
    assert sent.text == TEXTS.needs_human("pt")
    assert (sent.model, sent.citations, sent.knowledge_version) == (None, (), "k1")


def test_a_quote_is_introduced_in_the_language_of_the_question() -> None:
    portuguese, english = quoted(SURE).text, quoted(SURE, "en").text
    assert portuguese.startswith("Nos documentos da clínica:")
    assert not english.startswith("Nos documentos da clínica:")
    for text in (portuguese, english):
        assert "Fique 8 horas sem comer." in text


@pytest.mark.parametrize("message", MESSAGES)
def test_a_question_that_is_refused_gets_the_text_that_it_names(message: Message) -> None:
    refused = RefusedQuestion(Status.NEEDS_HUMAN, "emergency", "pt", message=message)
    sent = Outcomes(TEXTS, "m", "p1", SELECTOR).refused(refused, TIMINGS)
    assert sent.text == TEXTS.message(message, "pt")
    assert (sent.status, sent.reason, sent.way) == (Status.NEEDS_HUMAN, "emergency", None)
    assert (sent.citations, sent.model) == ((), None)


def test_a_shared_outcome_has_the_same_words_and_sources_and_none_of_the_tokens() -> None:
    first = outcome("Fique 8 horas sem comer.")
    own = Timings(waited=2.0)
    second = Outcomes.shared(SharedAnswer(Shared.CACHED, first), own)
    assert (second.text, second.citations, second.way) == (
        first.text,
        first.citations,
        first.way,
    )
    assert (second.usage, second.timings, second.shared) == (Usage(), own, Shared.CACHED)


# -- a question that goes on from another --------------------------------------------------------


def follow_up(written: str, before: str) -> Outcome:
    text = "e quantas horas sem comer?"
    turns = [Turn(question=before, answer="Sim.", at=0.0)]
    goes_on = follow_up_of(text, turns, 1.0)
    assert goes_on is not None
    question = replace(asked(text), follow_up=goes_on, searched=goes_on.searched)
    outcomes = Outcomes(TEXTS, "m", "p1", selector(threshold=0.3))
    return outcomes.of(question, Generation(written, "stop", 10, 5, 4), TIMINGS)


def test_what_was_searched_stands_in_the_outcome() -> None:
    sent = follow_up("Fique 8 horas sem comer.", "Fazem ressonância?")
    assert (sent.status, sent.way) == (Status.ANSWERED, Way.WRITE)
    assert sent.searched == (
        "e quantas horas sem comer?",
        "Fazem ressonância? e quantas horas sem comer?",
    )
    assert outcome("Fique 8 horas sem comer.").searched == ()


def test_in_place_of_a_wrong_answer_the_words_about_what_is_meant_are_sent() -> None:
    sent = follow_up("Fique 12 horas sem comer.", "Fazem ressonância?")
    assert (sent.status, sent.way) == (Status.ANSWERED, Way.QUOTE)
    assert "Fique 8 horas sem comer." in sent.text


def test_another_exams_sentence_is_neither_written_nor_quoted() -> None:
    sent = follow_up("Fique 12 horas sem comer.", "Fazem endoscopia?")
    assert (sent.status, sent.reason) == (Status.NEEDS_HUMAN, "unsupported")
