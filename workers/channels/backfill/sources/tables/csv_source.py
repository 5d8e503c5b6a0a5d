"""Questions in a CSV file, or one a line in a text file."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from workers.channels.backfill.sources.occurrences import Occurrences
from workers.channels.backfill.sources.source import Guess, LeftOut, SourceOptions, name_of
from workers.channels.backfill.sources.tables.dialect import NONE, Dialect
from workers.channels.backfill.sources.tables.layout import Layout, broken_row
from workers.channels.backfill.sources.tables.records import records
from workers.channels.backfill.sources.tables.text_lines import Line, TextLines
from workers.contracts.backfill import BackfillRow

#: Lines and characters by which a file's delimiter, header and columns are guessed.
_SAMPLE_LINES: Final = 300
_SAMPLE_CHARS: Final = 1 << 20

_WORDS: Final = {"\t": "tabulação", NONE: "nenhum: uma pergunta por linha"}


class CsvSource:
    """A CSV file.

    Raises:
        SourceError: it cannot be read, or no column of it looks like questions.
    """

    kind = "csv"

    def __init__(self, path: Path, options: SourceOptions) -> None:
        self.name = name_of(path)
        self._options = options
        self._lines = TextLines(path, options.encoding)
        self._dialect = Dialect.of(_first(self._lines), options)
        self._layout = Layout.of(self._dialect.names, self._dialect.sample, options)

    def guesses(self) -> tuple[Guess, ...]:
        """The columns, what stands between them, and the encoding."""
        guesses = list(self._layout.guesses())
        delimiter = self._dialect.delimiter
        if not self._options.delimiter:
            words = _WORDS.get(delimiter, f"'{delimiter}'")
            guesses.append(Guess("separador", words, "--delimiter"))
        if not self._options.encoding:
            guesses.append(Guess("codificação", self._lines.words, "--encoding"))
        return tuple(guesses)

    def rows(self) -> Iterator[BackfillRow | LeftOut]:
        """A row for each record below the header; empty lines are none."""
        width = len(self._dialect.names)
        after_broken = False
        with Occurrences() as seen:
            for record in records(self._lines, self._dialect.delimiter, width):
                if record.line < self._dialect.first_line or not any(map(str.strip, record.cells)):
                    continue
                place = f"linha {record.line}"
                cells = None if record.broken else self._fitted(record.cells)
                # The rest of a record that was torn apart: never a question of its own.
                if cells is None or (after_broken and len(cells) < width):
                    after_broken = True
                    yield broken_row(place, self._dialect.delimiter.join(record.cells), seen)
                    continue
                after_broken = False
                yield self._layout.row(place, cells, seen)

    def _fitted(self, cells: Sequence[str]) -> Sequence[str] | None:
        """The cells under their columns; None where it cannot be told which is which.

        What is too much belongs to the question where that comes last: it was written without
        quotes.
        """
        width, question = len(self._dialect.names), self._layout.question
        if len(cells) <= question:
            return None
        if len(cells) <= width or not any(map(str.strip, cells[width:])):
            return cells[:width]
        if question == width - 1:
            return [*cells[:question], f"{self._dialect.delimiter} ".join(cells[question:])]
        return None


def _first(lines: TextLines) -> list[Line]:
    """The lines by which is guessed."""
    chars = 0
    sample: list[Line] = []
    for line in lines:
        sample.append(line)
        chars += len(line.text)
        if len(sample) == _SAMPLE_LINES or chars > _SAMPLE_CHARS:
            break
    return sample
