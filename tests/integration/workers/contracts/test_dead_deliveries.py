"""Dead deliveries: listed for their tenant, replayed once, gone with their records."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, cast

import pytest

from workers.contracts import keys
from workers.contracts.dead_deliveries import DeadDeliveries
from workers.contracts.outbox import Outbox
from workers.contracts.question import Delivery

if TYPE_CHECKING:
    from tests.integration.workers.contracts.conftest import Bench

pytestmark = pytest.mark.integration
OWN, OTHER = "clinica-a", "clinica-b"


@pytest.fixture
def dead(bench: "Bench") -> DeadDeliveries:
    return DeadDeliveries(bench.redis, bench.settings)


def settled(bench: "Bench", tenant: str = OWN) -> str:
    request = bench.request(callback=True).model_copy(update={"tenant": tenant})
    question_id = bench.admit(request).id
    drain = bench.drain()
    drain.settle(drain.claim_one())
    return question_id


def given_up(bench: "Bench", tenant: str = OWN) -> str:
    question_id = settled(bench, tenant)
    assert bench.outbox.record(question_id, Delivery.DEAD, "HTTP 410")
    return question_id


def ids(dead: DeadDeliveries, tenant: str | None = None, limit: int = 100) -> list[str]:
    return [delivery.id for delivery in dead.page(limit, tenant=tenant).deliveries]


def lists(bench: "Bench") -> list[set[str]]:
    """What stands in the lists of all, of one tenant, and of the other."""
    names = (keys.DEAD, keys.dead(OWN), keys.dead(OTHER))
    return [set(cast("list[str]", bench.redis.zrange(name, 0, -1))) for name in names]


def test_the_newest_come_first_with_record_time_and_reasons(
    bench: "Bench", dead: DeadDeliveries
) -> None:
    gone = []
    for _ in range(3):
        gone.append(given_up(bench))
        time.sleep(0.002)
    assert ids(dead) == ids(dead, OWN) == gone[::-1]
    newest = dead.page(1).deliveries[0]
    assert abs(newest.dead_at - time.time()) < 5
    assert newest.question == bench.read(gone[2])
    assert [attempt.detail for attempt in newest.question.deliveries] == ["HTTP 410"]


@pytest.mark.parametrize("together", [False, True], ids=["apart", "in the same millisecond"])
def test_pages_hold_each_delivery_once(
    bench: "Bench", dead: DeadDeliveries, *, together: bool
) -> None:
    gone = [given_up(bench) for _ in range(7)]
    if together:
        for name in (keys.DEAD, keys.dead(OWN)):
            bench.redis.zadd(name, dict.fromkeys(gone, 1_700_000_000_000))
    whole = ids(dead, OWN)
    assert sorted(whole) == sorted(gone)
    pages, after = [], ""
    while True:
        page = dead.page(3, after, OWN)
        pages.append([delivery.id for delivery in page.deliveries])
        # What stands before the place may go meanwhile.
        assert dead.replay(pages[-1][0]) is Delivery.DEAD
        if page.after is None:
            break
        after = page.after
    assert [len(page) for page in pages] == [3, 3, 1]
    assert sum(pages, []) == whole  # noqa: RUF017 - three short lists


def test_a_page_that_ends_the_list_names_no_other(bench: "Bench", dead: DeadDeliveries) -> None:
    assert dead.page(3).after is None
    for _ in range(3):
        given_up(bench)
    assert dead.page(3).after is None
    assert dead.page(2).after is not None


@pytest.mark.parametrize("after", ["x", "1-2", "-" + "a" * 32, "1-" + "a" * 33, "inf-" + "a" * 32])
def test_a_place_that_is_none_is_refused(dead: DeadDeliveries, after: str) -> None:
    with pytest.raises(ValueError, match="no place"):
        dead.page(3, after)


def test_a_tenant_sees_and_replays_its_own_alone(bench: "Bench", dead: DeadDeliveries) -> None:
    own, other = given_up(bench), given_up(bench, OTHER)
    assert (ids(dead, OWN), ids(dead, OTHER)) == ([own], [other])
    assert sorted(ids(dead)) == sorted([own, other])
    assert dead.replay(other, OWN) is None
    assert lists(bench) == [{own, other}, {own}, {other}]
    assert bench.read(other).delivery is Delivery.DEAD
    assert dead.replay(other, OTHER) is Delivery.DEAD
    assert lists(bench) == [{own}, {own}, set()]


def test_a_replay_gives_all_attempts_again(bench: "Bench", dead: DeadDeliveries) -> None:
    question_id = settled(bench)
    assert dead.replay(question_id, OWN) is Delivery.PENDING
    bench.outbox.record(question_id, Delivery.DEAD, "HTTP 410")
    assert dead.replay(question_id, OWN) is Delivery.DEAD
    assert dead.replay(question_id, OWN) is Delivery.PENDING
    question = bench.read(question_id)
    assert (question.delivery, question.delivery_attempts) == (Delivery.PENDING, 0)
    assert [attempt.detail for attempt in question.deliveries] == ["HTTP 410"]
    assert not bench.expires(question_id)
    assert bench.outbox.sizes() == {Delivery.PENDING: 1, Delivery.DEAD: 0}
    assert bench.outbox.lease(60, 10) == [question_id]
    assert bench.counter("delivery:replayed") == 1


def test_what_is_not_dead_is_left_as_it_is(bench: "Bench", dead: DeadDeliveries) -> None:
    waiting = bench.ask(callback=True)
    assert dead.replay(waiting, OWN) is Delivery.NONE
    bench.store.cancel(waiting)
    delivered, silent = settled(bench), bench.ask()
    bench.outbox.record(delivered, Delivery.DELIVERED, "HTTP 200")
    assert dead.replay(silent, OWN) is Delivery.NONE
    assert dead.replay(delivered, OWN) is Delivery.DELIVERED
    assert dead.replay("f" * 32, OWN) is None
    assert bench.expires(delivered)
    assert bench.outbox.sizes() == {Delivery.PENDING: 0, Delivery.DEAD: 0}
    assert bench.counter("delivery:replayed") == 0


def test_of_many_replays_at_the_same_time_one_counts(bench: "Bench", dead: DeadDeliveries) -> None:
    question_id = given_up(bench)
    with ThreadPoolExecutor(8) as pool:
        states = list(pool.map(lambda _: dead.replay(question_id, OWN), range(32)))
    assert states.count(Delivery.DEAD) == 1
    assert states.count(Delivery.PENDING) == 31
    assert bench.counter("delivery:replayed") == 1


def test_a_replay_while_an_attempt_runs_changes_nothing(
    bench: "Bench", dead: DeadDeliveries
) -> None:
    question_id = given_up(bench)
    dead.replay(question_id)
    bench.outbox.lease(60, 10)
    assert bench.outbox.begin(question_id, 60)
    assert dead.replay(question_id) is Delivery.PENDING
    assert bench.outbox.lease(60, 10) == []  # the attempt is still held
    assert bench.outbox.record(question_id, Delivery.DELIVERED, "HTTP 200")
    assert dead.replay(question_id) is Delivery.DELIVERED
    assert lists(bench) == [set(), set(), set()]


def test_one_that_dies_again_is_listed_once_with_its_new_time(
    bench: "Bench", dead: DeadDeliveries
) -> None:
    first, second = given_up(bench), given_up(bench)
    time.sleep(0.002)
    dead.replay(first)
    bench.outbox.record(first, Delivery.DEAD, "HTTP 500")
    assert ids(dead, OWN) == [first, second]


def test_records_that_have_expired_leave_the_list_when_it_is_read(
    bench: "Bench", dead: DeadDeliveries
) -> None:
    gone = [given_up(bench) for _ in range(6)]
    readable = given_up(bench)
    time.sleep(0.002)
    gone += [given_up(bench) for _ in range(6)]
    bench.redis.delete(*(keys.question(question_id) for question_id in gone))
    page = dead.page(1, tenant=OWN)
    assert [delivery.id for delivery in page.deliveries] == [readable]
    assert ids(dead, OWN) == [readable]
    assert lists(bench)[:2] == [{readable}, {readable}]
    assert bench.outbox.sizes()[Delivery.DEAD] == 1


def test_a_record_that_has_expired_cannot_be_replayed(bench: "Bench", dead: DeadDeliveries) -> None:
    question_id = given_up(bench)
    bench.redis.delete(keys.question(question_id))
    assert dead.replay(question_id, OWN) is None
    assert lists(bench) == [set(), set(), set()]
    assert bench.redis.zcard(keys.OUTBOX) == 0


def test_lists_forget_with_the_retention_of_records(bench: "Bench", dead: DeadDeliveries) -> None:
    outbox = Outbox(bench.redis, bench.settings.model_copy(update={"retention_hours": 1}))
    old, new = given_up(bench), settled(bench)
    for name in (keys.DEAD, keys.dead(OWN)):
        bench.redis.zadd(name, {old: (time.time() - 3601) * 1000})
    outbox.record(new, Delivery.DEAD, "HTTP 410")
    assert ids(dead) == ids(dead, OWN) == [new]
    assert 3590 < bench.redis.ttl(keys.dead(OWN)) <= 3600


def test_tidying_lists_for_its_tenant_what_an_older_version_gave_up(
    bench: "Bench", dead: DeadDeliveries
) -> None:
    older, gone, new = given_up(bench), given_up(bench), given_up(bench, OTHER)
    since = bench.redis.zscore(keys.DEAD, older)
    bench.redis.delete(keys.dead(OWN), keys.question(gone))
    assert ids(dead, OWN) == []
    dead.tidy()
    assert lists(bench) == [{older, new}, {older}, {new}]
    assert bench.redis.zscore(keys.DEAD, older) == since
    assert bench.redis.zscore(keys.dead(OWN), older) == since
    assert 0 < bench.redis.ttl(keys.dead(OWN)) <= bench.settings.retention_hours * 3600
    assert bench.outbox.sizes()[Delivery.DEAD] == 2


def test_what_an_older_version_gave_up_can_be_replayed_before_it_is_tidied(
    bench: "Bench", dead: DeadDeliveries
) -> None:
    older = given_up(bench)
    bench.redis.delete(keys.dead(OWN))
    assert dead.replay(older, OWN) is Delivery.DEAD
    dead.tidy()
    assert lists(bench) == [set(), set(), set()]


@pytest.mark.parametrize("raw", ["{", '{"tenant": 1}', "7", b"\xff\xfe"])
@pytest.mark.parametrize("field", ["request", "outcome", "deliveries"])
def test_a_record_that_cannot_be_read_hides_no_other(
    bench: "Bench", dead: DeadDeliveries, field: str, raw: str | bytes
) -> None:
    broken = settled(bench)
    bench.redis.hset(keys.question(broken), field, raw)
    bench.outbox.record(broken, Delivery.DEAD, "the question's record cannot be read")
    # What was recorded mends a broken log; the others stay as they are.
    bench.redis.hset(keys.question(broken), field, raw)
    good = given_up(bench)
    page = dead.page(10)
    assert {d.id: d.question is None for d in page.deliveries} == {broken: True, good: False}
    assert (broken in ids(dead, OWN)) == (field != "request")
    dead.tidy()
    assert bench.outbox.sizes()[Delivery.DEAD] == 2


def test_a_tenant_s_list_takes_no_longer_for_what_others_have(
    bench: "Bench", dead: DeadDeliveries
) -> None:
    given_up(bench)
    many = {f"{number:032x}": float(number) for number in range(2000)}
    bench.redis.zadd(keys.DEAD, many)
    bench.redis.zadd(keys.dead(OTHER), many)

    def calls() -> int:
        return sum(int(stats["calls"]) for stats in bench.redis.info("commandstats").values())

    before = calls()
    assert len(ids(dead, OWN)) == 1
    assert calls() - before <= 3  # the list, the record, and this count


def test_many_that_have_expired_cost_a_small_page_few_round_trips(
    bench: "Bench", dead: DeadDeliveries
) -> None:
    remaining = [given_up(bench) for _ in range(3)]
    expired = {f"e{number:031x}": 1 + number for number in range(1000)}
    bench.redis.zadd(keys.dead(OWN), expired)
    before = bench.redis.info("commandstats")["cmdstat_zrange"]["calls"]
    assert set(ids(dead, OWN, limit=4)) == set(remaining)
    assert bench.redis.info("commandstats")["cmdstat_zrange"]["calls"] - before < 20
    assert lists(bench)[1] == set(remaining)
