from datetime import datetime, timedelta
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from workers.commands.support.backfill.tables import details, listing_table

ZONE = "America/Sao_Paulo"


def record(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - as JSON has it
    plan = {"window": None, "time_zone": ZONE}
    counts = {"rows": 20, "answered": 7, "needs_human": 12, "failed": 1, "left": 0, "open": 0}
    texts = {"id": "1a2b", "name": "perguntas.csv 2efa4dd8", "source": "", "error": ""}
    times = {"created_at": 0.0, "ended_at": None, "touched_at": 0.0}
    empty = {"left_out": {}, "guesses": [], "state": "running", "rate": 2.0}
    return {"plan": plan, **counts, **texts, **times, **empty, **fields}


def text(table: object) -> str:
    console = Console(file=StringIO(), width=80)
    console.print(table)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize(("starts_in", "closed"), [(2, True), (-1, False)])
def test_a_window_that_is_closed_says_when_it_opens(starts_in: int, closed: bool) -> None:  # noqa: FBT001 - a case
    start = datetime.now(ZoneInfo(ZONE)) + timedelta(hours=starts_in)
    window = f"{start:%H:%M}-{start + timedelta(hours=2):%H:%M}"
    words = text(details(record(plan={"window": window, "time_zone": ZONE})))
    assert window in words
    assert (f"closed now, opens {start:%d/%m %H:%M}" in " ".join(words.split())) == closed
    assert ("2.0/s" in words) != closed


def test_what_has_ended_has_no_rate() -> None:
    assert "2.0/s" in text(details(record()))
    assert "2.0/s" not in text(details(record(state="done")))


def test_a_name_of_the_usual_length_is_not_torn_in_a_terminal_of_80_columns() -> None:
    words = text(listing_table([record(), record(state="unreadable")]))
    assert "perguntas.csv" in words
