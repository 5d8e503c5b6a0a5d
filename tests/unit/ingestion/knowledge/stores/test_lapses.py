"""What is out of force is worked out anew where it may have changed, and only there."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from ingestion.knowledge.document import IndexedDocument
from ingestion.knowledge.stores.lapses import Lapses
from ingestion.validity import Validity

TODAY, TOMORROW = date(2026, 11, 26), date(2026, 11, 27)
RECORD = IndexedDocument(
    name="a.md",
    digest="00",
    recipe="1",
    origin="/docs",
    title="A",
    pages=None,
    chunks=1,
    indexed_at=datetime(2026, 1, 1, tzinfo=UTC),
    stated=Validity(valid_until=TODAY),
)


class Records:
    """A tenant's documents, whose reading takes a time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.now = 0.0
        self.version = "1"
        self.documents = [RECORD]
        self.readings = 0
        self.lapses = Lapses(self.read, lambda _: self.version, lambda: self.now)

    def read(self, _tenant: str) -> Iterable[IndexedDocument]:
        self.readings += 1
        self.now += self.seconds
        return self.documents

    def out(self, day: date = TODAY) -> set[str]:
        return set(self.lapses.of("a", day).causes)


def test_a_day_and_a_version_are_worked_out_once() -> None:
    records = Records(0.001)
    assert (records.out(), records.out(), records.readings) == (set(), set(), 1)
    assert (records.out(TOMORROW), records.out(TOMORROW), records.readings) == (
        {"a.md"},
        {"a.md"},
        2,
    )
    records.version, records.documents = "2", []
    assert (records.out(TOMORROW), records.readings) == (set(), 3)


def test_what_takes_long_rests_while_the_version_moves_but_for_a_word_that_must_be_seen() -> None:
    records = Records(1.0)
    assert records.out(TOMORROW) == {"a.md"}
    records.version, records.documents = "2", []
    records.now += 19
    assert records.out(TOMORROW) == {"a.md"}
    records.now += 2
    assert records.out(TOMORROW) == set()
    records.version, records.documents = "3", [RECORD]
    records.lapses.forget("a")
    assert records.out(TOMORROW) == {"a.md"}
