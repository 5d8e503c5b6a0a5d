"""The messages of the sample clinic are known questions of it, and stand in its documents."""

from collections import Counter

from benchmarks.bursts import messages
from workers.answering.message_parts import message_parts

ALL = messages()


def test_there_are_thirty_bursts_thirty_double_messages_and_half_of_these_have_half_an_answer() -> (
    None
):
    assert Counter(each.known.kind for each in ALL) == {"burst": 30, "double": 15, "half": 15}


def test_what_has_no_answer_has_no_facts() -> None:
    for each in ALL:
        assert bool(each.known.facts) == bool(each.known.documents) == (each.known.kind != "half")


def test_double_messages_have_two_questions() -> None:
    doubles = [each for each in ALL if each.known.kind in {"double", "half"}]
    whole = [each.known.id for each in doubles if len(message_parts(each.text)) != 2]
    assert whole == []
