"""The pair rate and a number's throughput."""

from workers.simulation.whatsapp.limits import Limits


def test_a_pair_borrows_45_messages_and_earns_one_every_six_seconds() -> None:
    limits = Limits(80)
    assert [limits.pair("BR.1", 0.0) for _ in range(46)] == [True] * 45 + [False]
    assert limits.pair("BR.2", 0.0)
    assert not limits.pair("BR.1", 5.9)
    assert limits.pair("BR.1", 12.0)
    assert limits.pair("BR.1", 12.0)
    assert not limits.pair("BR.1", 12.0)


def test_a_number_takes_its_messages_a_second_and_changes_with_coexistence() -> None:
    limits = Limits(80)
    assert sum(limits.number(0.0) for _ in range(100)) == 80
    assert sum(limits.number(0.5) for _ in range(100)) == 40
    limits.per_second = 20
    assert sum(limits.number(10.0) for _ in range(100)) == 20
