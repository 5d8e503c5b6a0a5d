from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.answering.language import Language
from workers.channels.email.sending.quoting import quote, writer

AT = 1795788000.0
ANA = writer("ana@x.example", "Ana", AT, ZoneInfo("America/Sao_Paulo"))


@given(st.text(max_size=3000))
def test_at_most_ten_lines_are_quoted_and_none_is_long(text: str) -> None:
    quoted = quote(text, ANA, "pt")
    if quoted is not None:
        assert 0 < len(quoted.lines) <= 10
        assert max(map(len, quoted.lines)) <= 76
        assert all(line.startswith(">") for line in quoted.plain.split("\n")[1:])


def test_what_is_longer_ends_with_dots() -> None:
    quoted = quote("linha\n" * 40, ANA, "pt")
    assert quoted is not None
    assert quoted.lines == ("linha",) * 9 + ("\u2026",)


@pytest.mark.parametrize("text", ["", "  \n\n ", "\x00"])
def test_nothing_is_not_quoted(text: str) -> None:
    assert quote(text, ANA, "pt") is None


@pytest.mark.parametrize(("language", "verb"), [("pt", "escreveu:"), ("en", "wrote:")])
def test_who_wrote_stands_above(language: Language, verb: str) -> None:
    quoted = quote("Oi", ANA, language)
    assert quoted is not None
    assert quoted.intro.endswith(f"Ana <ana@x.example> {verb}")


def test_a_name_is_one_short_line() -> None:
    zone = ZoneInfo("America/Sao_Paulo")
    quoted = quote("Oi", writer("a@x.example", "A\r\nBcc: b\n" + "x" * 999, AT, zone), "pt")
    assert quoted is not None
    assert "\n" not in quoted.intro
    assert len(quoted.intro) < 150


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Ganhe em https://mau.example/x?a=1 hoje", "Ganhe em [link] hoje"),
        ("veja WWW.mau.example e mau.example/premio", "veja [link] e [link]"),
        ("Hb 12.5/dL em 10/11/2026, e/ou dr. Ana", "Hb 12.5/dL em 10/11/2026, e/ou dr. Ana"),
    ],
)
def test_nobody_sends_links_to_others_by_our_quote(text: str, shown: str) -> None:
    quoted = quote(text, writer("v@x.example", text, AT, ZoneInfo("UTC")), "pt")
    assert quoted is not None
    assert quoted.lines == (shown,)
    assert "mau.example" not in quoted.plain
