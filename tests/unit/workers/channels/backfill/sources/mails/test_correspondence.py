from itertools import count
from typing import Any

import pytest

from tests.unit.workers.channels.backfill.sources.mails.boxes import DAY, HOUR, MORNING
from workers.channels.backfill.sources.mails.correspondence import Correspondence
from workers.channels.backfill.sources.mails.index import Letter, hashed

CLINIC, ANA = 1, 2
_numbers = count(1)


def letter(own_id: str = "", at: float = MORNING, sender: int = ANA, **fields: str | int) -> Letter:
    """A letter of Ana's; ids and subjects are words."""
    parents = frozenset(map(hashed, str(fields.get("parents", "")).split()))
    named = frozenset(map(hashed, str(fields.get("named", "")).split()))
    return Letter(
        number=next(_numbers),
        ref="",
        at=at,
        id=hashed(own_id),
        sender=sender,
        sent=bool(fields.get("sent")),
        robot=bool(fields.get("robot")),
        answers=bool(fields.get("answers")),
        subject=hashed(str(fields.get("subject", ""))),
        thread=int(fields.get("thread", 0)),
        parents=parents,
        named=parents | named,
        received=bool(fields.get("received")),
    )


def answer(own_id: str = "r", at: float = MORNING + HOUR, **fields: str | int) -> Letter:
    """A letter of the clinic's."""
    return letter(own_id, at, CLINIC, received=True, **fields)


def answers(question: Letter, *others: Letter) -> list[Letter]:
    letters = sorted((question, *others), key=lambda each: each.at)
    return Correspondence(letters, {CLINIC}).answers_to(question)


def turns(question: Letter, *others: Letter) -> list[tuple[Letter, Letter]]:
    letters = sorted((question, *others), key=lambda each: each.at)
    return Correspondence(letters, {CLINIC}).turns_before(question)


def test_what_names_a_letter_answers_it() -> None:
    question = letter("q")
    named = answer("r", parents="q")
    assert answers(question, answer("s", parents="x"), named, letter("t", parents="q")) == [named]


def test_what_names_it_answers_it_however_late_and_by_a_wrong_clock() -> None:
    question = letter("q")
    late, early = (
        answer("r", MORNING + 90 * DAY, parents="q"),
        answer("s", MORNING - DAY, parents="q"),
    )
    assert answers(question, late, early) == [early, late]


def test_what_was_sent_from_another_address_is_the_clinic_s_too() -> None:
    question = letter("q")
    sent = letter("r", MORNING + HOUR, 9, sent=True, received=True, parents="q")
    assert answers(question, sent) == [sent]


def test_a_form_s_mail_is_the_patient_s_though_the_clinic_s_site_sent_it() -> None:
    question = letter("q", sender=CLINIC, thread=7)
    second = letter("p", MORNING + HOUR, CLINIC, thread=7)
    assert answers(question, second) == []
    assert answers(second, question) == []


def test_what_a_program_of_the_clinic_s_wrote_answers_nothing() -> None:
    assert answers(letter("q"), answer(parents="q", robot=True)) == []


@pytest.mark.parametrize(
    ("of_question", "of_answer"),
    [
        ({"subject": "dúvida"}, {"subject": "dúvida", "answers": True}),
        ({"thread": 7}, {"thread": 7}),
        ({}, {"named": "q"}),
    ],
)
def test_one_that_names_no_letter_answers_the_last_of_its_thread(
    of_question: dict[str, Any], of_answer: dict[str, Any]
) -> None:
    question = letter("q", **of_question)
    after = answer(**of_answer)
    assert answers(question, after) == [after]
    assert answers(question, answer("r", MORNING + 15 * DAY, **of_answer)) == []
    assert answers(question, answer("r", MORNING - 1, **of_answer)) == []
    between = letter("p", MORNING + 60, **of_question, named="q")
    assert answers(question, between, after) == []


def test_a_new_letter_of_the_same_subject_is_no_answer() -> None:
    assert answers(letter("q", subject="aviso"), answer(subject="aviso")) == []


def test_letters_without_ids_and_subjects_have_nothing_in_common() -> None:
    assert answers(letter(), answer(own_id="", parents="", answers=True)) == []


def test_what_answers_another_letter_is_that_one_s() -> None:
    question = letter("q", subject="dúvida")
    other = letter("p", MORNING - HOUR, subject="outra")
    after = answer(parents="p", subject="dúvida", answers=True)
    assert answers(question, other, after) == []


def test_the_turns_before_a_reply_are_the_letters_with_their_answers() -> None:
    first, second = letter("a", MORNING), letter("b", MORNING + 2 * HOUR, parents="ra")
    to_first = answer("ra", MORNING + HOUR, parents="a")
    to_second = answer("rb", MORNING + 3 * HOUR, parents="b")
    question = letter("c", MORNING + 4 * HOUR, parents="rb", named="a ra b rb")
    later = answer("rc", MORNING + 5 * HOUR, parents="c")
    assert turns(question, first, second, to_first, to_second, later) == [
        (first, to_first),
        (second, to_second),
    ]


def test_a_reply_that_names_nothing_goes_on_by_its_subject() -> None:
    first = letter("a", subject="exame")
    to_first = answer("ra", MORNING + HOUR, parents="a", subject="exame", answers=True)
    reply = letter("b", MORNING + DAY, subject="exame", answers=True)
    assert turns(reply, first, to_first) == [(first, to_first)]
    assert turns(letter("b", MORNING + DAY, subject="exame"), first, to_first) == []
    assert (
        turns(letter("b", MORNING + 70 * DAY, subject="exame", answers=True), first, to_first) == []
    )


def test_three_turns_are_enough() -> None:
    others = [letter(f"q{n}", MORNING + n * HOUR, thread=7) for n in range(0, 10, 2)]
    replies = [answer(f"r{n}", MORNING + n * HOUR, thread=7) for n in range(1, 11, 2)]
    question = letter("q", MORNING + DAY, thread=7)
    assert turns(question, *others, *replies) == list(zip(others, replies, strict=True))[-3:]


def test_what_the_clinic_wrote_first_is_no_turn() -> None:
    assert turns(letter("q", parents="r"), answer("r", MORNING - HOUR)) == []


def test_an_automatic_answer_is_a_turn_where_it_is_replied_to() -> None:
    first, robot = letter("a", MORNING - DAY), answer("r", MORNING - HOUR, parents="a", robot=True)
    assert turns(letter("q", parents="r"), first, robot) == [(first, robot)]
    assert turns(letter("q", named="r"), first, robot) == []
