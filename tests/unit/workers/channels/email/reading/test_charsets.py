import pytest

from workers.channels.email.reading.charsets import charset_of, text_of, without_mojibake


@pytest.mark.parametrize(
    ("encoding", "claim"),
    [
        ("utf-8", "utf-8 "),
        ("utf-8", '"UTF8"'),
        ("utf-8", "iso-8859-1"),
        ("utf-8", None),
        ("cp850", "cp-850"),
        ("cp1252", "windows1252"),
        ("cp1252", "x-unknown"),
        ("cp1252", "us-ascii"),
        ("cp1252", None),
        ("iso8859-1", "ISO_8859-1"),
        ("iso8859-15", "iso-8859-15;format=flowed"),
        ("utf-7", "utf-7"),
        ("cp1252", "punycode"),
    ],
)
def test_the_text_is_read_whatever_its_charset_is_called(encoding: str, claim: str | None) -> None:
    assert (
        text_of("Preparação às 8h, só água".encode(encoding), claim) == "Preparação às 8h, só água"
    )


def test_codecs_that_are_no_charsets_are_not_used() -> None:
    assert [charset_of(name) for name in ("punycode", "idna", "rot\0x", "")] == [None] * 4


def test_text_that_was_encoded_twice_is_repaired() -> None:
    twice = "Dúvida: não é às 8h \u2013 “só” água?".encode().decode("cp1252", "ignore")
    assert without_mojibake(twice).startswith("Dúvida: não é às 8h")


@pytest.mark.parametrize("text", ["NÃO POSSO ÀS 8H", "Ângela", "R$ 10 £", "ÃO"])
def test_capitals_with_accents_are_no_such_text(text: str) -> None:
    assert without_mojibake(text) == text
