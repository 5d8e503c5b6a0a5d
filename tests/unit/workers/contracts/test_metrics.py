"""Families of samples in Redis: bounded, and readable across versions of the code."""

import json

import pytest

from workers.contracts.metrics import MOST_BYTES, Family, pack, unpack


def family(name: str = "atende_drain_claims", **fields: object) -> dict[str, object]:
    return {"name": name, "kind": "counter", "samples": [["_total", {}, 3]], **fields}


def test_families_come_back_as_they_went() -> None:
    families = [
        Family(name="atende_drain_x", help="é", kind="gauge", samples=[("", {"lane": "a"}, 1)])
    ]
    assert unpack(pack(families)) == families


def test_a_field_of_a_later_version_is_ignored() -> None:
    (unpacked,) = unpack(json.dumps([family(unit="seconds")]))
    assert unpacked.total("_total") == 3


@pytest.mark.parametrize(
    "bad",
    [
        family(kind="summary"),
        family(name="atende_accepted"),  # the queue's own
        family(name='atende_drain_x{a="b"} 1\n'),
        family(samples=[["_total", {"not a label": "x"}, 1]]),
        family(samples=[["_total", {}, None]]),
        "nonsense",
        None,
    ],
)
def test_a_family_that_cannot_be_read_leaves_the_others(bad: object) -> None:
    assert [good.name for good in unpack(json.dumps([bad, family()]))] == ["atende_drain_claims"]


@pytest.mark.parametrize("raw", ["", "{", "{}", "7", "[" * 100_000, f'["{"x" * MOST_BYTES}"]'])
def test_what_is_no_report_has_no_families(raw: str) -> None:
    assert unpack(raw) == []


def test_a_report_beyond_the_bound_keeps_its_first_families() -> None:
    many = [
        Family(name=f"atende_drain_{n}", help="x" * 1000, kind="gauge", samples=[])
        for n in range(200)
    ]
    raw = pack(many)
    assert len(raw.encode()) <= MOST_BYTES
    assert unpack(raw) == many[: len(unpack(raw))]
    assert len(unpack(raw)) > 100


def test_samples_of_another_kind_are_left_out() -> None:
    (unpacked,) = unpack(json.dumps([family(samples=[["_total", {}, 1], ["_created", {}, 9]])]))
    assert unpacked.valid_samples() == [("_total", {}, 1.0)]
