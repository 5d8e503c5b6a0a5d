"""The searches that a calibration learns from: with their answer, and without."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.knowledge.search.evidence import Evidence
from workers.evaluation.fit import Example
from workers.evaluation.metrics import same_document
from workers.evaluation.questions import KnownQuestion
from workers.evaluation.search import Clinic, Step, with_and_without


@dataclass(frozen=True, slots=True)
class Samples:
    """The evidence of searches; the first two lists belong together, place by place.

    Attributes:
        answerable: of questions with an answer.
        removed: of the same questions with their documents left out; None where nothing is found.
        asked: of the file's questions without an answer.
        skipped: questions whose documents the knowledge base does not hold.
    """

    answerable: list[Evidence]
    removed: list[Evidence | None]
    asked: list[Evidence]
    skipped: int

    @property
    def removed_found(self) -> list[Evidence]:
        """`removed`, where anything was found."""
        return [evidence for evidence in self.removed if evidence is not None]

    def examples(self) -> list[Example]:
        """Answerable ones, the file's without an answer, then those with the documents left out.

        Both sides weigh alike, and so does each kind without an answer that there is.
        """
        removed = [(group, each) for group, each in enumerate(self.removed) if each is not None]
        weight = len(self.answerable) / max(1, bool(self.asked) + bool(removed))
        return [
            *(
                Example(evidence, answerable=True, share=1.0, group=group)
                for group, evidence in enumerate(self.answerable)
            ),
            *_without_answer(list(enumerate(self.asked)), weight),
            *_without_answer(removed, weight),
        ]


def _without_answer(pairs: Sequence[tuple[int, Evidence]], weight: float) -> list[Example]:
    share = weight / max(1, len(pairs))
    return [Example(each, answerable=False, share=share, group=group) for group, each in pairs]


def take_samples(questions: Sequence[KnownQuestion], clinic: Clinic) -> Samples:
    """Search with each question, and with its documents left out."""
    names = clinic.documents()
    answerable: list[Evidence] = []
    removed: list[Evidence | None] = []
    asked: list[Evidence] = []
    skipped = 0
    for done, known in enumerate(questions, 1):
        evidence, without = with_and_without(known, clinic, names)
        clinic.note(Step(done=done, total=len(questions)))
        if evidence is None:
            skipped += known.answerable
        elif not known.answerable:
            asked.append(evidence)
        elif known.documents and not _is_held(known, names):
            skipped += 1
        else:
            answerable.append(evidence)
            removed.append(without)
    return Samples(answerable, removed, asked, skipped)


def _is_held(known: KnownQuestion, names: Sequence[str]) -> bool:
    """Whether the knowledge base holds one of the documents that answer it."""
    return any(same_document(document, name) for document in known.documents for name in names)
