import dataclasses
from collections.abc import Sequence
from datetime import date

import pytest

from tests.unit.workers.channels.backfill.sources.mails.boxes import (
    ANA,
    CLINIC,
    DAY,
    HOUR,
    MORNING,
    ListBox,
    held,
    mail,
    reply,
)
from workers.channels.backfill.sources.mails.held_mail import HeldMail
from workers.channels.backfill.sources.mails.mail_source import MailSource
from workers.channels.backfill.sources.mails.uses import Use
from workers.channels.backfill.sources.source import LeftOut, SourceOptions
from workers.channels.email.reading.mail import Mail
from workers.channels.email.reading.new_text import NewText, new_text
from workers.contracts.backfill import BackfillRow
from workers.contracts.conversation import Turn

OPTIONS = SourceOptions(clinic=(CLINIC,), longest=2_000)


def read(*mails: bytes | HeldMail, options: SourceOptions = OPTIONS) -> list[BackfillRow | LeftOut]:
    return list(MailSource(ListBox(mails), options).rows())


def rows(*mails: bytes | HeldMail, options: SourceOptions = OPTIONS) -> list[BackfillRow]:
    return [each for each in read(*mails, options=options) if isinstance(each, BackfillRow)]


def left_out(parts: Sequence[BackfillRow | LeftOut]) -> list[str]:
    return [each.reason for each in parts if isinstance(each, LeftOut)]


def test_every_mail_is_a_row_or_left_out() -> None:
    parts = read(
        mail(),
        reply(),
        mail("Obrigada!", own_id="2", subject="Re: Colonoscopia"),
        held(mail(own_id="3"), "3", Use.SPAM),
        held(mail(own_id="4"), "4", Use.TRASH),
        held(mail(own_id="5"), "5", Use.DRAFT),
        mail(own_id="6", Precedence="bulk"),
    )
    assert isinstance(parts[0], BackfillRow)
    assert left_out(parts) == ["clinic", "courtesy", "spam", "trash", "draft", "list"]


def test_the_clinic_s_answer_stands_beside_the_question() -> None:
    (row,) = rows(mail(), reply("Das 7h às 19h.\n\nAtt,\nClínica Exemplo"))
    assert row.later_answer == "Das 7h às 19h."


def test_a_reply_is_asked_with_the_turn_before() -> None:
    first = mail("Qual o preparo?", subject="Exame")
    answer = reply("Jejum de 8 horas.", subject="Re: Exame")
    second = mail(
        "E água, pode?",
        own_id="2",
        at=MORNING + 2 * HOUR,
        subject="Re: Exame",
        In_Reply_To="<r1@paciente.example>",
    )
    _, row = rows(second, answer, first)[::-1]
    turn = Turn(
        question="Qual o preparo?",
        answer="Jejum de 8 horas.",
        at=MORNING + HOUR,
        by="person",
    )
    assert row.context == (turn,)
    assert row.question == "E água, pode?"


def test_an_answer_to_another_patient_is_not_this_one_s() -> None:
    (row,) = rows(mail(), reply(to="bia@paciente.example"))
    assert row.later_answer == ""


def test_a_letter_of_an_outsider_is_no_answer_of_the_clinic_s() -> None:
    forged = reply(sender="Clínica <clinica@fora.example>", to=f"{CLINIC}, {ANA}")
    assert [row.later_answer for row in rows(mail(), forged)] == ["", ""]


def test_an_answer_that_says_nothing_itself_gives_way_to_the_next() -> None:
    empty = reply("", subject="")
    answer = reply("Às 7h.", at=MORNING + DAY)
    (row,) = rows(mail(), empty, answer)
    assert row.later_answer == "Às 7h."


def test_a_form_s_patient_is_answered_at_her_address() -> None:
    form = mail(sender=f"Site <{CLINIC}>", Reply_To=ANA)
    (row,) = rows(form, reply("Às 7h."))
    assert row.later_answer == "Às 7h."


def test_a_second_copy_is_left_out_and_an_id_of_two_mails_is_two_rows() -> None:
    parts = read(
        mail(), mail(), mail("Outra coisa?", at=MORNING + DAY), mail(own_id=None), mail(own_id=None)
    )
    assert left_out(parts) == ["duplicate", "duplicate"]
    keys = [each.key for each in parts if isinstance(each, BackfillRow)]
    assert keys[:2] == ["<1@paciente.example>", "<1@paciente.example>#2"]
    assert len(set(keys)) == 3


def test_a_box_that_has_grown_gives_the_old_keys_and_the_new() -> None:
    mails = [mail(own_id=str(n)) for n in range(3)] + [mail(own_id=None)]
    before = [row.key for row in rows(*mails)]
    assert [row.key for row in rows(*mails, mail(own_id="9"))][:4] == before


def test_mails_before_the_day_asked_for_are_older_and_known_all_the_same() -> None:
    options = dataclasses.replace(OPTIONS, since=date(2026, 9, 14))
    answer = reply("Jejum de 8 horas.", at=MORNING - DAY)
    asked = mail(own_id="2", subject="Re: x", In_Reply_To="<r1@paciente.example>")
    parts = read(mail(at=MORNING - 2 * DAY), answer, asked, options=options)
    assert left_out(parts) == ["older", "clinic"]
    (row,) = (each for each in parts if isinstance(each, BackfillRow))
    assert [turn.answer for turn in row.context] == ["Jejum de 8 horas."]


def test_what_is_too_long_and_what_is_empty_are_rows_with_a_fault() -> None:
    long, empty = rows(mail("palavra " * 600), mail("", own_id="2", subject=""))
    assert (long.fault, empty.fault) == ("too_long", "empty")


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\xff" * 500,
        b"From: \n\n",
        b"Content-Type: multipart/mixed; boundary=\n\n--\n",
        b"Subject: =?utf-8?b?////?=\nContent-Type: text/html; charset=x-unknown\n\n<p>"
        + b"<b>" * 9000,
        b"To: <>\nReply-To: <>\nDate: " + b"9" * 181 + b"\nMessage-ID: \n\noi?",
    ],
)
def test_a_bad_mail_is_some_row_and_the_next_ones_go_on(raw: bytes) -> None:
    first, second = read(raw, mail())
    assert isinstance(first, BackfillRow | LeftOut)
    assert isinstance(second, BackfillRow)
    assert second.fault is None


def test_a_mail_that_its_box_does_not_give_is_a_row_for_a_person() -> None:
    bad, good = rows(held(None, "7"), mail())
    assert (bad.fault, good.fault) == ("unreadable", None)


def test_a_mail_that_breaks_the_reading_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(letter: Mail) -> NewText:
        if "quebra" in letter.text:
            raise RecursionError
        return new_text(letter)

    monkeypatch.setattr("workers.channels.backfill.sources.mails.row.new_text", breaks)
    bad, good = rows(mail("quebra"), mail(own_id="2"))
    assert (bad.fault, good.fault) == ("unreadable", None)


def test_a_box_that_changed_since_gives_no_other_s_words() -> None:
    class Shifting(ListBox):
        def fetch(self, ref: str) -> bytes | None:
            return mail("Segredo de outra paciente.", own_id=f"99-{ref}")

    (row,) = (
        each
        for each in MailSource(Shifting([mail(), reply()]), OPTIONS).rows()
        if isinstance(each, BackfillRow)
    )
    assert row.later_answer == ""


def test_the_clinic_s_addresses_are_guessed_and_shown() -> None:
    mails = [mail(own_id=str(n), sender=f"p{n}@x{n}.example") for n in range(12)]
    source = MailSource(ListBox([*mails, reply()]), SourceOptions())
    (guess,) = source.guesses()
    assert (guess.value, guess.option) == (CLINIC, "--clinic")
    assert left_out(list(source.rows())) == ["clinic"]
    assert MailSource(ListBox(mails), OPTIONS).guesses() == ()
    assert MailSource(ListBox([]), SourceOptions()).guesses() == ()


def test_rows_begin_anew_each_time() -> None:
    source = MailSource(ListBox([mail(), mail()]), OPTIONS)
    source.guesses()
    assert list(source.rows()) == list(source.rows())
