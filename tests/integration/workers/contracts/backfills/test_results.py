"""Results: read in order, in pieces, whole whether they were compressed or not."""

import threading

import pytest
from redis import Redis

from tests.filling import CLINIC, Filling
from workers.contracts import keys
from workers.contracts.backfill_results import BLOCK, Report
from workers.contracts.backfills import BackfillStore
from workers.contracts.connection import connect
from workers.contracts.errors import RecordError
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration


def numbers(filling: Filling, after: int, most: int) -> list[int]:
    return [result.number for result in filling.store.results(filling.id, after, most)]


@pytest.mark.parametrize("compacted", [False, True])
def test_results_are_read_from_any_place(filling: Filling, *, compacted: bool) -> None:
    filling.filled(450)
    while filling.work():
        pass
    assert filling.store.compact(filling.id) == 2 if compacted else True
    assert filling.store.compact(filling.id) == 0 if compacted else True
    tail = filling.redis.llen(keys.backfill_results(filling.id))
    assert tail == (250 if compacted else 450)
    assert numbers(filling, 0, 1000) == [*range(1, 451)]
    assert numbers(filling, 0, 7) == [*range(1, 8)]
    assert numbers(filling, 95, 10) == [*range(96, 106)]
    assert numbers(filling, 199, 2) == [200, 201]
    assert numbers(filling, 449, 10) == [450]
    assert numbers(filling, 450, 10) == []
    assert numbers(filling, 10**6, 10) == []
    assert [r.number for r in filling.all_results(33)] == [*range(1, 451)]


def test_a_reader_and_those_who_compress_do_not_disturb_each_other(
    filling: Filling, queue_settings: QueueSettings
) -> None:
    filling.filled(1000)
    done = threading.Event()
    blocks: list[int] = []

    def compress() -> None:
        redis = connect(queue_settings)
        store = BackfillStore(redis, queue_settings)
        while not done.is_set():
            blocks.append(store.compact(filling.id))
        redis.close()

    threads = [threading.Thread(target=compress) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        while filling.work():
            total = filling.now().results
            assert [r.number for r in filling.all_results(150)] == [*range(1, total + 1)]
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert sum(blocks) == filling.redis.hlen(keys.backfill_blocks(filling.id)) == 8
    assert {r.row for r in filling.all_results()} == set(range(1000))


def test_a_page_of_superseded_results_is_no_end(filling: Filling) -> None:
    filling.filled(2 * BLOCK + 5)
    while filling.work():
        pass
    filling.store.redo(CLINIC, filling.id, range(2 * BLOCK), ["answered"])  # type: ignore[list-item]
    assert numbers(filling, 0, 3) == [201, 202, 203]


def test_a_result_that_cannot_be_read_names_its_row(filling: Filling, redis: Redis) -> None:
    filling.filled(1)
    filling.work()
    redis.lset(keys.backfill_results(filling.id), 0, "0 {}")
    with pytest.raises(RecordError, match="result of row 0"):
        filling.store.results(filling.id, 0, 1)
    redis.lset(keys.backfill_results(filling.id), 0, "Ana {}")
    with pytest.raises(RecordError, match="of a result of a backfill cannot"):
        filling.store.results(filling.id, 0, 1)


def test_a_damaged_block_is_told_as_one(filling: Filling, redis: Redis) -> None:
    filling.filled(400)
    while filling.work():
        pass
    filling.store.compact(filling.id)
    redis.hset(keys.backfill_blocks(filling.id), "0", b"no zlib")
    with pytest.raises(RecordError):
        filling.store.results(filling.id, 0, 1)
    redis.hset(keys.backfill_rows(filling.id), "0", b"no zlib")
    with pytest.raises(RecordError):
        filling.store.rows_of(filling.id, [5])


def test_results_that_were_lost_hold_nobody_up(filling: Filling, redis: Redis) -> None:
    filling.filled(400)
    while filling.work():
        pass
    redis.delete(keys.backfill_results(filling.id))
    assert filling.store.compact(filling.id) == 0


def test_what_was_made_of_results_is_kept_as_bytes(filling: Filling) -> None:
    filling.filled(1)
    assert filling.store.report(filling.id, "report") is None
    assert filling.store.put_report(filling.id, "report", b"<p>\xff", 1)
    assert filling.store.put_report(filling.id, "pairs", b"a;b", 0)
    assert filling.store.report(filling.id, "report") == Report(b"<p>\xff", 1)
    assert filling.store.report(filling.id, "pairs") == Report(b"a;b", 0)
    filling.store.note_report_job(filling.id, "j1")
    assert filling.now().report_job == "j1"
    filling.store.erase(CLINIC, filling.id)
    assert not filling.store.put_report(filling.id, "report", b"", 1)
