"""An uploaded file is read by one worker, to its end, or it says why not."""

import pytest
from redis import Redis

from tests.filling import CLINIC, Filling, rows
from workers.contracts import backfill_files, keys
from workers.contracts.backfill import BackfillState
from workers.contracts.backfill_files import BackfillFile
from workers.contracts.errors import BackfillClosedError, BackfillFullError, NoBackfillError
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration
DATA = b"\xff\xfe;\x00\r\n"


@pytest.fixture
def waiting(filling: Filling) -> Filling:
    """A backfill whose file waits."""
    filling.make(reading=True)
    assert filling.store.put_file(CLINIC, filling.id, "antigas.csv", DATA, '{"delimiter":";"}')
    return filling


def test_a_file_comes_to_a_worker_as_it_was_sent(waiting: Filling) -> None:
    assert [each.state for each in waiting.store.running()] == [BackfillState.READING]
    file = waiting.store.take_file(waiting.id, "w1", 60)
    assert file == BackfillFile("antigas.csv", DATA, '{"delimiter":";"}')
    waiting.store.add_rows(CLINIC, waiting.id, rows(range(2)))
    assert waiting.store.file_read(waiting.id, "w1")
    assert waiting.now().state is BackfillState.RUNNING
    assert not waiting.redis.exists(keys.backfill_file(waiting.id))
    assert waiting.work() == 2
    assert waiting.now().state is BackfillState.DONE


def test_one_worker_reads_it_at_a_time(waiting: Filling) -> None:
    assert waiting.store.take_file(waiting.id, "w1", 60)
    assert waiting.store.take_file(waiting.id, "w2", 60) is None
    assert waiting.store.renew_file(waiting.id, "w1", 0.001)
    assert not waiting.store.renew_file(waiting.id, "w2", 60)
    assert not waiting.store.file_read(waiting.id, "w2")
    waiting.redis.hset(keys.backfill(waiting.id), "file_until", 0)
    assert waiting.store.take_file(waiting.id, "w2", 60)
    assert not waiting.store.file_read(waiting.id, "w1")
    assert not waiting.store.file_unreadable(waiting.id, "w1", "no")
    assert waiting.store.file_read(waiting.id, "w2")


def test_one_that_ends_three_workers_is_not_read_again(waiting: Filling) -> None:
    for worker in "abc":
        assert waiting.store.take_file(waiting.id, worker, 0)
    assert waiting.store.take_file(waiting.id, "d", 0) is None
    assert waiting.now().state is BackfillState.UNREADABLE
    assert "3 workers ended" in waiting.now().error
    assert waiting.store.running() == []
    assert not waiting.redis.exists(keys.backfill_file(waiting.id))


def test_workers_that_stop_leave_it_and_lay_nothing_to_it(waiting: Filling) -> None:
    for number in range(5):
        assert waiting.store.take_file(waiting.id, f"w{number}", 60)
        assert not waiting.store.leave_file(waiting.id, "another")
        assert waiting.store.leave_file(waiting.id, f"w{number}")
    assert waiting.store.take_file(waiting.id, "last", 60)
    assert waiting.store.file_read(waiting.id, "last")


def test_one_that_cannot_be_read_says_why_and_a_repaired_one_may_come(waiting: Filling) -> None:
    waiting.store.take_file(waiting.id, "w1", 60)
    assert waiting.store.file_unreadable(waiting.id, "w1", "It is no table.")
    assert waiting.now().state is BackfillState.UNREADABLE
    assert waiting.now().error == "It is no table."
    with pytest.raises(BackfillClosedError, match="could not be read"):
        waiting.store.add_rows(CLINIC, waiting.id, rows([0]))
    assert waiting.store.put_file(CLINIC, waiting.id, "antigas.csv", b"pergunta\n")
    assert waiting.now().state is BackfillState.READING
    assert waiting.now().error == ""


def test_the_same_file_is_stored_once_and_another_waits_for_its_turn(waiting: Filling) -> None:
    assert not waiting.store.put_file(CLINIC, waiting.id, "antigas.csv", DATA, '{"delimiter":";"}')
    with pytest.raises(BackfillClosedError, match="another file"):
        waiting.store.put_file(CLINIC, waiting.id, "antigas.csv", b"other")


def test_one_that_is_done_may_get_a_newer_file(filling: Filling) -> None:
    filling.filled(2)
    filling.work()
    assert filling.store.put_file(CLINIC, filling.id, "antigas.csv", DATA)
    filling.store.take_file(filling.id, "w1", 60)
    filling.store.add_rows(CLINIC, filling.id, rows(range(3)))
    filling.store.file_read(filling.id, "w1")
    assert filling.work() == 1
    assert filling.now().state is BackfillState.DONE


def test_a_cancelled_one_takes_no_file_and_drops_what_waits(waiting: Filling) -> None:
    waiting.store.cancel(CLINIC, waiting.id)
    assert not waiting.redis.exists(keys.backfill_file(waiting.id))
    assert waiting.store.take_file(waiting.id, "w1", 60) is None
    with pytest.raises(BackfillClosedError, match="cancelled"):
        waiting.store.put_file(CLINIC, waiting.id, "antigas.csv", DATA)
    with pytest.raises(NoBackfillError):
        waiting.store.put_file("outra", waiting.id, "antigas.csv", DATA)


def test_a_file_that_never_came_is_waited_for_a_while(
    filling: Filling, monkeypatch: pytest.MonkeyPatch
) -> None:
    filling.make(reading=True)
    assert filling.store.take_file(filling.id, "w1", 60) is None
    assert filling.now().state is BackfillState.READING
    monkeypatch.setattr(backfill_files, "_MISSING_SECONDS", 0)
    assert filling.store.take_file(filling.id, "w1", 60) is None
    assert filling.now().state is BackfillState.UNREADABLE
    assert "Upload it again" in filling.now().error


def test_files_of_a_clinic_that_wait_are_bounded(
    redis: Redis, queue_settings: QueueSettings
) -> None:
    filling = Filling.open(redis, queue_settings.model_copy(update={"waiting_uploads_mb": 1}))
    filling.make("a", reading=True)
    filling.store.put_file(CLINIC, filling.id, "a.csv", b"a" * 700_000)
    filling.make("b", reading=True)
    with pytest.raises(BackfillFullError, match="ATENDE_WAITING_UPLOADS_MB"):
        filling.store.put_file(CLINIC, filling.id, "b.csv", b"b" * 700_000)
    assert filling.store.put_file(CLINIC, filling.id, "b.csv", b"b" * 300_000)
