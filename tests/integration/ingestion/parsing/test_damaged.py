"""Valid files, cut off and with wrong bytes: each is read or refused, and never kills or hangs."""

import random
from collections.abc import Iterator
from io import BytesIO

import docx
import pytest
from fpdf import FPDF
from pptx import Presentation

from ingestion.parsing.errors import (
    ParseError,
    ParserDiedError,
    TookTooLongError,
    TooMuchMemoryError,
)
from ingestion.parsing.limits import Limits
from ingestion.reader.reader import Reader
from tests.unit.ingestion.parsing.office_files import open_text, sheet, workbook

pytestmark = pytest.mark.integration

#: Damaged copies of each file.
COPIES = 40


def pdf() -> bytes:
    file = FPDF()
    file.add_page()
    file.set_font("Helvetica", size=12)
    with file.table() as table:
        for row in [("Exame", "Preço"), ("Holter", "R$ 90"), ("MAPA", "R$ 80")]:
            table.row(row)
    return bytes(file.output())


def word() -> bytes:
    file, target = docx.Document(), BytesIO()
    file.add_heading("Jejum", level=1)
    file.add_table(2, 2).cell(0, 0).text = "Exame"
    file.save(target)
    return target.getvalue()


def slides() -> bytes:
    file, target = Presentation(), BytesIO()
    slide = file.slides.add_slide(file.slide_layouts[1])
    slide.shapes.title.text = "Jejum"
    file.save(target)
    return target.getvalue()


FILES = {
    "a.pdf": pdf(),
    "a.docx": word(),
    "a.pptx": slides(),
    "a.xlsx": workbook({"A": sheet([["Exame", "Jejum"], ["TSH", 4]], ["A1:B1"])}),
    "a.odt": open_text("<text:h text:outline-level='1'>Jejum</text:h><text:p>Oito.</text:p>"),
    "a.rtf": rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\trowd a\cell b\cell\row {\b Jejum}\par \'e0s 8h}",
    "a.html": b"<table><tr><th>a<td rowspan=2>b</table><ul><li>c<p>d</ul>" * 9,
    "a.eml": b"Subject: =?utf-8?q?a?=\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x"
    b"\n\n--x\n\nOi\n--x\nContent-Type: text/html; charset=cp1252\n\n<p>\xe0s 8h\n--x--\n",
    "a.jsonl": b'{"pergunta": "a?", "resposta": ["b", {"c": 1.5}]}\n' * 3,
    "a.csv": b'pergunta;resposta\n"a ""b"";";c\n' * 3,
    "a.md": b"# a\n\n| b | c |\n|---|---|\n| d | e |\n\n* f\n  * g\n",
}


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with Reader(Limits(seconds=20, ocr=False)) as reader:
        yield reader


@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_read_or_refused(reader: Reader, name: str) -> None:
    whole = FILES[name]
    assert reader.read(whole, name).sections
    chance = random.Random(name)  # noqa: S311 - the same damage in every run
    for copy in range(COPIES):
        data = bytearray(whole)
        if copy % 3 == 0:
            data = data[: chance.randrange(len(data))]
        for _ in range(
            chance.choice([0, 1, 5, 50]) if copy % 3 == 0 else chance.choice([1, 9, 99])
        ):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            reader.read(bytes(data), name)
        except (ParserDiedError, TookTooLongError, TooMuchMemoryError):
            raise
        except ParseError as error:
            assert str(error).endswith("."), copy  # noqa: PT017 - read ones are fine, too
