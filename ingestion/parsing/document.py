"""What a parser makes of a file: a title, and sections in the order of reading."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from ingestion.validity import UNSAID, Validity


@dataclass(frozen=True, slots=True)
class Prose:
    """Running text under one heading, in Markdown."""

    text: str
    heading: tuple[str, ...] = ()
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """A question with its answer: they stay together.

    Attributes:
        period: in which it holds, by its row's own columns; see `validity.period`.
    """

    question: str
    text: str
    heading: tuple[str, ...] = ()
    page: int | None = None
    period: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header: each row is understood only with it. Rows are as long as the header."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    heading: tuple[str, ...] = ()
    page: int | None = None


Section = Prose | Answer | Table


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file.

    Attributes:
        title: its own title, or one made from its name.
        sections: in the order of reading; headings are paths, outermost first.
        pages: number of pages, where the format has pages.
        notes: what of the file was not read, or was read otherwise than its name says: sentences
            for the user, with what to do.
        validity: what it says of when it holds, and of what it replaces.
    """

    title: str
    sections: tuple[Section, ...]
    pages: int | None = None
    notes: tuple[str, ...] = ()
    validity: Validity = UNSAID


def title_of(name: str) -> str:
    """A title from a file's name.

    >>> title_of("exames/preparo-colonoscopia_v2.pdf")
    'Preparo colonoscopia v2'
    """
    stem = PurePosixPath(name).stem.replace("-", " ").replace("_", " ").strip()
    return stem[:1].upper() + stem[1:]
