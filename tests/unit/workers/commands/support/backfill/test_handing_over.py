import json

from workers.channels.backfill.sources.source import LeftOut
from workers.commands.support.backfill.handing_over import Reading, noted, parts
from workers.contracts.backfill import BackfillRow


def rows(count: int, text: str = "Qual o preparo?") -> list[BackfillRow]:
    return [BackfillRow(key=str(number), question=text) for number in range(count)]


def test_parts_are_what_the_api_takes_and_lose_no_row() -> None:
    some = list(parts(rows(2500)))
    assert [len(part) for part in some] == [1000, 1000, 500]
    large = list(parts(rows(9, "x" * 1_000_000)))
    assert [len(part) for part in large] == [4, 4, 1]
    keys = [json.loads(line)["key"] for part in large for line in part]
    assert keys == [str(number) for number in range(9)]
    assert list(parts([])) == []


def test_what_goes_by_is_counted() -> None:
    reading, seen = Reading(), []
    items: list[BackfillRow | LeftOut] = [
        LeftOut("courtesy"),
        *rows(4),
        BackfillRow(key="a", fault="empty"),
        LeftOut("system"),
        LeftOut("courtesy"),
    ]
    given = list(noted(items, reading, lambda: seen.append(1)))
    assert len(given) == 5
    assert len(seen) == len(items)
    assert [row.key for row in reading.first] == ["0", "1", "2"]
    assert reading.words == (
        "Read 5 questions, 1 of them empty. Left out, as no questions: 2 courtesy, 1 system."
    )
