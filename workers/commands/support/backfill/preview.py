"""What a source was taken for: its guesses, its first questions, what of it is no question."""

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from workers.channels.backfill.sources.source import Source
from workers.commands.support.conversation_tables import printable
from workers.contracts.backfill import BackfillRow

#: Longest question that is shown, in characters.
_LONGEST: Final = 200


def show_guesses(source: Source, console: Console) -> None:
    """Say what was guessed, and by which option each guess is corrected."""
    guesses = source.guesses()
    if not guesses:
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    for guess in guesses:
        table.add_row(
            Text(printable(guess.what), "bold"),
            Text(printable(guess.value)),
            Text(guess.option, "dim"),
        )
    console.print("Guessed, and by which option it is corrected:")
    console.print(table)


def show_first(rows: Sequence[BackfillRow], console: Console) -> None:
    """Show the first questions."""
    if not rows:
        return
    console.print("The first questions:")
    for row in rows:
        place = f"  {printable(row.place)}: " if row.place else "  "
        line = Text(place, "dim").append(_short(row.question), "default")
        if row.context:
            turns = "1 turn" if len(row.context) == 1 else f"{len(row.context)} turns"
            line.append(f"  (after {turns})", "dim")
        if row.later_answer:
            line.append(f"\n    the clinic's own answer: {_short(row.later_answer)}", "dim")
        console.print(line, highlight=False, soft_wrap=not console.is_terminal)


def _short(text: str) -> str:
    line = " ".join(printable(text).split())
    return line if len(line) <= _LONGEST else line[:_LONGEST] + "…"
