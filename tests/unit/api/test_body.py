import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import body
from api.body import MalformedError


def nested(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "EOF"),
        (b"{", "EOF"),
        (b"\xff", "expected value"),
        ('"é"'.encode("latin-1"), "unicode"),
        (b"\xef\xbb\xbf{}", "expected value"),  # a byte order mark
        ("{}".encode("utf-16"), "expected value"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"x": {"a": 1, "a": 1}}', "twice"),
        (b"NaN", "expected value"),
        (b"[-Infinity]", "invalid number"),
        (b'"\\ud800"', "hex escape"),
        (b'{"\\udc00": 1}', "surrogate"),
        (b"9" * 5000, "out of range"),
        (nested(100_000), "recursion"),
    ],
)
def test_what_readers_could_understand_differently_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(MalformedError, match=why):
        body.parse(raw)


def test_what_is_well_formed_is_read() -> None:
    assert body.parse(nested(200)) is not None
    assert body.parse(b'{"q": "\\ud83d\\ude00 \\u0000 \xc3\xa9", "n": 1e3}') == {
        "q": "😀 \x00 é",
        "n": 1000.0,
    }


def test_a_malformed_text_is_never_quoted() -> None:
    with pytest.raises(MalformedError) as error:
        body.parse(b'{"question": "Maria Silva, CPF 123" oops}')
    assert "Maria" not in str(error.value)


def test_lines_that_cannot_be_read_yield_their_error() -> None:
    values = list(body.lines(b'{"a": 1}\r\n\n  \n{"b"\n[2]'))
    assert values[0] == {"a": 1}
    assert isinstance(values[1], MalformedError)
    assert values[2] == [2]


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(MalformedError):
        body.parse(raw)


_json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)


@given(_json)
def test_what_json_writes_is_read_back(value: object) -> None:
    assert body.parse(json.dumps(value).encode()) == value
