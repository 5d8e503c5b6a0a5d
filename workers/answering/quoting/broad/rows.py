"""The rows of a table that are about what was asked for. Pure."""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Final

from ingestion.folding import fold
from workers.answering.check.terms import terms
from workers.answering.quoting.broad.asked import Asked
from workers.answering.quoting.broad.intents import ALL, PRICES
from workers.answering.quoting.broad.sheet import Section, cells_of

#: Fewest rows that are more than a sentence.
_FEWEST: Final = 2


def rows_of(asked: Asked, sections: Sequence[Section], subject: AbstractSet[str]) -> list[Section]:
    """The tables with these rows alone; none where there are fewer than two.

    The first column that names the subject decides, else all cells of a row together. What has a
    price stands in the first column: "sedação cobrada à parte" is none of sedation.
    """
    tables = [each for each in sections if each.is_table]
    columns = max((len(cells_of(line)) for each in tables for line in each.lines), default=0)
    for column in (0,) if asked.intent is PRICES else (*range(columns), None):
        own = [
            replace(each, lines=lines)
            for each in tables
            if (lines := _matching(asked, each.lines, subject, column))
        ]
        if own:
            return own if sum(len(each.lines) for each in own) >= _FEWEST else []
    return []


def _matching(
    asked: Asked, rows: Sequence[str], rest: AbstractSet[str], column: int | None
) -> tuple[str, ...]:
    """The rows that name it, and with them those that say "todas"."""
    texts = [
        ". ".join(cells) if column is None else "".join(cells[column : column + 1])
        for cells in ([value for _, value in cells_of(row)] for row in rows)
    ]
    names = [rest <= asked.covered(terms(text)) for text in texts]
    return tuple(
        row
        for row, text, is_named in zip(rows, texts, names, strict=True)
        if is_named or (any(names) and ALL.match(fold(text)))
    )
