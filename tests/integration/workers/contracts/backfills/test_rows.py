"""Rows: kept in order, once each, in blocks; refused whole."""

import secrets
import threading
import zlib

import pytest
from redis import Redis

from tests.filling import CLINIC, Filling, rows
from workers.contracts import keys
from workers.contracts.backfill import BackfillPlan, BackfillRow, BackfillState, RowStatus
from workers.contracts.backfill_rows import Added
from workers.contracts.backfills import BackfillStore
from workers.contracts.connection import connect
from workers.contracts.conversation import Turn
from workers.contracts.errors import BackfillFullError, RecordError
from workers.contracts.settings import QueueSettings

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("sizes", [[1, 1, 1], [99, 1, 1], [100, 100], [250, 7, 493], [1000, 1]])
def test_rows_are_numbered_in_the_order_in_which_they_came(
    filling: Filling, sizes: list[int]
) -> None:
    filling.make()
    first = 0
    for size in sizes:
        part = rows(range(first, first + size))
        first += size
        assert filling.store.add_rows(CLINIC, filling.id, part) == Added(size, 0, first)
    assert filling.now().rows == first
    known = filling.store.rows_of(filling.id, range(first))
    assert [known[n] for n in range(first)] == rows(range(first))
    assert filling.store.rows_of(filling.id, [first, 10**6]) == {}


def test_a_row_comes_back_as_it_was(filling: Filling) -> None:
    row = BackfillRow(
        key="<a@b.example>",
        id="7",
        place="Planilha1, linha 4",
        question="E quanto custa? 😀\n\u2028x",
        asked_at=1_700_000_000.5,
        context=(Turn(question="Faz ultrassom?", answer="Sim.", at=1.0, by="person"),),
        columns={"nome": "=1+1", "": "ç"},
        later_answer="R$ 90",
        shape="openai",
    )
    filling.make()
    filling.store.add_rows(CLINIC, filling.id, [row])
    assert filling.store.rows_of(filling.id, [0]) == {0: row}


def test_a_key_that_is_known_is_passed_over(filling: Filling) -> None:
    filling.make()
    once = filling.store.add_rows(CLINIC, filling.id, [*rows([0, 1]), *rows([1, 2])])
    assert once == Added(3, 1, 3)
    assert filling.store.add_rows(CLINIC, filling.id, rows([2, 0, 3])) == Added(1, 2, 4)
    assert filling.store.add_rows(CLINIC, filling.id, []) == Added(0, 0, 4)


def test_a_row_with_a_fault_fails_at_once_and_is_never_asked(filling: Filling) -> None:
    filling.filled(4, faults=[0, 2])
    assert (filling.now().failed, filling.now().left) == (2, 2)
    assert [(r.row, r.status, r.reason) for r in filling.all_results()] == [
        (0, RowStatus.FAILED, "empty"),
        (2, RowStatus.FAILED, "empty"),
    ]
    assert filling.store.next_rows(filling.now(), 10).numbers == (1, 3)
    assert filling.store.redo(CLINIC, filling.id) == 0


def test_of_a_question_that_cannot_be_asked_the_beginning_is_kept(filling: Filling) -> None:
    filling.make()
    long = BackfillRow(key="a", question="á" * 10**6, fault="too_long")
    filling.store.add_rows(CLINIC, filling.id, [long])
    kept = filling.store.rows_of(filling.id, [0])[0].question
    assert len(kept) == 1000
    assert kept.endswith("á…")


def test_where_all_rows_have_faults_it_is_done_when_sealed(filling: Filling) -> None:
    backfill = filling.filled(3, faults=range(3))
    assert backfill.state is BackfillState.DONE
    assert backfill.failed == 3


def test_thousands_of_faults_hide_no_row(filling: Filling) -> None:
    filling.make()
    for first in range(0, 7000, 1000):
        numbers = range(first, first + 1000)
        filling.store.add_rows(CLINIC, filling.id, rows(numbers, faults=numbers))
    filling.store.add_rows(CLINIC, filling.id, rows([7000]))
    filling.store.seal(CLINIC, filling.id)
    assert filling.store.next_rows(filling.now(), 10).numbers == ()  # looked at some of them
    assert filling.store.next_rows(filling.now(), 10).numbers == (7000,)
    assert filling.work() == 1


def test_more_rows_than_a_clinic_may_keep_are_refused_whole(
    redis: Redis, queue_settings: QueueSettings
) -> None:
    few = queue_settings.model_copy(update={"backfill_rows": 10})
    filling = Filling.open(redis, few)
    filling.make("a")
    filling.store.add_rows(CLINIC, filling.id, rows(range(6)))
    filling.make("b")
    with pytest.raises(BackfillFullError, match=r"6 rows .* may keep 10.*ATENDE_BACKFILL_ROWS"):
        filling.store.add_rows(CLINIC, filling.id, rows(range(5)))
    assert filling.now().rows == 0
    filling.store.add_rows(CLINIC, filling.id, rows(range(4)))
    other, _ = filling.store.create("outra", "a", "", filling.now().plan)
    filling.store.add_rows("outra", other.id, rows(range(5)))
    assert redis.scard(keys.backfill_keys(filling.id)) == 4


def test_a_clinic_s_rows_take_no_more_room_than_theirs(
    redis: Redis, queue_settings: QueueSettings
) -> None:
    """A row may hold a hundred times what clinics' do: a hundred thousand would fill any server."""
    filling = Filling.open(redis, queue_settings.model_copy(update={"backfill_rows": 100}))
    filling.make()
    noise = [
        BackfillRow(
            key=str(n), question=secrets.token_hex(1_900), later_answer=secrets.token_hex(1_000)
        )
        for n in range(60)
    ]
    for row in noise[:40]:  # blocks that grow are not counted twice
        filling.store.add_rows(CLINIC, filling.id, [row])
    filling.make("outras")
    with pytest.raises(BackfillFullError, match=r"take 1\d{5} bytes and may take 200000 "):
        filling.store.add_rows(CLINIC, filling.id, noise[40:])
    assert filling.now().rows == 0
    filling.store.add_rows(CLINIC, filling.id, rows(range(10)))


def test_one_call_takes_a_thousand_rows(filling: Filling) -> None:
    filling.make()
    with pytest.raises(ValueError, match="1000"):
        filling.store.add_rows(CLINIC, filling.id, rows(range(1001)))


class LosesReplies(BackfillStore):
    """A store whose every command is sent a second time: the first reply was lost on the way."""

    def _run(self, name: str, *args: str | bytes | float) -> object:
        super()._run(name, *args)
        return super()._run(name, *args)


def test_a_call_that_is_sent_again_says_what_it_did(filling: Filling) -> None:
    filling.store = LosesReplies(filling.redis, filling.settings)
    backfill, created = filling.store.create(CLINIC, "antigas", "", BackfillPlan())
    assert created
    filling.id = backfill.id
    assert filling.store.add_rows(CLINIC, filling.id, rows(range(120))) == Added(120, 0, 120)


def test_two_that_add_at_once_lose_and_double_nothing(
    filling: Filling, queue_settings: QueueSettings
) -> None:
    filling.make()
    added: list[int] = []

    def add(shift: int) -> None:
        redis = connect(queue_settings)
        store = BackfillStore(redis, queue_settings)
        for first in range(0, 300, 7):
            part = rows(range(first + shift, first + shift + 7))
            added.append(store.add_rows(CLINIC, filling.id, part).added)
        redis.close()

    threads = [threading.Thread(target=add, args=(shift,)) for shift in (0, 3, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    known = filling.store.rows_of(filling.id, range(filling.now().rows))
    keys_ = [known[n].key for n in range(filling.now().rows)]
    assert len(set(keys_)) == len(keys_) == sum(added) == 306


def test_a_row_that_cannot_be_read_says_which(filling: Filling, redis: Redis) -> None:
    filling.filled(1)
    redis.hset(keys.backfill_rows(filling.id), "0", zlib.compress(b"{}"))
    with pytest.raises(RecordError, match="row 0 of backfill"):
        filling.store.rows_of(filling.id, [0])
