from collections import Counter

import pytest

from benchmarks.stream import BULK, Kind, by_intent, day, repeated, zipf
from workers.contracts.question import Lane

DOCUMENTS = Kind("documents", 0.75, {"jejum": [f"jejum {n}" for n in range(30)], "preço": ["r$"]})
TALK = Kind("talk", 0.25, {"oi": ["oi", "olá"]})


def test_a_day_is_the_same_for_the_same_seed_only() -> None:
    assert day([DOCUMENTS, TALK], 200, 4) == day([DOCUMENTS, TALK], 200, 4)
    assert day([DOCUMENTS, TALK], 200, 4) != day([DOCUMENTS, TALK], 200, 5)


def test_kinds_and_lanes_come_in_their_shares() -> None:
    messages = day([DOCUMENTS, TALK], 4000, 4)
    kinds = Counter(message.kind for message in messages)
    bulk = sum(message.lane == Lane.BULK for message in messages)
    assert kinds["talk"] / 4000 == pytest.approx(0.25, abs=0.03)
    assert bulk / 4000 == pytest.approx(BULK, abs=0.03)


def test_an_intent_is_as_frequent_as_it_has_phrasings() -> None:
    messages = day([DOCUMENTS], 6000, 4)
    assert sum(message.text == "r$" for message in messages) / 6000 == pytest.approx(
        1 / 31, abs=0.01
    )


def test_the_first_phrasing_is_the_commonest_and_the_tenth_far_rarer() -> None:
    sent = Counter(message.text for message in day([DOCUMENTS], 6000, 4))
    assert sent.most_common(1)[0][0] == "jejum 0"
    assert sent["jejum 0"] / sent["jejum 9"] == pytest.approx(10**0.8, rel=0.25)


def test_weights_are_cumulative() -> None:
    assert zipf(2) == pytest.approx([1.0, 1.0 + 2**-0.8])


def test_repeats_grow_with_the_day() -> None:
    short, long = day([DOCUMENTS], 20, 4), day([DOCUMENTS], 2000, 4)
    assert repeated(short) < repeated(long)
    assert repeated(day([TALK], 4, 4)) >= 0.5  # only two texts exist


def test_a_phrasing_counts_once_and_an_empty_one_never() -> None:
    rows = [
        {"intent": "oi", "text": "oi"},
        {"intent": "oi", "text": "oi"},
        {"intent": "oi", "text": " "},
        {"intent": "preço", "text": "quanto custa"},
    ]
    assert by_intent(rows) == {"oi": ["oi"], "preço": ["quanto custa"]}
