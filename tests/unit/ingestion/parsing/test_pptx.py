from io import BytesIO

import pytest
from pptx import Presentation
from pptx.util import Inches

from ingestion.parsing import parse
from ingestion.parsing.document import Prose, Table
from ingestion.parsing.errors import NoTextLayerError, TooManyPagesError
from ingestion.parsing.limits import Limits


def slides() -> bytes:
    """Three slides: points and notes; a table with merged cells; a picture's place."""
    file = Presentation()
    first = file.slides.add_slide(file.slide_layouts[1])
    first.shapes.title.text = "Preparo para Holter"
    body = first.placeholders[1].text_frame
    body.text = "Tome banho antes"
    point = body.add_paragraph()
    point.text, point.level = "sem creme", 1
    first.notes_slide.notes_text_frame.text = "Lembrar do cabo."
    second = file.slides.add_slide(file.slide_layouts[5])
    second.shapes.title.text = "Preços"
    table = second.shapes.add_table(3, 2, Inches(1), Inches(2), Inches(4), Inches(2)).table
    for number, row in enumerate([("Exame", "Preço"), ("Coração", ""), ("Holter", "R$ 90")]):
        for column, text in enumerate(row):
            table.cell(number, column).text = text
    table.cell(1, 0).merge(table.cell(1, 1))
    file.slides.add_slide(file.slide_layouts[6])
    target = BytesIO()
    file.save(target)
    return target.getvalue()


def test_slides_are_pages_under_their_titles() -> None:
    document = parse(slides(), "curso.pptx")
    assert document.title == "Preparo para Holter"
    assert document.pages == 3
    assert document.sections == (
        Prose("- Tome banho antes\n  - sem creme", ("Preparo para Holter",), 1),
        Prose("Lembrar do cabo.", ("Preparo para Holter",), 1),
        Table(("Exame", "Preço"), (("Holter", "R$ 90"),), ("Preços", "Coração"), 2),
    )


def test_too_many_slides_and_slides_without_text_are_refused() -> None:
    with pytest.raises(TooManyPagesError):
        parse(slides(), "x.pptx", Limits(pages=2))
    empty, target = Presentation(), BytesIO()
    empty.slides.add_slide(empty.slide_layouts[6])
    empty.save(target)
    with pytest.raises(NoTextLayerError):
        parse(target.getvalue(), "x.pptx")
