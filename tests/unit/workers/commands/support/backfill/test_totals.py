from dataclasses import replace

import pytest

from workers.commands.support.backfill.handing_over import Reading
from workers.commands.support.backfill.totals import Totals

ALL = Totals(rows=10, answered=6, needs_human=3, failed=1, left=0, open=0)
READ = Reading(rows=10, added=10)


def test_a_right_sum_has_no_faults() -> None:
    assert ALL.faults(READ, 10) == []
    assert ALL.faults(READ, None) == []
    assert ALL.faults(Reading(rows=4, added=1, repeated=3), 10) == []


@pytest.mark.parametrize(
    ("totals", "reading", "written", "complaint"),
    [
        (replace(ALL, answered=5), READ, 9, "10 rows are not 5 answered"),
        (ALL, Reading(rows=10, added=9), 10, "10 rows were read; the stack took 9"),
        (ALL, Reading(rows=11, added=11), 10, "and has 10"),
        (ALL, READ, 9, "10 rows have a result, and FILE holds 9"),
    ],
)
def test_each_wrong_sum_is_told(
    totals: Totals, reading: Reading, written: int, complaint: str
) -> None:
    (fault,) = totals.faults(reading, written)
    assert complaint in fault


def test_the_exit_code_says_how_it_went() -> None:
    assert replace(ALL, failed=0, answered=7).exit_code(READ, []) == 0
    assert ALL.exit_code(READ, []) == 1
    assert replace(ALL, failed=0, answered=6, left=1).exit_code(READ, []) == 1
    assert replace(ALL, failed=0, answered=7).exit_code(Reading(refused=1), []) == 1
    assert ALL.exit_code(READ, ["wrong"]) == 2


def test_a_record_of_the_api_is_read() -> None:
    record = {"rows": 3, "answered": 1, "needs_human": 1, "failed": 0, "left": 1, "open": 1}
    assert Totals.of(record | {"name": "x"}).words == (
        "1 answered · 1 to a person · 0 failed · 1 left"
    )
