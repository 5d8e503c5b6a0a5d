"""Every parser against the files that parsers are tested with, the hostile ones included."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.chunking import chunks_of
from ingestion.parsing.errors import EncryptedError, NoTextLayerError, ParseError
from ingestion.parsing.formats import suffix_of
from ingestion.parsing.limits import Limits
from ingestion.reader.reader import Reader

pytestmark = pytest.mark.integration

DATA = Path(__file__).parents[5] / "shared" / "data" / "files"
FOLDERS = [
    "pdf_pypdf",
    "pdf_pdfminer",
    "docx_python_docx",
    "office_tika",
    "html_tika",
    "eml_cpython",
    "eml_mail_gem",
    "eml_tika",
]

#: Files of a kind that are read at least; the others are empty, encrypted, damaged on purpose.
READ = {
    ".pdf": 90,
    ".docx": 75,
    ".doc": 27,
    ".rtf": 38,
    ".odt": 12,
    ".html": 27,
    ".eml": 100,
    ".txt": 35,
    ".mbox": 9,
}

#: Seconds for one file; without OCR the slowest takes 4.
SLOWEST = 30.0


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    """Without OCR: its own test reads pictures."""
    if not DATA.is_dir():
        pytest.skip(f"the test files of other parsers are not at {DATA}")
    with Reader(Limits(seconds=SLOWEST, ocr=False)) as reader:
        yield reader


def test_every_file_is_read_or_refused_with_what_to_do(reader: Reader) -> None:
    read: Counter[str] = Counter()
    refused: dict[str, str] = {}
    for path in sorted(each for folder in FOLDERS for each in (DATA / folder).iterdir()):
        started = time.monotonic()
        try:
            document = reader.read(path, path.name)
        except ParseError as error:
            refused[path.name] = str(error)
            continue
        assert time.monotonic() - started < SLOWEST, path
        read[suffix_of(path.name)] += 1
        chunks = chunks_of(document, 200, lambda text: len(text.split()))
        assert chunks, path
        assert all(chunk.text.strip() for chunk in chunks), path
    assert {suffix: read[suffix] for suffix in READ if read[suffix] < READ[suffix]} == {}
    for name, reason in refused.items():
        assert reason.endswith("."), name
        assert str(DATA) not in reason, name
        assert "process that read this file ended" not in reason, name
        assert len(reason) < 600, name


@pytest.mark.parametrize(
    ("file", "error"),
    [
        ("pdf_pypdf/libreoffice-writer-password.pdf", EncryptedError),
        ("pdf_pypdf/imagemagick-lzw.pdf", NoTextLayerError),
        ("office_tika/protected_normal_case.docx", EncryptedError),
        ("office_tika/testODTEncrypted.odt", EncryptedError),
    ],
)
def test_each_cause_is_found_in_real_files(
    reader: Reader, file: str, error: type[ParseError]
) -> None:
    path = DATA / file
    with pytest.raises(error):
        reader.read(path, path.name)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("office_tika/testRTFHexEscapeInsideWord.rtf", "GOVERNO DO ESTADO DO ESPÍRITO SANTO"),
        ("office_tika/testODFwithOOo3.odt", "rather difficult test document"),
        ("office_tika/test_TIKA-1251.doc", "gjennomføring av daglig forsvarlig drift"),
        (
            "pdf_pdfminer/naacl06-shinyama.pdf",
            "such as hurricanes or murders, are reported again and again",
        ),
        ("pdf_pdfminer/naacl06-shinyama.pdf", "attempt to automatically create all feasible IE"),
        (
            "eml_mail_gem/spec__fixtures__emails__plain_emails__raw_email10.eml",
            "messagerie texte de Bell Mobilité",
        ),
        ("eml_tika/test-incremental-updates.eml", "Testing Incremental"),
    ],
)
def test_what_is_read_is_what_a_person_reads(reader: Reader, file: str, words: str) -> None:
    path = DATA / file
    document = reader.read(path, path.name)
    text = " ".join(
        " ".join(chunk.text.split())
        for chunk in chunks_of(document, 400, lambda text: len(text.split()))
    )
    assert words in text
