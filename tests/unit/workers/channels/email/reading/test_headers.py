import pytest

from tests.unit.workers.channels.email.letters import letter
from workers.channels.email.reading.headers import MOST_HEADERS, MOST_IDS, message_ids, sent_at


def test_a_header_that_occurs_twice_stands_in_its_order() -> None:
    mail = letter({"Subject": "um\nSubject: dois"})
    assert mail.subject == "um"
    assert mail.headers["subject"] == ("um", "dois")


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        ("=?iso-8859-1?Q?D=FAvida?=", "Dúvida"),
        ("=?utf-8?b?RMO6dmlkYQ==?= de Ana", "Dúvida de Ana"),
        ("=?x-unknown?Q?D=FAvida?=", "Dúvida"),
        ("=?cp-850?B?!!!?=", "=?cp-850?B?!!!?="),
        ("=?utf-8?B?RMO6dmlkY?=", "=?utf-8?B?RMO6dmlkY?="),
        ("DÃºvida", "Dúvida"),
        ("=?utf-8?Q?D=C3=83=C2=BAvida?=", "Dúvida"),
        ("uma\n  linha\n\tquebrada", "uma linha quebrada"),
    ],
)
def test_wrong_encodings_of_headers_are_repaired_or_left(value: str, subject: str) -> None:
    assert letter({"Subject": value}).subject == subject


def test_an_empty_or_missing_message_id_is_none() -> None:
    for value in ("", "<>", None, "no id"):
        mail = letter({"Message-ID": value if value is None else value or " "})
        assert mail.message_id is None
        assert mail.key.startswith("sha256:")


def test_of_many_references_the_first_and_the_latest_are_kept() -> None:
    ids = [f"<{n}@x>" for n in range(200)]
    kept = message_ids(" ".join(ids))
    assert (len(kept), kept[0], kept[-1]) == (MOST_IDS, "<0@x>", "<199@x>")


@pytest.mark.parametrize(
    "value", ["", "x" * 181, "32 Foo 99999 99:99", "Mon, 23 Nov 2026 25:61:00"]
)
def test_a_date_that_is_none_is_not_fatal(value: str) -> None:
    sent_at(value)
    assert letter({"Date": value}).text == "Qual o horário?"


def test_thousands_of_headers_are_bounded() -> None:
    mail = letter({"X-A": "\n".join(["a", *("X-A: b" for _ in range(5000))])})
    assert sum(map(len, mail.headers.values())) == MOST_HEADERS
