"""Faults that are ordered."""

from workers.simulation.whatsapp.faults import Fault, Faults, Way


def test_they_come_in_order_as_often_as_ordered_and_for_their_calls_alone() -> None:
    faults = Faults()
    faults.order(Fault(Way.REFUSE, 131000), times=2)
    faults.order(Fault(Way.CLOSE))
    faults.order(Fault(Way.SILENCE, on="typing"))
    taken = [fault and fault.way for fault in (faults.take("messages") for _ in range(4))]
    assert taken == [Way.REFUSE, Way.REFUSE, Way.CLOSE, None]
    assert faults.take("typing") is not None


def test_one_without_a_count_lasts_until_all_are_cleared() -> None:
    faults = Faults()
    faults.order(Fault(Way.REFUSE, 131000), times=None)
    assert all(faults.take("messages") for _ in range(100))
    faults.clear()
    assert faults.take("messages") is None
