"""The bound of callbacks that one host gets at the same time."""

from datetime import timedelta

from workers.delivery.hosts import Busy, Hosts


def test_a_host_gets_no_more_than_its_places_and_others_are_not_held_up() -> None:
    hosts = Hosts(most=2)
    assert hosts.enter("slow.example") is None
    assert hosts.enter("slow.example") is None
    assert isinstance(hosts.enter("slow.example"), Busy)
    assert hosts.enter("other.example") is None


def test_a_place_given_back_can_be_taken() -> None:
    hosts = Hosts(most=1)
    hosts.enter("a.example")
    hosts.leave("a.example", 0.1)
    assert hosts.enter("a.example") is None


def test_the_wait_grows_with_the_queue_and_the_host_s_slowness_within_bounds() -> None:
    hosts = Hosts(most=2)
    for _ in range(3):
        hosts.enter("slow.example")
    hosts.leave("slow.example", 15.0)
    assert hosts.enter("slow.example") is None
    waits = [hosts.enter("slow.example") for _ in range(20)]
    delays = [wait.retry_in for wait in waits if wait is not None]
    assert len(delays) == 20
    assert delays == sorted(delays)
    assert delays[0] == timedelta(seconds=7.5)
    assert delays[-1] == timedelta(seconds=60)


def test_a_fast_host_is_asked_again_soon() -> None:
    hosts = Hosts(most=1)
    hosts.enter("fast.example")
    assert hosts.enter("fast.example") == Busy(timedelta(seconds=0.5))


def test_an_idle_host_is_forgotten() -> None:
    hosts = Hosts(most=1)
    hosts.enter("a.example")
    hosts.enter("a.example")
    hosts.leave("a.example", 15.0)
    hosts.enter("a.example")
    assert hosts.enter("a.example") == Busy(timedelta(seconds=0.5))
