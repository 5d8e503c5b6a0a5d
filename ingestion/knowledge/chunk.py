"""What is indexed: a chunk of a document, small enough for the embedding model."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document, cut along its structure.

    Attributes:
        text: the chunk's own words, in Markdown where the format has structure.
        title: the document's title.
        heading: the heading path above the text, outermost first; may be empty.
        page: page number from 1, where the format has pages.
        context: the line above the text when it is embedded, from title and heading.
        order: its place among the document's chunks, from 0.
        questions: what it answers, as its document says; each is found like the text itself.
        drafts: what it answers, as a model says; found alike.
        drafted: version of the model and prompt that was asked for drafts; empty before.
    """

    text: str
    title: str
    heading: tuple[str, ...] = ()
    page: int | None = None
    context: str = ""
    order: int = 0
    questions: tuple[str, ...] = ()
    drafts: tuple[str, ...] = ()
    drafted: str = ""

    @property
    def indexed(self) -> str:
        """The text that is embedded: its context says what a short text is about."""
        return f"{self.context}\n{self.text}" if self.context else self.text

    @property
    def findable(self) -> tuple[str, ...]:
        """The texts that a question may be near to, each with a vector: the nearest one counts."""
        return self.indexed, *self.questions, *self.drafts

    @property
    def words(self) -> str:
        """The text whose words and letters are indexed: a question counts once."""
        return "\n".join((self.indexed, *(q for q in self.findable[1:] if q not in self.indexed)))

    def titled(self, title: str) -> "Chunk":
        """The same chunk of a document that is called otherwise now."""
        return replace(self, title=title)
