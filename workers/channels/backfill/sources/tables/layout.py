"""How a table's records become rows: what each of its columns is, and what was guessed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Self

from ingestion.parsing.decoding import clean
from ingestion.parsing.sheets import cell_text
from workers.channels.backfill.sources.checking import checked, key_of
from workers.channels.backfill.sources.occurrences import Occurrences
from workers.channels.backfill.sources.source import Guess, LeftOut, SourceError, SourceOptions
from workers.channels.backfill.sources.tables import columns
from workers.channels.backfill.sources.tables.dates import DateOrder, moment_of, order_of
from workers.contracts.backfill import BackfillRow, cut

#: Characters of an id as it is shown.
LONGEST_SHOWN_ID: Final = 1_000
#: Characters of a line that cannot be read, by which a person finds it.
SHOWN: Final = 500

_ORDERS: Final[Mapping[DateOrder, str]] = {"dmy": "dia/mês/ano", "mdy": "mês/dia/ano"}

#: A cell as a file has it: a spreadsheet's dates are dates.
Cell = str | date | datetime


@dataclass(frozen=True, slots=True)
class Layout:
    """What a table's columns are.

    Attributes:
        names: of all columns, each another.
        question, id, answer, date: places among them; None where the table has no such column.
        order: how its dates are written.
        options: the user's.
    """

    names: tuple[str, ...]
    question: int
    id: int | None
    answer: int | None
    date: int | None
    order: DateOrder
    options: SourceOptions

    @classmethod
    def of(
        cls, names: Sequence[str], sample: Sequence[Sequence[Cell]], options: SourceOptions
    ) -> Self:
        """The layout of a table, by the user's options, else by names and contents.

        Args:
            names: of its columns.
            sample: records of it.
            options: the user's.

        Raises:
            SourceError: no column looks like questions, or there is no column that the user names.
        """
        texts = [[text_of(cell) for cell in cells] for cells in sample]
        question = _named("--question-column", options.question_column, names)
        if question is None:
            question = columns.question_column(names, texts)
        if question is None:
            raise SourceError(
                f"Which column holds the questions? Nothing was read. Give --question-column one "
                f"of: {columns.listed(names, texts[0] if texts else ())}."
            )
        answer = _named("--answer-column", options.answer_column, names)
        if answer is None:
            answer = columns.answer_column(names, question)
        own = _named("--id-column", options.id_column, names)
        if own is None:
            own = columns.id_column(names, texts, question)
        moment = _named("--date-column", options.date_column, names)
        if moment is None:
            moment = columns.date_column(names, texts, taken={question, answer, own})
        dates = [cells[moment] for cells in sample if moment is not None and moment < len(cells)]
        order = options.date_order or order_of(dates)
        return cls(tuple(names), question, own, answer, moment, order, options)

    def guesses(self) -> tuple[Guess, ...]:
        """What of it was guessed."""
        options = self.options
        given = (
            ("pergunta", self.question, "--question-column", options.question_column),
            ("identificação", self.id, "--id-column", options.id_column),
            ("resposta da clínica", self.answer, "--answer-column", options.answer_column),
            ("data", self.date, "--date-column", options.date_column),
        )
        guesses = [
            Guess(what, f"coluna '{self.names[column]}'", option)
            for what, column, option, value in given
            if column is not None and not value
        ]
        if self.date is not None and not options.date_order:
            guesses.append(Guess("ordem da data", _ORDERS[self.order], "--date-order"))
        return tuple(guesses)

    def row(self, place: str, cells: Sequence[Cell], seen: Occurrences) -> BackfillRow | LeftOut:
        """The row that a record is.

        Args:
            place: where it stands, in Portuguese.
            cells: of it; missing ones are empty.
            seen: keys of the rows before it.
        """
        texts = [text_of(cell) for cell in cells]
        texts += [""] * (len(self.names) - len(texts))
        question, own = texts[self.question], self._text(texts, self.id)
        key, own, place = named(own, place, seen, question)
        row = BackfillRow(
            key=key,
            id=own,
            place=place,
            question=question,
            asked_at=self._moment(cells),
            columns=self._others(texts),
            later_answer=self._text(texts, self.answer),
        )
        return checked(row, self.options)

    def _text(self, texts: Sequence[str], column: int | None) -> str:
        return "" if column is None else texts[column]

    def _moment(self, cells: Sequence[Cell]) -> float | None:
        if self.date is None or self.date >= len(cells):
            return None
        return moment_of(cells[self.date], self.order)

    def _others(self, texts: Sequence[str]) -> dict[str, str]:
        own = {self.question, self.id, self.answer}
        named = zip(self.names, texts, strict=False)
        return {name: text for place, (name, text) in enumerate(named) if place not in own}


def _named(option: str, value: str | None, names: Sequence[str]) -> int | None:
    return columns.chosen(option, value, names) if value else None


def text_of(cell: Cell) -> str:
    """A cell's text, with its lines."""
    return clean(cell).strip() if isinstance(cell, str) else cell_text(cell)


def named(own: str, place: str, seen: Occurrences, *parts: str) -> tuple[str, str, str]:
    """Key, id and place of a row; an id that occurs again gets a suffix, and the place says so.

    Args:
        own: what the source calls it; empty where it has no id.
        place: where it stands.
        seen: keys of the rows before it.
        parts: what the row says, for the key of one without an id.
    """
    key = key_of(own, *parts)
    unique = seen.unique(key)
    if own and unique != key:
        own, place = f"{own}{unique.removeprefix(key)}", f"{place} (identificação repetida)"
    return unique, cut(own, LONGEST_SHOWN_ID), place


def broken_row(place: str, text: str, seen: Occurrences) -> BackfillRow:
    """The row of what cannot be read; `text` is what stands there."""
    key = seen.unique(key_of("", text))
    shown = cut(clean(text[: SHOWN + 1]).strip(), SHOWN)
    return BackfillRow(key=key, place=place, question=shown, fault="unreadable")
