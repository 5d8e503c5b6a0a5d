from hypothesis import given
from hypothesis import strategies as st

from workers.drain.capacity import Capacity, Load, Room


def test_an_idle_worker_claims_its_slots_and_the_look_ahead() -> None:
    assert Capacity(slots=16, reserved=4, look_ahead=8).room(Load(0, 0)) == Room(total=24, bulk=20)


def test_bulk_leaves_room_for_interactive() -> None:
    assert Capacity(slots=16, reserved=4, look_ahead=8).room(Load(0, 20)) == Room(total=4, bulk=0)


def test_an_interactive_question_that_finds_a_reserved_slot_free_is_claimed_alone() -> None:
    assert Capacity(slots=16, reserved=4, look_ahead=8).room(Load(1, 20)) == Room(total=3, bulk=0)
    assert Capacity(slots=16, reserved=4, look_ahead=32).room(Load(3, 44)) == Room(total=1, bulk=0)


def test_a_busy_worker_asks_for_several_at_once_not_for_each() -> None:
    capacity = Capacity(slots=16, reserved=4, look_ahead=8)
    assert capacity.room(Load(21, 0)).total == 0
    assert capacity.room(Load(20, 0)).total == 4


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
    room = capacity.room(Load(interactive, bulk))
    assert 0 <= room.overdue <= room.bulk <= room.total
    assert interactive + bulk + room.total <= slots + ahead
    assert room.bulk == 0 or bulk + room.bulk <= slots - capacity.reserved + ahead


def test_bulk_that_yields_takes_no_room_of_interactive_questions() -> None:
    capacity = Capacity(slots=8, reserved=2, look_ahead=4, yields=True)
    assert capacity.room(Load(interactive=0, bulk=10)) == Room(total=12, bulk=0)
    assert capacity.room(Load(interactive=8, bulk=10)) == Room(total=4, bulk=0)
    assert capacity.room(Load(interactive=12, bulk=10)).total == 0
    assert capacity.room(Load()) == Room(total=12, bulk=10)


def test_bulk_may_be_taken_before_interactive_up_to_its_floor() -> None:
    capacity = Capacity(slots=16, reserved=4, look_ahead=8, floor=2)
    assert capacity.room(Load(interactive=16, bulk=1)) == Room(total=7, bulk=7, overdue=1)
    assert capacity.room(Load(interactive=16, bulk=2)).overdue == 0


def test_questions_that_follow_an_answer_take_no_room_until_there_are_too_many() -> None:
    capacity = Capacity(slots=4, reserved=1, look_ahead=2)
    assert capacity.room(Load(followers=23)) == capacity.room(Load())
    assert capacity.room(Load(followers=24)) == Room(total=0, bulk=0)


def test_bulk_questions_that_follow_keep_neither_live_users_out_nor_what_others_left() -> None:
    capacity = Capacity(slots=4, reserved=1, look_ahead=2)
    assert capacity.room(Load(bulk_followers=23)) == capacity.room(Load())
    assert capacity.room(Load(bulk_followers=24)) == Room(total=6, bulk=0)
    assert capacity.takeover_room(Load(followers=24, bulk_followers=24)) == capacity.room(Load())
