from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.answering.templates import Message, Templates
from workers.channels.composing import LIMIT, Composer
from workers.channels.notes import disclosure_due
from workers.channels.whatsapp.length import units
from workers.contracts.channel import Channel
from workers.contracts.conversation import Conversation
from workers.contracts.question import Citation, Outcome, Status, Way

TEXTS = Templates.load()
COMPOSER = Composer(TEXTS)
CHANNEL = Channel(
    name="recepcao",
    tenant="clinica",
    clinic="Clínica *Sol*",
    hours="seg-sex 08:00-18:00",
    privacy_url="https://sol.example/lgpd",
)
ZONE = ZoneInfo("America/Sao_Paulo")
OPEN = datetime(2026, 11, 27, 10, tzinfo=ZONE).timestamp()
NIGHT = datetime(2026, 11, 27, 3, tzinfo=ZONE).timestamp()
DAY = 24 * 60 * 60.0
ANSWER = Outcome(
    status=Status.ANSWERED,
    way=Way.WRITE,
    text="Fique 8 horas sem comer.",
    citations=(Citation(document="pdf/jejum.pdf", title="Preparo", page=2, quote="8 horas"),),
)


def conversation(disclosed_at: float | None = OPEN) -> Conversation:
    return Conversation(
        id="c1", tenant="clinica", channel="recepcao", kind="whatsapp", contact="user:BR.1",
        recipient={}, opened_at=0.0, last_message_at=0.0, disclosed_at=disclosed_at,
    )  # fmt: skip


def fixed(name: Message, status: Status = Status.ANSWERED) -> Outcome:
    return Outcome(status=status, text=TEXTS.message(name, "pt"), reason=name)


def composed(outcome: Outcome, *, disclosed_at: float | None = OPEN, now: float = OPEN) -> str:
    return COMPOSER.compose(outcome, conversation(disclosed_at), CHANNEL, now)


def test_an_answer_stands_with_its_source_and_no_path() -> None:
    assert composed(ANSWER) == "Fique 8 horas sem comer.\n\nFonte: Preparo, p. 2"


def test_the_first_answer_says_that_a_machine_answers_and_how_to_reach_a_person() -> None:
    text = composed(ANSWER, disclosed_at=None)
    disclosure, answer = text.split("\n\n", 1)
    assert answer == composed(ANSWER)
    for part in ("assistente automático", "*atendente*", "https://sol.example/lgpd"):
        assert part in disclosure
    assert "Clínica \u2217Sol\u2217" in disclosure


def test_it_is_said_again_after_half_a_year_and_not_before() -> None:
    assert not disclosure_due(ANSWER, conversation(OPEN - 179 * DAY), OPEN)
    assert disclosure_due(ANSWER, conversation(OPEN - 181 * DAY), OPEN)


def test_an_emergency_s_text_comes_first_and_alone() -> None:
    emergency = fixed("emergency", Status.NEEDS_HUMAN)
    assert composed(emergency, disclosed_at=None) == emergency.text
    assert composed(emergency, disclosed_at=None, now=NIGHT).startswith(emergency.text)


def test_a_first_greeting_is_disclosure_and_greeting_in_one() -> None:
    text = composed(fixed("greeting"), disclosed_at=None)
    assert text.count("assistente automático") == 1
    assert text.startswith("Olá!")
    assert text.endswith("Como posso ajudar?")
    assert composed(fixed("greeting")) == fixed("greeting").text


@pytest.mark.parametrize("status", [Status.NEEDS_HUMAN, Status.FAILED, Status.EXPIRED])
def test_what_goes_to_a_person_at_night_says_when_people_are_back(status: Status) -> None:
    handover = fixed("needs_human", status)
    assert composed(handover) == handover.text
    assert composed(handover, now=NIGHT) == (
        f"{handover.text}\n\nA clínica está fechada agora. "
        "Uma pessoa responde a partir de hoje, às 8h."
    )


def test_an_answer_from_the_documents_says_nothing_of_hours() -> None:
    assert composed(ANSWER, now=NIGHT) == composed(ANSWER)


def test_a_person_s_words_are_sent_as_they_were_written() -> None:
    words = Outcome(status=Status.ANSWERED, way=Way.PERSON, text="Oi, *Ana*! Pode vir às 8h.")
    assert composed(words, disclosed_at=None, now=NIGHT) == words.text


def test_a_quote_s_headings_are_bold_and_its_source_is_not_said_twice() -> None:
    citation = Citation(document="h.html", title="Horários", heading="Centro > Coleta", quote="x")
    text = "Nos documentos da clínica:\n\nHorários \u2013 Centro \u2013 Coleta\nDas 6h30 às 10h30."
    quote = Outcome(status=Status.ANSWERED, way=Way.QUOTE, text=text, citations=(citation,))
    assert composed(quote) == (
        "Nos documentos da clínica:\n\n*Horários \u2013 Centro \u2013 Coleta*\nDas 6h30 às 10h30."
    )


def test_several_sources_stand_in_one_line() -> None:
    citations = [
        Citation(document=f"{title}.pdf", title=title, page=page, heading=heading, quote="x")
        for title, page, heading in (
            ("Preparo", 1, "Jejum"), ("Preparo", 3, "Roupa"), ("Preços", None, "Exames > Sangue"),
            ("Um terceiro", None, None),
        )
    ]  # fmt: skip
    line = composed(ANSWER.model_copy(update={"citations": tuple(citations)})).splitlines()[-1]
    assert line == "Fonte: Preparo, p. 1-3; Preços, Sangue"


def test_a_long_answer_ends_with_a_sentence_and_says_where_it_goes_on() -> None:
    long = ANSWER.model_copy(update={"text": "Fique 8 horas sem comer. " * 300})
    text = composed(long, disclosed_at=None)
    assert units(text) <= LIMIT
    assert "sem comer.\n\n\u2026 (continua no documento Preparo; para saber mais" in text
    assert text.endswith("Fonte: Preparo, p. 2")


def test_english_patients_read_english() -> None:
    outcome = Outcome(status=Status.NEEDS_HUMAN, text="A person will answer.", language="en")
    text = composed(outcome, disclosed_at=None, now=NIGHT)
    assert "automatic assistant" in text
    assert text.endswith("People are back today at 08:00.")


@given(
    st.text(max_size=9000),
    st.sampled_from([None, *Way]),
    st.sampled_from([Status.ANSWERED, Status.NEEDS_HUMAN, Status.EXPIRED]),
    st.text(max_size=300),
)
def test_a_message_is_never_empty_and_never_too_long(
    text: str, way: Way | None, status: Status, title: str
) -> None:
    citation = Citation(document="d", title=title, quote="q")
    outcome = Outcome(status=status, way=way, text=text, citations=(citation,))
    message = composed(outcome, disclosed_at=None, now=NIGHT)
    assert message.strip()
    assert units(message) <= LIMIT
    message.encode("utf-8")
