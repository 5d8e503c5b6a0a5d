from collections import Counter

import pytest

from workers.channels.backfill.sources.whatsapp.heads import DateOrder, head_of
from workers.channels.backfill.sources.whatsapp.survey import Dates, Why, form_of, people_of


def order(*dates: str, time: str = "10:00") -> tuple[DateOrder, Why]:
    known = Dates()
    (shape,) = known.read(f"{date} {time} - Ana: oi" for date in dates)
    return known.order(shape)


@pytest.mark.parametrize(
    ("dates", "known"),
    [
        (("01/09/2026", "19/09/2026"), ("dmy", "number")),
        (("9/1/26", "9/19/26"), ("mdy", "number")),
        (("01/09/2026", "05/09/2026", "02/10/2026"), ("dmy", "order")),
        (("9/1/26", "9/5/26", "10/2/26"), ("mdy", "order")),
        (("01/02/2026",), ("dmy", "default")),
        (("2026-09-19",), ("ymd", "form")),
        # one that a patient typed among many of the telephone
        (("19/09/2026", "20/09/2026", "21/09/2026", "09/22/2026"), ("dmy", "number")),
    ],
)
def test_the_order_of_day_and_month_is_known_by_all_dates(
    dates: tuple[str, ...], known: tuple[DateOrder, Why]
) -> None:
    assert order(*dates) == known


def test_an_american_telephone_s_form_decides_where_nothing_else_does() -> None:
    assert order("9/5/26", time="9:05 AM") == ("mdy", "form")
    assert order("9/5/26", time="9:05 am") == ("dmy", "default")
    assert order("09/05/2026", time="9:05 AM") == ("dmy", "default")


def test_what_the_user_says_goes_before_everything() -> None:
    known = Dates("mdy")
    (shape,) = known.read(["19/09/2026 10:00 - Ana: oi"])
    assert known.order(shape) == ("mdy", "said")


def test_chats_of_one_telephone_share_what_is_known() -> None:
    known = Dates()
    (shape,) = known.read(["9/5/26 10:00 - Ana: oi"])
    known.read(["9/19/26 10:00 - Bia: oi"])
    assert known.order(shape) == ("mdy", "number")


def test_a_second_form_counts_where_it_is_a_part_of_the_file() -> None:
    lines = ["19/09/2026 10:00 - Ana: oi"] * 20 + ["[19/09/2026, 10:00:00] Ana: oi"] * 5
    known = Dates()
    assert len(form_of(known.read(lines), known).shapes) == 2
    assert len(form_of(known.read(lines[:-3]), known).shapes) == 1
    assert isinstance(known.read([]), Counter)


def test_who_writes_is_counted_without_notices_and_pasted_lines() -> None:
    lines = [
        "19/09/2026 10:00 - Grupo: \u200eAna adicionou você",
        "19/09/2026 10:00 - Ana: qual o preço?",
        "19/09/2026 10:01 - Clínica: R$ 20",
        "13/10/2026 10:01 - Dra. Eva: retorno",
        "19/09/2026 10:02 - Clínica: <Mídia oculta>",
        "19/09/2026 10:02 - Bia saiu",
    ]
    known = Dates()
    survey = people_of(lines, form_of(known.read(lines), known))
    assert survey.people.keys() == {"Ana", "Clínica"}
    assert survey.title == "Grupo"
    assert survey.people["Clínica"].replies == 1
    assert survey.people["Ana"].questions == 1
    assert "Ana" in survey.form.senders
    assert head_of(lines[3]) is not None
