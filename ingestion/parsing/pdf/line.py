"""What a page of a PDF is made of: pieces of text with their places, and lines read from them."""

import re
from dataclasses import dataclass

from ingestion.parsing.document import Table

#: Stands at the end of a line whose last word goes on in the next.
SPLIT = "\ue002"

#: First parts of words that are written with a hyphen, wherever a line ends.
COMPOUND = re.compile(
    r"\b(pós|pré|pró|recém|além|vice|segunda|terça|quarta|quinta|sexta|guarda)$",
    re.IGNORECASE,
)


def mended(text: str) -> str:
    """Words that a line's end parted, in one; those that have a hyphen of their own keep it.

    >>> mended("pre\ue002 paro pós\ue002 operatório")
    'preparo pós-operatório'
    """
    first, *others = text.split(SPLIT)
    for other in others:
        first += ("-" if COMPOUND.search(first) else "") + other.lstrip(" ")
    return first


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
class Grid:
    """A table found on a page.

    Attributes:
        tables: what it says.
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
Page = list[Line | Grid]
