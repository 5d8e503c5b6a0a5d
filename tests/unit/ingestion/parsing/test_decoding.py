import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.parsing.decoding import clean, decode
from ingestion.parsing.errors import UnknownEncodingError

TEXT = "Não é necessário jejum. Coleta às 8h, R$ 30."


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "iso8859-1"]
)
def test_what_offices_save_is_read(encoding: str) -> None:
    assert decode(TEXT.encode(encoding)) == TEXT


def test_html_may_declare_its_encoding() -> None:
    page = '<html><head><meta charset="windows-1251"></head>Привет</html>'
    assert "Привет" in decode(page.encode("cp1251"))


def test_a_declared_encoding_that_nobody_knows_is_passed_over() -> None:
    page = '<meta charset="x-none-such">é'
    assert decode(page.encode("cp1252")).endswith("é")


def test_bytes_without_text_are_refused() -> None:
    with pytest.raises(UnknownEncodingError, match="UTF-8"):
        decode(bytes(range(256)) * 4)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        text = decode(data)
    except UnknownEncodingError:
        return
    assert "\r" not in text
    assert "\0" not in text


def test_accents_are_composed_and_control_characters_go() -> None:
    assert clean("na\u0303o\r\nsim\x00\u00ad") == "não\nsim"
