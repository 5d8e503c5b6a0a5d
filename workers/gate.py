"""Whether the evidence is strong enough to ask the model at all. Pure."""

from collections.abc import Sequence
from enum import StrEnum

from ingestion.knowledge.passage import Passage


class Weakness(StrEnum):
    """Why the model is not asked; the words stand in an outcome's `reason`."""

    NO_DOCUMENTS = "no_documents"
    WEAK_EVIDENCE = "weak_evidence"


def judge(passages: Sequence[Passage], floor: float | None) -> Weakness | None:
    """The weakness of what was found, or None where the model should be asked.

    Args:
        passages: what the search found, best first.
        floor: lowest cosine of the nearest passage. It tells off-topic from on-topic, and only
            for the embedding model that it was calibrated for; None leaves it to the model's own
            word.
    """
    if not passages:
        return Weakness.NO_DOCUMENTS
    if floor is not None and max(passage.similarity for passage in passages) < floor:
        return Weakness.WEAK_EVIDENCE
    return None
