import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.channels.backfill.sources.mails.separators import begins_mbox, spans, unquoted

GMAIL = b"From 1523378246251037@xxx Sat Sep 12 21:19:03 +0000 2026\n"
MOZILLA = b"From - Sat Sep 12 21:19:03 2026\n"
SERVER = b"From ana@paciente.example Sat Sep 12 21:19 2026\n"
BARE = b"From ana@paciente.example\n"
MAIL = b"Subject: um\n\nCorpo.\n\n"


def mails(data: bytes, piece: int = 1 << 20) -> list[bytes]:
    """What the file holds, mail by mail."""
    return [data[span.start : span.end] for span in spans(io.BytesIO(data), piece)]


@pytest.mark.parametrize("line", [GMAIL, MOZILLA, SERVER, BARE])
def test_a_mail_begins_with_any_program_s_line(line: bytes) -> None:
    assert mails(line + MAIL + line + MAIL) == [MAIL, MAIL]
    assert begins_mbox(line + MAIL)


def test_line_ends_of_windows_are_the_file_s() -> None:
    data = (GMAIL + MAIL + MOZILLA + MAIL).replace(b"\n", b"\r\n")
    assert mails(data) == [MAIL.replace(b"\n", b"\r\n")] * 2
    assert begins_mbox(data)


@pytest.mark.parametrize(
    "words",
    [
        b"From what I saw no site, o exame custa 260 reais.\n",
        b"From Monday 10:30 on:\nNota: traga o pedido.\n",
        b"From Mon to Fri, 07:00 to 19:00\n\nObrigada.\n",
        b">From 1@xxx Sat Sep 12 21:19:03 +0000 2026\nSubject: citado\n",
        b"  From ana@paciente.example Sat Sep 12 21:19:03 2026\nSubject: recuado\n",
        b"From ana@paciente.example Sat Sep 12 21:19:03 2026\nsem cabecalho\n",
    ],
)
def test_words_of_a_body_begin_no_mail(words: bytes) -> None:
    mail = b"Subject: um\n\nBom dia.\n\n" + words + b"\n"
    assert mails(GMAIL + mail + GMAIL + MAIL) == [mail, MAIL]


def test_a_mail_inside_a_mail_is_none_of_the_file_s() -> None:
    inner = b"Received: from a\nFrom: Ana <ana@x.example>\nSubject: dentro\n\nCorpo.\n"
    mail = b"Content-Type: message/rfc822\n\n" + inner + b"\n"
    assert mails(GMAIL + mail) == [mail]


def test_empty_lines_and_a_mark_before_the_first_mail_are_passed_over() -> None:
    assert mails(b"\xef\xbb\xbf" + GMAIL + MAIL) == [MAIL]
    assert mails(b"\r\n\n" + GMAIL + MAIL) == [MAIL]


@pytest.mark.parametrize("data", [b"", b"Data;Pergunta\n1;oi\n", b"From \n", b"From: ana\n\noi"])
def test_another_file_holds_none(data: bytes) -> None:
    assert mails(data) == []
    assert not begins_mbox(data)


def test_a_last_mail_without_a_line_end_is_whole() -> None:
    assert mails(GMAIL + b"Subject: um\n\nsem fim") == [b"Subject: um\n\nsem fim"]


@given(
    bodies=st.lists(
        st.lists(st.sampled_from([b"oi\n", b"\n", b"From \n", b"x" * 700 + b"\n", GMAIL[:30]])),
        max_size=6,
    ),
    piece=st.integers(1, 5_000),
)
def test_where_pieces_end_changes_nothing(bodies: list[list[bytes]], piece: int) -> None:
    contents = [b"Subject: um\n\n" + b"".join(body) + b"\n" for body in bodies]
    data = b"".join(GMAIL + content for content in contents)
    assert mails(data, piece) == contents


@pytest.mark.parametrize(
    ("raw", "written"),
    [
        (b"a\n>From b\n>>From c\n", b"a\nFrom b\n>From c\n"),
        (b">From a\r\n> From b\r\n>From: c\r\n", b"From a\r\n> From b\r\n>From: c\r\n"),
        (b"nada", b"nada"),
    ],
)
def test_quoted_lines_are_as_they_were_written(raw: bytes, written: bytes) -> None:
    assert unquoted(raw) == written
