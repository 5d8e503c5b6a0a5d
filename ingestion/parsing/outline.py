"""Headings to heading paths: the one bookkeeping that all formats share."""

from dataclasses import dataclass, field, replace

from ingestion.parsing.document import Prose, Section, Table


@dataclass
class Outline:
    """Collects sections under the headings met so far.

    A heading that nothing follows becomes a text of its own, so that none of a document's words
    are lost ("Não atendemos aos domingos" may be all that a heading has to say).
    """

    sections: list[Section] = field(default_factory=list)
    _path: list[tuple[float, str]] = field(default_factory=list)
    #: Page of the last heading while nothing stands below it (0: no page); else None.
    _bare_page: int | None = None

    @property
    def heading(self) -> tuple[str, ...]:
        """The path of the present headings, outermost first."""
        return tuple(text for _, text in self._path)

    def head(self, level: float, text: str, page: int | None = None) -> None:
        """A heading begins; a smaller level is further out."""
        if self._bare_page is not None and self._path and self._path[-1][0] >= level:
            self._add_bare_heading(page)
        while self._path and self._path[-1][0] >= level:
            self._path.pop()
        self._path.append((level, text))
        self._bare_page = page or 0

    def go_on(self, text: str) -> None:
        """The last heading goes on in another line; nothing has been added below it."""
        level, above = self._path.pop()
        self._path.append((level, f"{above} {text}"))

    def leave(self) -> None:
        """What follows stands under no heading."""
        if self._bare_page is not None:
            self._add_bare_heading(None)
        self._path.clear()

    def add(self, section: Section) -> None:
        """A section under the present heading; empty ones are left out."""
        match section:
            case Prose(text=text) if not text.strip():
                return
            case Table(rows=()):
                return
        self.sections.append(replace(section, heading=(*self.heading, *section.heading)))
        self._bare_page = None

    def finish(self) -> tuple[Section, ...]:
        """All sections."""
        if self._bare_page is not None:
            self._add_bare_heading(None)
        return tuple(self.sections)

    def _add_bare_heading(self, page: int | None) -> None:
        *outer, (_, text) = self._path
        heading = tuple(name for _, name in outer)
        self.sections.append(Prose(text, heading, self._bare_page or page))
        self._bare_page = None
