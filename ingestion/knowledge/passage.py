"""A passage of a clinic's document, as a search returns it."""

from dataclasses import dataclass
from typing import NamedTuple


class Turn(NamedTuple):
    """Where in a passage a chunk begins, and where that stands in the document."""

    start: int
    page: int | None
    heading: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """One chunk, or neighbours joined, the lower headings in the text.

    Attributes:
        id: the chunk's point id, a UUID; equal for equal chunks of one document.
        document: the document's name as the clinic knows it, e.g. `preparo-colonoscopia.pdf`.
        title: the document's title.
        heading: the heading path above the chunk, outermost first; may be empty.
        page: page number from 1, where the format has pages.
        text: the chunk's text, without its heading path.
        score: of all rankings together, only comparable within one search.
        similarity: cosine of question and chunk in the dense space, -1 to 1.
        order: the chunk's place in the document; the first one's where several are joined.
        last: the place of the last one.
        turns: where in the text of joined chunks each begins, its page and its whole heading.
        is_pair: whether it is a question of the document with its answer, which stands alone.
    """

    id: str
    document: str
    title: str
    heading: tuple[str, ...]
    page: int | None
    text: str
    score: float
    similarity: float
    order: int = 0
    last: int = 0
    turns: tuple[Turn, ...] = ()
    is_pair: bool = False

    @property
    def pages(self) -> frozenset[int | None]:
        """All pages that the text stands on."""
        return frozenset((self.page, *(turn.page for turn in self.turns)))

    def page_at(self, offset: int) -> int | None:
        """The page of this character of the text."""
        turn = self._turn_at(offset)
        return turn.page if turn else self.page

    def heading_at(self, offset: int) -> tuple[str, ...]:
        """The whole heading above this character of the text."""
        turn = self._turn_at(offset)
        return turn.heading if turn else self.heading

    def _turn_at(self, offset: int) -> Turn | None:
        begun = [turn for turn in self.turns if turn.start <= offset]
        return begun[-1] if begun else None
