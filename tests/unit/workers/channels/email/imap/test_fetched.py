"""Replies to FETCH in the forms that servers write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.channels.email.imap.fetched import Fetched, Item, fetched_mails

DATE = b'INTERNALDATE "27-Nov-2026 09:00:00 -0300"'
NINE = 1_795_780_800.0


@pytest.mark.parametrize(
    ("items", "mails"),
    [
        pytest.param(
            [(b"3 (UID 7 RFC822.SIZE 91 " + DATE + b" BODY[]<0> {5}", b"From:"), b")"],
            [Fetched(7, b"From:", 91, NINE)],
            id="Dovecot, Gmail",
        ),
        pytest.param(
            [(b"3 (BODY[]<0> {5}", b"From:"), b" " + DATE + b" RFC822.SIZE 91 UID 7)"],
            [Fetched(7, b"From:", 91, NINE)],
            id="the body first, as Exchange writes it",
        ),
        pytest.param(
            [b'3 (UID 7 RFC822.SIZE 0 BODY[]<0> "")'], [Fetched(7, b"", 0, None)], id="empty"
        ),
        pytest.param([b"3 (UID 7 RFC822.SIZE 0 BODY[]<0> NIL)"], [Fetched(7, b"", 0, None)]),
        pytest.param(
            [
                b"9 (UID 20 FLAGS (\\Seen))",
                (b"3 (UID 7 RFC822.SIZE 5 BODY[]<0> {5}", b"From:"),
                b")",
                b"4 (FLAGS (\\Deleted))",
            ],
            [Fetched(20, None, 0, None), Fetched(7, b"From:", 5, None)],
            id="what others changed meanwhile",
        ),
        pytest.param(
            [b"1 (UID 5 " + DATE + b")", b"2 (UID 6 " + DATE + b")"],
            [Fetched(5, None, 0, NINE), Fetched(6, None, 0, NINE)],
            id="dates alone",
        ),
        pytest.param([None], [], id="deleted"),
        pytest.param([], []),
        pytest.param([b'3 (UID 7 INTERNALDATE "soon" BODY[] "")'], [Fetched(7, b"", 0, None)]),
        pytest.param([(b"BODY[]<0> {5}", b"From:"), b")"], [], id="of no mail"),
    ],
)
def test_mails_are_read(items: list[Item], mails: list[Fetched]) -> None:
    assert fetched_mails(items) == mails


@given(st.lists(st.one_of(st.none(), st.binary(), st.tuples(st.binary(), st.binary()))))
def test_nothing_that_a_server_writes_raises(items: list[Item]) -> None:
    fetched_mails(items)
