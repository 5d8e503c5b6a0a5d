import pytest

from ingestion.parsing.document import Answer, Document, Prose, Table
from ingestion.parsing.errors import TooManyPagesError
from ingestion.reader.messages import pack, pack_error, unpack


def test_documents_and_errors_travel_unchanged() -> None:
    document = Document(
        "Título",
        (
            Prose("a\u2028b", ("x",), 1),
            Answer("q", "a"),
            Table(("h", ""), (("1", "2"), ("3", "4")), ("x", "y"), 2),
        ),
        3,
        ("Page 3 was not read.",),
    )
    assert unpack(pack(document)) == document
    with pytest.raises(TooManyPagesError, match="It has 9 pages"):
        unpack(pack_error(TooManyPagesError.of(9, 8)))
    for strange in (b"[]", b"{}", b"\x80", b'{"error": "os", "message": 1}'):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - either kind is refused
            unpack(strange)
        assert isinstance(caught.value, ValueError) or str(caught.value) == "1"
