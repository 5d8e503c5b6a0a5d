"""A drain's switch: off until it has read the pauses, off while its node or all are paused."""

import pytest

from workers.contracts.pauses import ALL, parse
from workers.monitor.switch import Switch


def test_it_is_off_until_it_has_read_the_pauses() -> None:
    switch = Switch("drain@a")
    assert (switch.paused, switch.since) == (True, None)
    switch.turn({})
    assert not switch.paused


@pytest.mark.parametrize(
    ("pauses", "since"),
    [
        ({}, None),
        ({"drain@b": 5.0}, None),
        ({"drain@a": 7.0}, 7.0),
        ({ALL: 5.0}, 5.0),
        ({ALL: 9.0, "drain@a": 7.0}, 7.0),
    ],
)
def test_it_follows_the_pauses_of_its_node_and_of_all(
    pauses: dict[str, float], since: float | None
) -> None:
    switch = Switch("drain@a")
    switch.turn(pauses)
    assert (switch.paused, switch.since) == (since is not None, since)


def test_watchers_hear_of_a_turn_once() -> None:
    turns = []
    switch = Switch("drain@a")
    switch.turn({})
    switch.watch(lambda: turns.append(switch.paused))
    for pauses in ({}, {ALL: 1.0}, {ALL: 1.0, "drain@a": 2.0}, {"drain@a": 2.0}, {}, {}):
        switch.turn(pauses)
    assert turns == [True, False]


def test_a_pause_whose_time_cannot_be_read_is_one_all_the_same() -> None:
    assert parse({ALL: "since ever"}) == {ALL: 0.0}
