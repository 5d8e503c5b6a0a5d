"""Grouping on vectors whose topics are known: axes of a space, with a little noise."""

import numpy as np
import pytest

from ingestion.knowledge.embedding import Vectors
from workers.channels.backfill.report.clusters import SMALLEST, clusters, searched

DIMENSIONS = 32
#: What the embeddings of all questions have in common, as those of short texts do.
COMMON = 4.0


def questions(*topics: int) -> Vectors:
    """Vectors of questions, each about the topic of this number."""
    random = np.random.default_rng(len(topics))
    vectors = 0.05 * random.standard_normal((len(topics), DIMENSIONS))
    vectors[np.arange(len(topics)), topics] += 1.0
    vectors[:, -1] += COMMON
    return np.asarray(vectors, np.float32)


EVERYDAY = questions(*range(10, 30))


def test_questions_about_one_thing_are_together_the_largest_group_first() -> None:
    vectors = questions(0, 1, 0, 1, 1, 2, 1, 0)
    groups = clusters(vectors, EVERYDAY, [1] * len(vectors))
    assert [(set(group.members), group.size) for group in groups] == [
        ({1, 3, 4, 6}, 4),
        ({0, 2, 7}, 3),
    ]


def test_a_text_that_several_patients_sent_counts_for_each() -> None:
    (group,) = clusters(questions(0, 1), EVERYDAY, [1, SMALLEST])
    assert (group.members, group.size) == ((1,), SMALLEST)


def test_a_few_questions_about_one_thing_alone_are_a_group() -> None:
    (group,) = clusters(questions(0, 0, 0), EVERYDAY, [1, 1, 1])
    assert group.size == 3


def test_the_most_central_question_stands_first() -> None:
    vectors = questions(0, 0, 0, 0)
    vectors[2] = vectors[[0, 1, 3]].mean(axis=0)
    (group,) = clusters(vectors, EVERYDAY, [1] * 4)
    assert group.members[0] == 2


@pytest.mark.parametrize("topics", [(), (0,), (0, 1, 2, 3)])
def test_what_is_near_to_nothing_is_in_no_group(topics: tuple[int, ...]) -> None:
    assert clusters(questions(*topics), EVERYDAY, [1] * len(topics)) == []


def test_a_message_is_grouped_by_its_question_alone() -> None:
    assert searched("oi bom dia! qto custa o botox? obg") == "quanto custa o botox?"
