"""Which column of a table is what: by its name, and by what stands in it. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from ingestion.folding import fold
from ingestion.parsing.pairs import ANSWER, QUESTION
from workers.channels.backfill.sources.source import SourceError, SourceOptions
from workers.channels.backfill.sources.tables.dates import moment_of

#: Names of the column of questions, folded, the surest first.
_QUESTION: Final = (
    QUESTION,
    frozenset({"mensagem", "mensagens", "message", "messages", "msg"}),
    frozenset({"texto", "text", "conteudo", "content", "body", "input", "prompt", "solicitacao"}),
    frozenset({"descricao", "comentario", "comentarios", "description", "comment", "assunto"}),
)
_ANSWER: Final = (ANSWER, frozenset({"retorno", "reply", "output", "completion"}))
_ID: Final = (
    frozenset({"id", "custom id", "uuid", "identificador", "message id", "id mensagem"}),
    frozenset({"protocolo", "codigo", "cod", "chave", "key", "ticket", "chamado"}),
    frozenset({"numero", "num", "nº", "no", "n", "#"}),
)
_DATE: Final = (
    frozenset({"data", "date", "data hora", "datetime", "timestamp", "asked at", "quando"}),
    frozenset({"created at", "criado", "criada", "recebido", "recebida", "enviado", "enviada"}),
    frozenset({"received at", "sent at", "hora", "time", "dia"}),
)
#: Dates of something else than the question.
_OTHER_DATES: Final = re.compile(r"nasc|birth|valid|venc|respo|answer|repl|atendi|fech|closed")
#: All of these names.
_KNOWN: Final = frozenset().union(*_QUESTION, *_ANSWER, *_ID, *_DATE)

#: Share of a sample's cells that must be what the column is taken for.
_MOSTLY: Final = 0.5
_NEARLY_ALL: Final = 0.9
#: Share of cells that ask something, in a column without a name that says so.
_SOME: Final = 0.3
#: Words of the longest name of a column, where no other sign says that it is one.
_NAME_WORDS: Final = 4
#: Words that a message has at least, with few exceptions.
_FEW_WORDS: Final = 3
_ASKS: Final = re.compile(
    r"\?|^(qual|quais|quanto|quanta|quando|onde|como|quem|posso|pode|preciso|precisa|tem|voces|"
    r"gostaria|queria|quero|o que|what|when|where|how|do you|can i)\b"
)
#: What a column is called that has no name, with its number.
_NAMELESS: Final = "coluna "
_SIGNS: Final = re.compile(r"[\s_/.:?*-]+")

Cells = Sequence[str]


def folded(name: str) -> str:
    """A column's name as names are compared.

    >>> folded(" Data/Hora: ")
    'data hora'
    """
    return _SIGNS.sub(" ", fold(name)).strip()


def names_of(header: Cells, width: int) -> tuple[str, ...]:
    """A name for each column, and no name twice: a missing one is `coluna 3`."""
    names: list[str] = []
    for number in range(1, max(width, len(header)) + 1):
        own = " ".join(header[number - 1].split()) if number <= len(header) else ""
        name = base = own or f"{_NAMELESS}{number}"
        count = 1
        while name in names:
            count += 1
            name = f"{base} ({count})"
        names.append(name)
    return tuple(names)


def head_of(rows: Sequence[Cells], options: SourceOptions) -> tuple[int, bool]:
    """How many of a table's first rows stand above its body, and whether the last names columns.

    A line alone above a table says what it is.

    Args:
        rows: the first that are not empty.
        options: the user's.
    """
    titles = 0
    while titles + 1 < len(rows) and _filled(rows[titles]) == 1 < _filled(rows[titles + 1]):
        titles += 1
    asked_for = (options.question_column, options.id_column, options.answer_column)
    named = {folded(name) for name in (*asked_for, options.date_column) if name}
    has_header = titles < len(rows) and _is_header(rows[titles], rows[titles + 1 :], named)
    return titles + has_header, has_header


def is_known(cells: Cells) -> bool:
    """Whether a line has a name of a column; of such as have one letter, two."""
    known = _KNOWN & {folded(cell) for cell in cells}
    return len(known) > 1 or any(len(name) > 1 for name in known)


def _filled(cells: Cells) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def _is_header(first: Cells, others: Sequence[Cells], named: set[str]) -> bool:
    """Whether a line names columns: it has one of the names, or short words above messages."""
    keys = {folded(cell) for cell in first}
    if is_known(first) or any(name in keys for name in named if not name.isdecimal()):
        return True
    cells = [cell for cell in first if cell.strip()]
    if len(cells) < 2 or len({*cells}) < len(cells):  # noqa: PLR2004 - one cell alone is a question
        return False
    if any(moment_of(cell) or cell.strip().isdecimal() for cell in cells):
        return False
    short = all(len(cell.split()) <= _NAME_WORDS and not _asks(cell) for cell in cells)
    return short and any(
        asking(others, column) >= _SOME or _messages(others, column) >= _MOSTLY
        for column in range(len(first))
    )


def asking(rows: Sequence[Cells], column: int) -> float:
    """Share of a column's cells that ask something."""
    cells = _column(rows, column)
    return sum(map(_asks, cells)) / max(1, len(cells))


def _asks(cell: str) -> bool:
    return _ASKS.search(fold(cell)) is not None


def chosen(option: str, value: str, names: Cells) -> int:
    """The column that the user names: by its name, its number from 1, or a spreadsheet's letter.

    Raises:
        SourceError: there is no such column.
    """
    if value in names:
        return names.index(value)
    same = [place for place, name in enumerate(names) if folded(name) == folded(value)]
    if same:
        return same[0]
    if value.isdecimal() and 0 < int(value) <= len(names):
        return int(value) - 1
    if re.fullmatch(r"[A-Za-z]{1,2}", value):
        place = 0
        for letter in value.upper():
            place = place * 26 + ord(letter) - ord("A") + 1
        if place <= len(names):
            return place - 1
    raise SourceError(
        f"There is no column '{value}'. Nothing was read. Give {option} one of: {listed(names)}."
    )


def listed(names: Cells, first: Cells = ()) -> str:
    """Columns as an error names them; with what stands first in one that has no name."""
    most = 30
    more = f", and {len(names) - most} more" if len(names) > most else ""
    words = [f"'{name[:60]}'" for name in names[:most]]
    for place, cell in enumerate(first[:most]):
        if names[place].startswith(_NAMELESS) and cell:
            words[place] += f" ({' '.join(cell.split())[:40]})"
    return ", ".join(words) + more


def question_column(names: Cells, rows: Sequence[Cells]) -> int | None:
    """The column of the questions; None where none is likelier than the others."""
    if len(names) == 1:
        return 0
    named = _named(names, _QUESTION)
    for column in named:
        if folded(names[column]) in QUESTION or not rows:
            return column
        if _messages(rows, column) >= _MOSTLY:
            return column
    likely = [column for column in range(len(names)) if not _is_answer(names[column])]
    best = max(likely, key=lambda column: asking(rows, column), default=None)
    return best if best is not None and asking(rows, best) >= _SOME else None


def answer_column(names: Cells, question: int) -> int | None:
    """The column of what the clinic answered then, by its name alone."""
    return next((column for column in _named(names, _ANSWER) if column != question), None)


def id_column(names: Cells, rows: Sequence[Cells], question: int) -> int | None:
    """A column that names the rows: nearly every row has another."""
    for column in _named(names, _ID):
        cells = _column(rows, column)
        if column != question and len({*cells}) >= _NEARLY_ALL * len(rows):
            return column
    return None


def date_column(names: Cells, rows: Sequence[Cells], taken: set[int | None]) -> int | None:
    """A column of dates on which the patients may have asked."""
    for column in _named(names, _DATE):
        cells = _column(rows, column)
        dates = sum(
            moment_of(cell) is not None or moment_of(cell, "mdy") is not None for cell in cells
        )
        other = _OTHER_DATES.search(folded(names[column]))
        if column not in taken and not other and dates and dates >= _NEARLY_ALL * len(cells):
            return column
    return None


def _named(names: Cells, ranks: Sequence[frozenset[str]]) -> list[int]:
    """Columns with such a name, the surest first; then those that have one among their words."""
    keys = [folded(name) for name in names]
    whole = [column for rank in ranks for column, key in enumerate(keys) if key in rank]
    long = [frozenset(word for word in rank if len(word) > 1) for rank in ranks]
    partly = [
        column
        for rank in long
        for column, key in enumerate(keys)
        if rank & {*key.split()} and column not in whole
    ]
    return [*whole, *partly]


def _is_answer(name: str) -> bool:
    return bool(_named([name], _ANSWER))


def _messages(rows: Sequence[Cells], column: int) -> float:
    """Share of a column's cells that are messages: some words, or a question."""
    cells = _column(rows, column)
    texts = sum(len(cell.split()) >= _FEW_WORDS or "?" in cell for cell in cells)
    return texts / max(1, len(cells))


def _column(rows: Sequence[Cells], column: int) -> list[str]:
    return [row[column] for row in rows if column < len(row) and row[column].strip()]
