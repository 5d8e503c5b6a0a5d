"""How a CSV file is written: what divides its cells, and where its first row begins."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Self

from workers.channels.backfill.sources.source import SourceOptions
from workers.channels.backfill.sources.tables.columns import head_of, is_known, names_of
from workers.channels.backfill.sources.tables.records import Record, records
from workers.channels.backfill.sources.tables.text_lines import Line

#: What spreadsheets and databases write between cells; a Brazilian Excel writes semicolons.
DELIMITERS: Final = (";", ",", "\t", "|")
#: Stands for the delimiter of a file with one column alone: no file has it.
NONE: Final = "\x1f"
#: What a user may write for a delimiter that he cannot type.
_TYPED: Final = {"\\t": "\t", "tab": "\t"}
#: Share of the records that must have as many cells as the first.
_SHARE: Final = 0.8
#: Excel's own line before the header, which names the delimiter.
_NAMED: Final = "sep="
#: Characters of a cell that guesses are made by.
_SAMPLED: Final = 500


class Dialect(NamedTuple):
    """How a file is written.

    Attributes:
        delimiter: between its cells.
        names: of its columns.
        first_line: where its rows begin.
        has_header: whether a line names the columns.
        sample: cells of its first records.
    """

    delimiter: str
    names: tuple[str, ...]
    first_line: int
    has_header: bool
    sample: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, lines: Sequence[Line], options: SourceOptions) -> Self:
        """By a file's first lines, and the user's options."""
        named = lines[0].text.strip() if lines else ""
        if named.lower().startswith(_NAMED):
            lines = lines[1:]
        own = named[len(_NAMED) :] if named.lower().startswith(_NAMED) else ""
        given = _TYPED.get(options.delimiter or "", options.delimiter)
        delimiter = given or own or delimiter_of(lines)
        every = list(records(lines, delimiter))
        filled = _filled(every)
        above, has_header = head_of([record.cells for record in filled], options)
        head, body = filled[:above], filled[above:]
        widths = [len(record.cells) for record in body]
        width = len(head[-1].cells) if has_header else max(widths, key=widths.count, default=1)
        last = every.index(head[-1]) + 1 if head else 0
        return cls(
            delimiter,
            names_of(head[-1].cells if has_header else (), width),
            every[last].line if last < len(every) else len(lines) + 2,
            has_header,
            tuple(tuple(cell[:_SAMPLED] for cell in record.cells) for record in body),
        )


def delimiter_of(lines: Sequence[Line]) -> str:
    """What stands between a file's cells.

    The one by which the first line names a column that is known; else the one by which most
    records have as many cells as the first. A list of questions has commas too, but not as many in
    each.
    """
    best, best_share = NONE, 0.0
    for delimiter in DELIMITERS:
        filled = _filled(records(lines, delimiter))
        if not filled or len(filled[0].cells) == 1:
            continue
        if is_known(filled[0].cells):
            return delimiter
        same = sum(len(record.cells) == len(filled[0].cells) for record in filled)
        share = same / len(filled)
        if share >= _SHARE and share > best_share:
            best, best_share = delimiter, share
    return best


def _filled(every: Iterable[Record]) -> list[Record]:
    return [record for record in every if any(record.cells) and not record.broken]
