"""Documents for the tests of whole answers."""

from datetime import date

from ingestion.knowledge.chunk import Chunk
from workers.answering.quoting.broad.sheet import Sheet, sheet_of

TODAY = date(2026, 11, 27)


def chunks(title: str, **sections: str | tuple[str, ...]) -> list[Chunk]:
    """A document's chunks: text under its heading, or a table's rows; `_` has no heading."""
    return [
        Chunk(
            text if isinstance(text, str) else "\n".join(text),
            title,
            () if heading == "_" else (heading,),
            page=1,
            order=order,
            is_table=not isinstance(text, str),
        )
        for order, (heading, text) in enumerate(sections.items())
    ]


def document(title: str, **sections: str | tuple[str, ...]) -> Sheet:
    """The same as it is read again; its name is its title."""
    sheet = sheet_of(title, chunks(title, **sections), TODAY)
    assert sheet is not None
    return sheet
