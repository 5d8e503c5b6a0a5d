"""Backfills for the eyes of whoever steers them."""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from rich.table import Table
from rich.text import Text

from workers.channels.backfill.window import window_of
from workers.commands.support.backfill.live_line import duration_words, rate_words
from workers.commands.support.backfill.totals import Totals
from workers.commands.support.conversation_tables import printable

_STYLES: Final = {"running": "green", "done": "bold", "paused": "yellow", "unreadable": "red"}


def listing_table(backfills: Sequence[Mapping[str, Any]]) -> Table:
    """One row a backfill."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("backfill", overflow="fold")
    table.add_column("state", no_wrap=True)
    for name in ("rows", "answered", "person", "failed", "left"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("changed", no_wrap=True)
    for each in backfills:
        totals = Totals.of(each)
        counts = (totals.answered, totals.needs_human, totals.failed, totals.left)
        table.add_row(
            Text(printable(each["name"])),
            Text(each["state"], _STYLES.get(each["state"], "")),
            *(str(count) for count in (totals.rows, *counts)),
            _time(each["touched_at"], "%m-%d %H:%M"),
        )
    return table


def details(backfill: Mapping[str, Any]) -> Table:
    """What is known of one backfill."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    totals, plan = Totals.of(backfill), backfill["plan"]
    window = window_of(plan["window"], plan["time_zone"])
    asking = backfill["state"] == "running" and window.open_at(time.time())
    rate = backfill.get("rate") if asking else None
    rows = {
        "name": printable(backfill["name"]),
        "id": backfill["id"],
        "source": printable(backfill["source"]),
        "state": backfill["state"],
        "rows": f"{totals.rows} = {totals.sum_words}",
        "with the workers": str(totals.open) if totals.open else "",
        "rate": rate_words(rate) if rate else "",
        "to go": duration_words(totals.left / rate) if rate and totals.left else "",
        "left out": ", ".join(f"{n} {word}" for word, n in sorted(backfill["left_out"].items())),
        "guessed": "; ".join(f"{what}: {value}" for what, value in backfill["guesses"]),
        "window": _window(plan) if plan.get("window") else "",
        "summary to": ", ".join(filter(None, (plan.get("mail_to"), plan.get("callback_url")))),
        "begun": _time(backfill["created_at"]),
        "ended": _time(backfill["ended_at"]),
        "trouble": printable(backfill["error"] or ""),
    }
    for name, value in rows.items():
        if value:
            table.add_row(name, Text(printable(value)))
    return table


def _window(plan: Mapping[str, Any]) -> str:
    """A window, and when it opens where rows wait for that."""
    words = f"{plan['window']} ({plan['time_zone']})"
    window = window_of(plan["window"], plan["time_zone"])
    now = time.time()
    opening = None if window.open_at(now) else window.next_start(now)
    return f"{words}; closed now, opens {opening:%d/%m %H:%M}" if opening else words


def _time(moment: str | float | None, form: str = "%Y-%m-%d %H:%M") -> str:
    """A moment of the API in one's own time; empty for none."""
    if moment is None:
        return ""
    read = (
        datetime.fromisoformat(moment)
        if isinstance(moment, str)
        else datetime.fromtimestamp(moment).astimezone()
    )
    return read.astimezone().strftime(form)
