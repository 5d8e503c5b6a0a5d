"""What a source of old questions gives, and how one is opened by its path.

A kind of source is a package beside this file, whose module `opening` holds an `OPENING`. What
each has in common, whatever it reads:

- Rows come as they are read: no source holds all of them, and a row that is wrong is a row with a
  `fault`, never an exception.
- The same source, read again, gives the same rows under the same keys; one that has grown gives
  the old ones and the new.
- What is no question is told as `LeftOut`, so that whoever counts misses nothing.

Words of `LeftOut`: `courtesy` (a greeting or thanks alone), `system` (a program's line), `media`,
`automatic` (a mail that a program wrote), `bounce`, `list`, `spam`, `trash`, `draft` (mails, or
where they lie), `clinic` (the clinic's own words), `duplicate`, `older` (before the day asked for),
`hidden` (a row or sheet that a spreadsheet does not show), `merged` (a row that is a part of the
one above); of chats also `deleted`, `reply` (only what the clinic asked for: "sim", a day, a name)
and `preamble` (before the first message).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from importlib import import_module
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol

from workers.contracts.backfill import BackfillRow

#: Packages beside this file, in the order of asking: what is surest of its own form comes first.
#: Nearly any text is some table.
_PACKAGES: Final = ("whatsapp", "mails", "tables")
#: First bytes of a file, by which its kind is told.
HEAD_BYTES: Final = 65_536


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What the user says of a source; what he leaves open is guessed, and shown.

    Attributes:
        format: `csv`, `jsonl`, `xlsx`, `mbox`, `maildir`, `eml`, `imap`, `whatsapp`.
        question_column, id_column, answer_column, date_column: a column's name, its number from
            1, or its letter in a spreadsheet. Of the answers that the clinic gave then.
        sheet: a spreadsheet's sheet.
        delimiter: of a CSV file.
        encoding: of a text file, as Python names it.
        clinic: who of a chat is the clinic; of mails, the clinic's own addresses.
        date_order: whether 03/04 is the third of April.
        folder: of a mailbox.
        since: rows that were asked before are left out.
        longest: characters of the longest question that the API takes.
    """

    format: str | None = None
    question_column: str | None = None
    id_column: str | None = None
    answer_column: str | None = None
    date_column: str | None = None
    sheet: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    clinic: tuple[str, ...] = ()
    date_order: Literal["dmy", "mdy"] | None = None
    folder: str | None = None
    since: date | None = None
    longest: int = 4_000


class LeftOut(NamedTuple):
    """A part of a source that is no question; `reason` is one of the words above."""

    reason: str


class Guess(NamedTuple):
    """What was guessed, as the user reads it, and the option that says otherwise.

    >>> Guess("pergunta", "coluna 'Mensagem'", "--question-column").option
    '--question-column'
    """

    what: str
    value: str
    option: str


class Source(Protocol):
    """Where rows are read from.

    Attributes:
        kind: one of the formats of `SourceOptions`.
        name: what its backfill is called unless the user says otherwise; the same source has the
            same name.
    """

    kind: str
    name: str

    def guesses(self) -> tuple[Guess, ...]:
        """What was guessed to read it, before any row is read."""
        ...

    def rows(self) -> Iterator[BackfillRow | LeftOut]:
        """All of it, in its order; each call begins anew.

        The times of a row's context are its source's: a turn without one has the row's own
        `asked_at`, or 0 where that is unknown too.

        Raises:
            SourceError: the source itself fails, half-way perhaps: it is gone, or is cut off where
                no row can be told from the next.
        """
        ...


class SourceError(Exception):
    """A source cannot be read. The message says what happened, what is kept and what to do."""


class _KindOf(Protocol):
    def __call__(self, location: str, head: bytes) -> str | None: ...


class _Open(Protocol):
    def __call__(self, kind: str, location: str, options: SourceOptions) -> Source: ...


@dataclass(frozen=True, slots=True)
class Opening:
    """How the sources of one package are recognised and opened.

    Attributes:
        kinds: the formats that it reads.
        kind_of: which of them lies at a location; None for none. It gets the location as the user
            wrote it, and a file's first bytes: none for a folder and for an address (`imaps://…`).
        open_as: the source, opened as one of its kinds. Raises `SourceError`.
    """

    kinds: tuple[str, ...]
    kind_of: _KindOf
    open_as: _Open


def open_source(location: str, options: SourceOptions) -> Source:
    """The source at a path, in a folder, or at `imaps://user@host/folder`.

    Raises:
        SourceError: there is nothing, it cannot be read, or is of no kind that we know.
    """
    head = b"" if "://" in location else head_of(Path(location))
    openings = [_load(name) for name in _PACKAGES]
    if options.format:
        for opening in openings:
            if options.format in opening.kinds:
                return opening.open_as(options.format, location, options)
        known = ", ".join(kind for opening in openings for kind in opening.kinds)
        raise SourceError(
            f"There is no format '{options.format}'. Nothing was read. Give --format one of "
            f"{known}, or leave it out."
        )
    for opening in openings:
        if kind := opening.kind_of(location, head):
            return opening.open_as(kind, location, options)
    raise SourceError(
        f"{location} is of no kind that is known here. Nothing was read. Give a table (CSV, JSONL, "
        f"XLSX), a mailbox (mbox, Maildir, IMAP) or a chat exported from WhatsApp, or say with "
        f"--format which of them it is."
    )


def head_of(path: Path) -> bytes:
    """A file's first bytes, at most `HEAD_BYTES`; none for a folder.

    Raises:
        SourceError: there is no such file, it is empty, or the system does not let it be read.
    """
    try:
        if path.is_dir():
            return b""
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError as error:
        raise SourceError(
            f"There is no file or folder {path}. Nothing was read. Check its name."
        ) from error
    except OSError as error:
        raise unreadable(path, error) from error
    if not head:
        raise SourceError(f"{path} is empty. Nothing was read. Check that it was saved whole.")
    return head


def unreadable(path: Path, error: OSError) -> SourceError:
    """Of a file that the system does not let be read, or no longer."""
    reason = error.strerror or type(error).__name__
    return SourceError(
        f"The system does not let {path} be read ({reason}). Rows that were read before are kept. "
        f"Let your user read it, and run the same command again."
    )


def name_of(path: Path) -> str:
    """What the backfill of a file or folder is called: its name, and a mark of where it lies.

    Two files of one name in two folders are two sources.

    >>> name_of(Path("/dados/perguntas.csv"))
    'perguntas.csv 3a8ce3e5'
    """
    place = path.resolve()
    mark = blake2b(str(place).encode("utf-8", "surrogateescape"), digest_size=4).hexdigest()
    return f"{place.name} {mark}"


def load_kinds() -> None:
    """Import every kind of source now, and not when the first is opened."""
    for package in _PACKAGES:
        _load(package)


def _load(package: str) -> Opening:
    opening: Opening = import_module(f"{__package__}.{package}.opening").OPENING
    return opening
