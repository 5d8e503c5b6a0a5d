"""What a page of a PDF is made of: pieces of text with their places, lines and tables."""

import re
from dataclasses import dataclass

from ingestion.parsing.document import Table

#: Mark at the end of a line whose last word continues in the next.
SPLIT = "\ue002"

#: First parts of words that are written with a hyphen, wherever a line ends.
COMPOUND = re.compile(
    r"\b(pós|pré|pró|recém|além|vice|segunda|terça|quarta|quinta|sexta|guarda)$",
    re.IGNORECASE,
)


def dehyphenated(text: str) -> str:
    """Words that a line's end split, whole again; compounds keep their own hyphen.

    ("pre\ue002 paro pós\ue002 operatório")
    'preparo pós-operatório'
    """
    whole, *parts = text.split(SPLIT)
    for part in parts:
        whole += ("-" if COMPOUND.search(whole) else "") + part.lstrip(" ")
    return whole


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in points; y grows upwards, as in the PDF."""

    left: float
    bottom: float
    right: float
    top: float

    @property
    def width(self) -> float:
        """From left to right."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """From bottom to top."""
        return self.top - self.bottom

    @property
    def middle(self) -> tuple[float, float]:
        """Its centre."""
        return (self.left + self.right) / 2, (self.bottom + self.top) / 2

    def holds(self, x: float, y: float) -> bool:
        """Whether a point is inside."""
        return self.left <= x <= self.right and self.bottom <= y <= self.top

    def joined(self, other: "Box") -> "Box":
        """The rectangle around both."""
        return Box(
            min(self.left, other.left),
            min(self.bottom, other.bottom),
            max(self.right, other.right),
            max(self.top, other.top),
        )


@dataclass(frozen=True, slots=True)
class Piece:
    """Text without a wide gap, of one line as pdfium reads it.

    Attributes:
        text: its words.
        box: where it stands.
        size: height of its type, in points.
        is_bold: whether its type is bold.
        row: number of the line that pdfium finds it in; pieces of one line share it.
        cell: number of the ruled table's cell that it stands in, or none.
    """

    text: str
    box: Box
    size: float
    is_bold: bool = False
    row: int = 0
    cell: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class PageTable:
    """A table on a page.

    Attributes:
        tables: its content; more than one where rows head others.
        box: where it stands.
        row: number of the line that its text begins in.
    """

    tables: tuple[Table, ...]
    box: Box
    row: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page: its words, and the height of its type in points.

    Attributes:
        text: its words.
        size: height of its type, in points.
        is_bold: whether all of it is bold.
        room: characters that the longest line of its column has; 0 where that is not known.
    """

    text: str
    size: float
    is_bold: bool = False
    room: int = 0


#: A page as read: lines and tables in the order of reading.
Page = list[Line | PageTable]
