from hypothesis import given
from hypothesis import strategies as st

from workers.drain import Capacity, Room


def test_an_idle_worker_claims_its_slots_and_the_look_ahead() -> None:
    assert Capacity(slots=16, reserved=4, ahead=8).room(0, 0) == Room(total=24, bulk=20)


def test_bulk_leaves_room_for_interactive() -> None:
    assert Capacity(slots=16, reserved=4, ahead=8).room(0, 20) == Room(total=4, bulk=0)


def test_an_interactive_question_that_finds_a_reserved_slot_free_is_claimed_alone() -> None:
    assert Capacity(slots=16, reserved=4, ahead=8).room(1, 20) == Room(total=3, bulk=0)
    assert Capacity(slots=16, reserved=4, ahead=32).room(3, 44) == Room(total=1, bulk=0)


def test_a_busy_worker_asks_for_several_at_once_not_for_each() -> None:
    capacity = Capacity(slots=16, reserved=4, ahead=8)
    assert capacity.room(21, 0).total == 0
    assert capacity.room(20, 0).total == 4


@given(
    slots=st.integers(1, 512),
    reserved=st.integers(0, 511),
    ahead=st.integers(0, 512),
    data=st.data(),
)
def test_no_claim_ever_exceeds_what_the_worker_holds(
    slots: int, reserved: int, ahead: int, data: st.DataObject
) -> None:
    capacity = Capacity(slots, min(reserved, slots - 1), ahead)
    interactive = data.draw(st.integers(0, slots + ahead))
    bulk = data.draw(st.integers(0, slots + ahead - interactive))
    room = capacity.room(interactive, bulk)
    assert 0 <= room.bulk <= room.total
    assert interactive + bulk + room.total <= slots + ahead
    assert room.bulk == 0 or bulk + room.bulk <= slots - capacity.reserved + ahead
