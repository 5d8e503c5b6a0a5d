import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.contracts.conversation import Turn
from workers.contracts.question import Request
from workers.contracts.reply import WhatsAppAddress
from workers.contracts.shared_answers import normalised, share_key


def request(question: str = "Qual o preparo?", **more: object) -> Request:
    return Request.model_validate(
        {"tenant": "clinica", "question": question, "asked_at": 1.0, **more}
    )


@pytest.mark.parametrize(
    "same",
    ["qual o preparo", " Qual  o\npreparo? ", "QUAL O PREPARO?!", "Qual o preparo..."],
)
def test_case_spaces_and_marks_at_the_end_do_not_count(same: str) -> None:
    assert normalised(same) == normalised("Qual o preparo?")


def test_an_accent_written_in_two_signs_is_the_same() -> None:
    assert normalised("colica\u0302") == normalised("colicâ")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("uma gestante pode comer?", "uma gestante não pode comer?"),
        ("é o avô?", "é o avó?"),
        ("tomo 1.5 ml?", "tomo 15 ml?"),
        ("não, pode?", "não pode?"),
        ("qual a dose de 10⁵?", "qual a dose de 105?"),
    ],
)
def test_every_word_accent_and_sign_inside_counts(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@given(st.text(), st.text())
def test_words_are_never_lost(one: str, other: str) -> None:
    def words(text: str) -> list[str]:
        return normalised(f"{text} fim").split()

    assert (normalised(f"{one} fim") == normalised(f"{other} fim")) == (words(one) == words(other))


def test_an_answer_is_of_one_clinic_one_knowledge_and_one_way_of_answering() -> None:
    key = share_key(request(), "k1", "p1")
    assert key == share_key(request("QUAL O PREPARO", lane="bulk", metadata={"n": 1}), "k1", "p1")
    others = [
        share_key(request(tenant="outra"), "k1", "p1"),
        share_key(request(), "k2", "p1"),
        share_key(request(), "k1", "p2"),
        share_key(request("Qual o preparo do exame?"), "k1", "p1"),
    ]
    assert len({key, *others}) == 5


def test_what_one_field_ends_with_is_never_what_the_next_begins_with() -> None:
    assert share_key(request(), "k1", "p") != share_key(request(), "k", "1p")


def test_a_part_of_a_conversation_shares_nothing() -> None:
    assert share_key(request(conversation_id="c1"), "k1", "p1") is None
    turn = {"question": "Qual o preparo?", "answer": "Jejum de 8 horas.", "at": 1.0}
    assert share_key(request("E no sábado?", context=[turn]), "k1", "p1") is None


def test_a_channels_question_is_shared_unless_it_goes_on_from_a_turn() -> None:
    address = WhatsAppAddress(channel="recepcao", conversation="c1")
    of_channel = request(conversation_id="c1", reply_to=address)
    assert share_key(of_channel, "k1", "p1") == share_key(request(), "k1", "p1")
    turn = Turn(question="Qual o preparo?", answer="Jejum de 8 horas.", at=1.0)
    follow_up = of_channel.model_copy(update={"context": (turn,)})
    assert share_key(follow_up, "k1", "p1") is None
