"""PPTX to sections, a page per slide: the slide's title heads its texts, tables and notes."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any, Final

from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER

from ingestion.parsing.decoding import clean
from ingestion.parsing.document import Document, Prose, Table, title_of
from ingestion.parsing.errors import NoTextLayerError, TooManyPagesError
from ingestion.parsing.grid import Cell, fill, tables
from ingestion.parsing.limits import DEFAULT, Limits
from ingestion.parsing.outline import Outline
from ingestion.parsing.package import check_package

#: Placeholders that repeat on every slide and say nothing of its own.
REPEATED_PLACEHOLDERS: Final = frozenset(
    {PP_PLACEHOLDER.SLIDE_NUMBER, PP_PLACEHOLDER.DATE, PP_PLACEHOLDER.FOOTER}
)

#: Groups inside each other; PowerPoint's own interface makes a few.
DEEPEST: Final = 20


def parse_pptx(data: bytes, name: str, limits: Limits = DEFAULT) -> Document:
    """A presentation as a document.

    Raises:
        CorruptFileError: it is cut off or damaged.
        TooManyPagesError: it has more slides than allowed.
        NoTextLayerError: its slides are pictures.
    """
    check_package(data, limits)
    slides = list(Presentation(BytesIO(data)).slides)
    if len(slides) > limits.pages:
        raise TooManyPagesError.of(len(slides), limits.pages)
    outline = Outline()
    for number, slide in enumerate(slides, start=1):
        title = slide.shapes.title
        heading = _words(title) if title is not None and title.has_text_frame else ""
        if heading:
            outline.head(1, heading, number)
        else:
            outline.leave()
        for part in _parts(slide.shapes, number, title, DEEPEST):
            outline.add(part)
        notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
        if notes is not None and notes.text.strip():
            outline.add(Prose(clean(notes.text).strip(), page=number))
    sections = outline.finish()
    if slides and not sections:
        raise NoTextLayerError.because("text recognition is for PDF: export it as PDF")
    first = slides[0].shapes.title if slides else None
    title = _words(first) if first is not None and first.has_text_frame else ""
    return Document(title or title_of(name), sections, len(slides))


def _words(shape: Any) -> str:  # noqa: ANN401 - the library's shapes have no common type
    return " ".join(clean(shape.text_frame.text).split())


def _parts(shapes: Any, page: int, title: Any, depth: int) -> Iterator[Prose | Table]:  # noqa: ANN401
    """A slide's texts and tables from top to bottom, then from left to right."""
    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if hasattr(shape, "shapes"):
            if depth:
                yield from _parts(shape.shapes, page, title, depth - 1)
        elif shape.is_placeholder and shape.placeholder_format.type in REPEATED_PLACEHOLDERS:
            continue
        elif shape.has_text_frame:
            yield Prose(_paragraphs(shape), page=page)
        elif getattr(shape, "has_table", False):
            yield from _tables(shape.table, page)


def _paragraphs(shape: Any) -> str:  # noqa: ANN401
    """Paragraphs; in a placeholder for contents they are a list's points, indented by level."""
    is_list = shape.is_placeholder and shape.placeholder_format.type in {
        PP_PLACEHOLDER.OBJECT,
        PP_PLACEHOLDER.BODY,
    }
    lines = []
    for paragraph in shape.text_frame.paragraphs:
        words = " ".join(clean(paragraph.text.replace("\v", " ")).split())
        if words:
            lines.append(f"{'  ' * paragraph.level}- {words}" if is_list else words)
    return "\n".join(lines if len(lines) > 1 else [line.removeprefix("- ") for line in lines])


def _tables(table: Any, page: int) -> Iterator[Table]:  # noqa: ANN401
    rows = [
        [
            Cell(
                " ".join(clean(cell.text).split()),
                cell.span_height if cell.is_merge_origin else 1,
                cell.span_width if cell.is_merge_origin else 1,
                is_header=bool(table.first_row) and index == 0,
            )
            for cell in row.cells
            if not cell.is_spanned
        ]
        for index, row in enumerate(table.rows)
    ]
    grid, headers = fill(rows)
    yield from tables(grid, headers, page)
