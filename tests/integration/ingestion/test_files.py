"""Every parser against the files that parsers are tested with, the hostile ones included."""

import time
from pathlib import Path

import pytest

from ingestion.chunking import chunked
from ingestion.parsing import FORMATS, parse, suffix_of
from ingestion.parsing.errors import EncryptedError, NoTextLayerError, ParseError

pytestmark = pytest.mark.integration

DATA = Path(__file__).parents[4] / "shared" / "data" / "files"
FOLDERS = ["pdf_pypdf", "pdf_pdfminer", "docx_python_docx", "office_tika", "html_tika"]

#: Seconds for one file; the slowest takes under one.
SLOWEST = 20


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_is_read_or_refused_with_a_reason(folder: str) -> None:
    if not DATA.is_dir():
        pytest.skip(f"the test files of other parsers are not at {DATA}")
    read = 0
    for path in sorted((DATA / folder).iterdir()):
        if suffix_of(path.name) not in FORMATS:
            continue
        started = time.monotonic()
        try:
            document = parse(path.read_bytes(), path.name)
        except ParseError as error:
            assert str(error).endswith("."), path  # noqa: PT017 - read ones count, too
            continue
        read += 1
        assert time.monotonic() - started < SLOWEST, path
        chunks = chunked(document, 200, lambda text: len(text.split()))
        assert chunks, path
        assert all(chunk.text.strip() for chunk in chunks), path
    assert read > 0


@pytest.mark.parametrize(
    ("file", "error"),
    [
        ("pdf_pypdf/libreoffice-writer-password.pdf", EncryptedError),
        ("pdf_pypdf/imagemagick-lzw.pdf", NoTextLayerError),
        ("office_tika/protected_normal_case.docx", EncryptedError),
    ],
)
def test_each_cause_is_found_in_real_files(file: str, error: type[ParseError]) -> None:
    if not DATA.is_dir():
        pytest.skip(f"the test files of other parsers are not at {DATA}")
    path = DATA / file
    with pytest.raises(error):
        parse(path.read_bytes(), path.name)
