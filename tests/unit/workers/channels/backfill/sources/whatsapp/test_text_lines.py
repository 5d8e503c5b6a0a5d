import io

import pytest

from workers.channels.backfill.sources.whatsapp.text_lines import LONGEST_LINE, text_lines


def lines(content: bytes, encoding: str | None = None) -> list[str]:
    return [*text_lines(io.BufferedReader(io.BytesIO(content)), encoding)]


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", None),
        ("utf-8-sig", None),
        ("utf-16", None),
        ("cp1252", None),
        ("latin-1", "latin-1"),
        ("utf-16-le", "utf-16-le"),
    ],
)
def test_whatever_the_encoding_the_letters_are_right(encoding: str, said: str | None) -> None:
    assert lines("Não, às 8h\r\naté já\r\n".encode(encoding), said) == ["Não, às 8h", "até já"]


def test_one_line_of_another_encoding_harms_no_other() -> None:
    content = "são 8h\n".encode() + "são 9h\n".encode("cp1252") + "são 10h".encode()
    assert lines(content) == ["são 8h", "são 9h", "são 10h"]


def test_only_a_line_feed_ends_a_line() -> None:
    assert lines("a\u2028b\x0bc\x85d\n\ne".encode()) == ["a\u2028b\x0bc\x85d", "", "e"]


def test_nul_is_left_out() -> None:
    assert lines(b"a\0b\n\0\0\n") == ["ab", ""]


def test_of_a_line_without_end_its_beginning_is_kept_and_the_next_one_is_whole() -> None:
    content = "ã".encode() * LONGEST_LINE + b"\nfim\n"
    first, last = lines(content)
    assert len(first.encode()) <= LONGEST_LINE
    assert set(first) == {"ã"}
    assert last == "fim"
    first, last = lines("é".encode("utf-16") + b"a\0" * LONGEST_LINE + "\nfim".encode("utf-16-le"))
    assert len(first) == LONGEST_LINE
    assert last == "fim"
