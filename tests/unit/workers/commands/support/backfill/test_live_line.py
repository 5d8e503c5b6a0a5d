from io import StringIO

import pytest
from rich.console import Console

from workers.commands.support.backfill.live_line import LiveLine, duration_words, rate_words
from workers.commands.support.backfill.totals import Totals

TOTALS = Totals(rows=10, answered=2, needs_human=1, failed=0, left=7, open=4)


def shown(console: Console) -> str:
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_terminal_shows_bar_counts_rate_and_time_left() -> None:
    console = Console(file=StringIO(), force_terminal=True, width=120)
    with LiveLine(console) as line:
        line.show(TOTALS, 0.5)
    output = shown(console)
    assert "30%" in output
    assert "2 answered · 1 to a person · 0 failed · 7 left · 30.0/min · 14 s to go" in output


def test_what_keeps_it_stands_in_the_place_of_a_rate_and_fits_a_narrow_terminal() -> None:
    console = Console(file=StringIO(), force_terminal=True, width=100)
    totals = Totals(rows=402, answered=100, needs_human=200, failed=0, left=102, open=88)
    with LiveLine(console) as line:
        line.show(totals, 0.5, "stopping: [88] with the workers")
    output = shown(console)
    assert "75%" in output
    assert "102 left · stopping: [88] with the workers" in output


def test_without_a_terminal_there_is_a_line_each_half_minute_and_none_twice() -> None:
    now = [0.0]
    console = Console(file=StringIO(), width=120)
    with LiveLine(console, lambda: now[0]) as line:
        for second in range(200):
            now[0] = float(second)
            line.show(TOTALS, None, f"{second // 100}")
    assert shown(console).count("2 answered") == 2


def test_the_same_sentence_is_said_once_in_a_row() -> None:
    console = Console(file=StringIO(), width=120)
    line = LiveLine(console)
    for sentence in ("gone", "gone", "there", "gone"):
        line.say(sentence)
    assert shown(console).split() == ["gone", "there", "gone"]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (75, "1 min 15 s"),
        (3 * 3600 + 61, "3 h 1 min"),
        (49 * 3600, "2 d 1 h"),
    ],
)
def test_a_time_is_told_in_its_two_largest_units(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words


def test_a_slow_rate_is_told_a_minute() -> None:
    assert (rate_words(12.34), rate_words(0.05)) == ("12.3/s", "3.0/min")
