"""Files that are not what they say, or that would harm who opens them."""

import json
import zipfile

import pytest

from ingestion.parsing import parse
from ingestion.parsing.document import Prose
from ingestion.parsing.errors import (
    CorruptFileError,
    EmptyDocumentError,
    EncryptedError,
    ParseError,
    TooLargeError,
    WrongTypeError,
)
from ingestion.parsing.limits import Limits
from ingestion.parsing.sniffing import OLE
from tests.unit.ingestion.parsing.office_files import archive, open_text, sheet, workbook

ODT = open_text("<text:h text:outline-level='1'>Jejum</text:h><text:p>Oito horas.</text:p>")
RTF = rb"{\rtf1\ansi\ansicpg1252 Fechamos \'e0s 18h.\par}"
BOOK = workbook({"A": sheet([["Exame", "Jejum"], ["TSH", "4 h"]])})


@pytest.mark.parametrize(
    ("data", "name", "words"),
    [
        (ODT, "jejum.pdf", "an OpenDocument file"),
        (ODT, "jejum", "an OpenDocument file"),
        (RTF, "horario.doc", "a Rich Text document (RTF)"),
        (BOOK, "precos.csv", "a spreadsheet"),
        (b"<html><body><p>Fechamos.</p></body></html>", "lista.xls", "a web page (HTML)"),
        (b"<!doctype html><html><body><p>Fechamos.</p></body></html>", "a.txt", "a web page"),
        ("Fechamos às 18h.".encode(), "velho.doc", "plain text"),
    ],
)
def test_a_file_is_read_as_what_it_is_and_the_note_says_so(
    data: bytes, name: str, words: str
) -> None:
    document = parse(data, name)
    assert document.sections
    (note,) = document.notes
    assert f"the content is {words}" in note
    assert "Rename the file." in note


def test_formats_with_several_endings_need_no_note() -> None:
    assert parse(BOOK, "precos.xlsm").notes == ()
    assert parse(ODT, "jejum.odt").sections == (Prose("Oito horas."),)
    assert parse(RTF, "horario.rtf").sections == (Prose("Fechamos às 18h."),)


@pytest.mark.parametrize(
    ("data", "name", "error"),
    [
        (b"MZ\x90\x00 program", "virus.pdf", WrongTypeError),
        (b"\x89PNG\r\n", "scan.pdf", WrongTypeError),
        (b"<html>404</html>", "preparo.pdf", WrongTypeError),
        (archive({"a.txt": "a"}), "x.docx", WrongTypeError),
        (b"<?xml version='1.0'?><w:wordDocument/>", "x.doc", WrongTypeError),
        (OLE + "__substg1.0_".encode("utf-16-le"), "carta.doc", WrongTypeError),
        (b"texto", "sem-nada", WrongTypeError),
        (ODT[:400], "x.odt", CorruptFileError),
        (BOOK[:600], "x.xlsx", CorruptFileError),
        (b"PK\x03\x04", "x.pptx", CorruptFileError),
        (b"\x00\x01\x02\x03" * 9, "x.doc", CorruptFileError),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "x.xlsx", EncryptedError),
        (b" \r\n\0", "x.docx", EmptyDocumentError),
    ],
)
def test_each_cause_has_its_error(data: bytes, name: str, error: type[ParseError]) -> None:
    with pytest.raises(error, match=r"\.$"):
        parse(data, name)


def test_an_archive_that_unpacks_to_too_much_is_refused_before_it_does() -> None:
    bomb = archive({"word/document.xml": b"0" * (2 << 20)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 10_000
    with pytest.raises(TooLargeError, match="unpack to 2 MiB, more than the 1"):
        parse(bomb, "x.docx", Limits(unpacked_mb=1))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le"])
def test_entities_that_explode_are_refused(encoding: str) -> None:
    laughs = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    xml = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a0 "ha">{laughs}]><x>&a9;</x>'
    with pytest.raises(CorruptFileError, match="XML entities"):
        parse(archive({"word/document.xml": xml.encode(encoding)}), "x.docx")


def test_a_file_larger_than_allowed_is_refused() -> None:
    with pytest.raises(TooLargeError, match="ATENDE_MAX_FILE_MB"):
        parse(b"x" * (1 << 20) + b"x", "x.txt", Limits(file_mb=1))


def test_nesting_without_end_is_refused() -> None:
    with pytest.raises(ParseError):
        parse(b"[" * 200_000, "x.json")
    quotes = parse(("> " * 500 + "fundo").encode(), "x.md")
    assert "fundo" in json.dumps([str(each) for each in quotes.sections])
