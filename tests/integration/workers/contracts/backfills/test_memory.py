"""What a backfill takes: few bytes of Redis a row, and no more memory to read it for more rows."""

import random
import time
import tracemalloc

import pytest
from redis import Redis

from api.backfill_results import stream
from api.backfill_schemas import ResultsQuery
from tests.filling import CLINIC, Filling
from workers.contracts import keys
from workers.contracts.backfill import BackfillRow, RowResult
from workers.contracts.question import Citation, Lane, Outcome, Status

pytestmark = pytest.mark.integration
#: Bytes of Redis that a row with its result may take; as JSON both are about 1,000. Measured: 330
#: with texts of clinics, and more here, where each word is another one.
MOST_BYTES = 650
WORDS = random.Random(1)  # noqa: S311 - texts, no secrets


def text(length: int) -> str:
    """Words of a language that has ten thousand."""
    words = (f"{WORDS.randrange(10_000) ** 2:x}" for _ in range(length // 7))
    return " ".join(words)


def fill(filling: Filling, first: int, count: int) -> None:
    """Add rows and give each its result, as workers and feeders would."""
    rows = [
        BackfillRow(
            key=f"id-{n}",
            place=f"linha {n}",
            question=text(120),
            asked_at=1.7e9 + n,
            columns={"nome": text(20), "canal": "whatsapp"},
        )
        for n in range(first, first + count)
    ]
    filling.store.add_rows(CLINIC, filling.id, rows)
    filling.store.seal(CLINIC, filling.id)
    while filling.feed(250):
        open_questions = [*filling.store.open_questions(filling.id)]
        filling.store.collect(filling.now(), [result(each) for each in open_questions])
        filling.redis.delete(keys.lane(Lane.BULK), *map(keys.question, open_questions))
        filling.store.compact(filling.id)


def result(question_id: str) -> RowResult:
    quote = Citation(document="exames.pdf", title="Exames", heading="Preparo", quote=text(150))
    outcome = Outcome(status=Status.ANSWERED, text=text(250), citations=(quote,), model="m")
    return RowResult.of(question_id, outcome, time.time())


def used(redis: Redis) -> int:
    return int(redis.info("memory")["used_memory"])


def peak_of_reading(filling: Filling) -> int:
    """Bytes of Python that one download holds at most."""
    tracemalloc.start()
    try:
        for _ in stream(filling.store, filling.id, ResultsQuery(format="csv")):
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_row_with_its_result_is_small_and_a_download_holds_few(
    filling: Filling, redis: Redis
) -> None:
    filling.make()
    fill(filling, 0, 1000)  # scripts are loaded, buffers have their size
    bytes_before, peak_before = used(redis), peak_of_reading(filling)
    for first in range(1000, 4000, 1000):
        fill(filling, first, 1000)
    assert filling.now().answered == 4000
    assert (used(redis) - bytes_before) / 3000 < MOST_BYTES
    assert peak_of_reading(filling) < 2 * peak_before  # four times the rows
