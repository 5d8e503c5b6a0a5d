import dataclasses
from collections.abc import Iterator

import pytest

from tests.unit.workers.channels.backfill.sources.mails.boxes import (
    ANA,
    DAY,
    HOUR,
    MORNING,
    held,
    mail,
    reply,
)
from workers.channels.backfill.sources.mails.index import MailIndex, hashed, letter_of
from workers.channels.backfill.sources.mails.uses import Use
from workers.channels.email.reading.mail import read_mail


@pytest.fixture
def index() -> Iterator[MailIndex]:
    index = MailIndex()
    yield index
    index.close()


def add(index: MailIndex, *mails: bytes) -> None:
    for number, raw in enumerate(mails):
        index.add(read_mail(raw), held(raw, str(number)))


def test_the_letters_from_and_to_somebody_come_oldest_first(index: MailIndex) -> None:
    add(index, reply(), mail(), mail(own_id="9", sender="bia@paciente.example"))
    letters = index.letters([ANA], MORNING)
    assert [letter.ref for letter in letters] == ["1", "0"]
    assert [letter.sender for letter in letters] == [hashed(ANA), hashed("contato@clinica.example")]


def test_a_letter_is_as_it_was_added(index: MailIndex) -> None:
    raw = reply(References="<a@x.example> <b@x.example>", X_GM_THRID="77")
    add(index, raw)
    (letter,) = index.letters([ANA], MORNING)
    as_it_is = letter_of(read_mail(raw), held(raw), 1, MORNING + HOUR)
    assert letter == dataclasses.replace(as_it_is, received=True)
    assert letter.parents == {hashed("<1@paciente.example>")}
    assert letter.named >= {hashed("<a@x.example>"), hashed("<b@x.example>")}
    assert letter.thread == hashed("77")
    assert letter.answers


def test_whom_a_form_wants_answered_is_a_correspondent(index: MailIndex) -> None:
    add(index, mail(sender="site@clinica.example", Reply_To=ANA))
    assert [letter.received for letter in index.letters([ANA], MORNING)] == [False]


def test_an_address_with_a_tag_is_the_same(index: MailIndex) -> None:
    add(index, mail(sender="ana+site@paciente.example"))
    assert len(index.letters([ANA, "ANA+x@paciente.example".lower()], MORNING)) == 1


def test_what_is_half_a_year_away_is_left_out(index: MailIndex) -> None:
    add(index, mail(at=MORNING - 200 * DAY), mail(own_id="2", at=MORNING - 100 * DAY))
    assert [letter.ref for letter in index.letters([ANA], MORNING)] == ["1"]


def test_of_many_the_nearest_are_given(index: MailIndex) -> None:
    add(index, *(mail(own_id=str(n), at=MORNING + n * HOUR) for n in range(300)))
    letters = index.letters([ANA], MORNING + 300 * HOUR)
    assert [letter.ref for letter in letters] == [str(n) for n in range(100, 300)]


def test_one_without_a_date_is_of_the_time_of_the_one_before(index: MailIndex) -> None:
    add(index, mail(), mail(own_id="2", Date=""))
    assert [letter.at for letter in index.letters([ANA], MORNING)] == [MORNING, MORNING]


def test_what_a_program_wrote_and_what_was_sent_is_known() -> None:
    raw = reply(Auto_Submitted="auto-replied")
    letter = letter_of(read_mail(raw), held(raw, use=Use.SENT))
    assert (letter.robot, letter.sent) == (True, True)


def test_no_text_has_the_mark_of_none() -> None:
    assert hashed("") == hashed(None) == 0
    assert 0 < hashed("a") < 2**63
