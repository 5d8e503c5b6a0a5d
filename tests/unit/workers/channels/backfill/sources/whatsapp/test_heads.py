from datetime import datetime

import pytest

from workers.channels.backfill.sources.checking import ZONE
from workers.channels.backfill.sources.whatsapp.heads import DateOrder, head_of, moment

NARROW, FIXED, MARK = "\u202f", "\u00a0", "\u200e"


@pytest.mark.parametrize(
    ("line", "order", "sent_at"),
    [
        ("19/09/2026 21:21 - Ana: oi", "dmy", "2026-09-19T21:21:00"),
        ("19/09/2026, 21:21 - Ana: oi", "dmy", "2026-09-19T21:21:00"),
        ("19/09/20 21:21 - Ana: oi", "dmy", "2020-09-19T21:21:00"),
        ("19/09/2026 às 21:21 - Ana: oi", "dmy", "2026-09-19T21:21:00"),
        ("19/09/2026 21h05 - Ana: oi", "dmy", "2026-09-19T21:05:00"),
        (f"19/09/2026 9:05{NARROW}PM - Ana: oi", "dmy", "2026-09-19T21:05:00"),
        (f"19/09/2026 12:05{NARROW}AM - Ana: oi", "dmy", "2026-09-19T00:05:00"),
        (f"19/09/2026 12:05{NARROW}PM - Ana: oi", "dmy", "2026-09-19T12:05:00"),
        (f"19/09/2026 9:05{FIXED}p.{FIXED}m. - Ana: oi", "dmy", "2026-09-19T21:05:00"),
        ("19/09/2026 9:05 a.m. - Ana: oi", "dmy", "2026-09-19T09:05:00"),
        ("19/09/2026 9:05 da noite - Ana: oi", "dmy", "2026-09-19T21:05:00"),
        ("19/09/2026 9:05 da manhã - Ana: oi", "dmy", "2026-09-19T09:05:00"),
        (f"9/19/26, 9:05{NARROW}AM - Ana: oi", "mdy", "2026-09-19T09:05:00"),
        ("[19/09/2026, 21:21:05] Ana: oi", "dmy", "2026-09-19T21:21:05"),
        ("[19/09/2026 21:21:05] Ana: oi", "dmy", "2026-09-19T21:21:05"),
        (f"{MARK}[19/09/26, 9:21:05{NARROW}PM] Ana: oi", "dmy", "2026-09-19T21:21:05"),
        ("19.09.26, 21:21 - Ana: oi", "dmy", "2026-09-19T21:21:00"),
        ("19-09-2026 21:21 - Ana: oi", "dmy", "2026-09-19T21:21:00"),
        ("2026-09-19, 21:21 - Ana: oi", "ymd", "2026-09-19T21:21:00"),
        ("\ufeff19/09/2026 21:21 - Ana: oi", "dmy", "2026-09-19T21:21:00"),
    ],
)
def test_each_telephone_s_form_begins_a_message(line: str, order: DateOrder, sent_at: str) -> None:
    head = head_of(line)
    assert head is not None
    assert head.body == "Ana: oi"
    assert moment(head, order, ZONE) == datetime.fromisoformat(sent_at).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    "line",
    [
        "12/05/1980 - nascimento: Maria",
        "12/05/2026 às 14h seria bom",
        "19/09/2026 21:21 Ana: oi",
        "em 19/09/2026 21:21 - Ana: oi",
        "[19/09/2026] Ana: oi",
        "pressão 12/8 9:30 - medida em casa",
        "19/09/2026 25 - Ana: oi",
        "",
    ],
)
def test_a_line_that_only_holds_a_date_begins_none(line: str) -> None:
    assert head_of(line) is None


@pytest.mark.parametrize(
    "line",
    [
        "31/02/2026 10:00 - Ana: oi",
        "12/05/1980 10:00 - nascimento: Maria",
        "19/09/2026 24:61 - Ana: oi",
        "00/00/2026 10:00 - Ana: oi",
    ],
)
def test_a_day_that_never_was_is_no_moment(line: str) -> None:
    head = head_of(line)
    assert head is not None
    assert moment(head, "dmy", ZONE) is None


def test_lines_of_one_export_have_one_shape_and_others_another() -> None:
    one, same, other = (
        head_of(line)
        for line in (
            "01/09/2026 9:21 - Ana: oi",
            "21/12/2026 21:21 - +55 41 99999-0000: <Mídia oculta>",
            "21/12/2026, 21:21 - Ana: oi",
        )
    )
    assert one is not None
    assert same is not None
    assert other is not None
    assert one.shape == same.shape != other.shape
