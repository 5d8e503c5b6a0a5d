"""The searches that a calibration learns from: with their answer, and without."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.evidence import Evidence
from ingestion.knowledge.search.inquiry import Inquiry
from workers.evaluation.fit import Example
from workers.evaluation.metrics import DEPTH, same_document, words
from workers.evaluation.open_sets import off_topic
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
        copied: questions that the documents themselves ask, word for word.
        off_topic: of messages that no clinic's documents answer (`open_sets.off_topic`).
    """

    answerable: list[Evidence]
    removed: list[Evidence | None]
    asked: list[Evidence]
    skipped: int
    off_topic: list[Evidence] = field(default_factory=list)
    copied: int = 0

    @property
    def kinds(self) -> dict[str, list[Evidence]]:
        """The searches without an answer by kind, in the order of `examples`."""
        return {"asked": self.asked, "removed": self.removed_found, "off_topic": self.off_topic}

    @property
    def removed_found(self) -> list[Evidence]:
        """`removed`, where anything was found."""
        return [evidence for evidence in self.removed if evidence is not None]

    def examples(self) -> list[Example]:
        """Answerable ones, then those without an answer, kind by kind.

        Both sides weigh alike, and so does each kind without an answer that there is.
        """
        removed = [(group, each) for group, each in enumerate(self.removed) if each is not None]
        messages = max(1, len(off_topic()))  # each clinic was asked the same ones
        chat = [(place % messages, each) for place, each in enumerate(self.off_topic)]
        others = [list(enumerate(self.asked)), removed, chat]
        weight = len(self.answerable) / max(1, sum(map(bool, others)))
        return [
            *(
                Example(evidence, answerable=True, share=1.0, group=group)
                for group, evidence in enumerate(self.answerable)
            ),
            *(example for kind in others for example in _without_answer(kind, weight)),
        ]

    def joined(self, other: "Samples") -> "Samples":
        """These and another clinic's."""
        return Samples(
            answerable=self.answerable + other.answerable,
            removed=self.removed + other.removed,
            asked=self.asked + other.asked,
            skipped=self.skipped + other.skipped,
            off_topic=self.off_topic + other.off_topic,
            copied=self.copied + other.copied,
        )


def _without_answer(pairs: Sequence[tuple[int, Evidence]], weight: float) -> list[Example]:
    share = weight / max(1, len(pairs))
    return [Example(each, answerable=False, share=share, group=group) for group, each in pairs]


def take_samples(questions: Sequence[KnownQuestion], clinic: Clinic) -> Samples:
    """Search with each question, with its documents left out, and with messages off the topic.

    A question that a document asks itself finds itself, as no patient's does: a threshold that
    kept 97 % of such pairs let 29 to 75 % of what patients ask through. It teaches nothing.
    """
    names = clinic.documents()
    answerable: list[Evidence] = []
    removed: list[Evidence | None] = []
    asked: list[Evidence] = []
    skipped = copied = 0
    for done, known in enumerate(questions, 1):
        findings, without = with_and_without(known, clinic, names)
        clinic.note(Step(done=done, total=len(questions)))
        evidence = findings.evidence
        if any(is_copy(known.question, passage) for passage in findings.passages):
            copied += 1
        elif evidence is None:
            skipped += known.answerable
        elif not known.answerable:
            asked.append(evidence)
        elif known.documents and not _is_held(known, names):
            skipped += 1
        else:
            answerable.append(evidence)
            removed.append(without)
    messages = [Inquiry(clinic.tenant, text) for text in off_topic()]
    others = [each.evidence for each in clinic.knowledge.find(messages, DEPTH) if each.evidence]
    return Samples(answerable, removed, asked, skipped, others, copied)


def is_copy(question: str, passage: Passage) -> bool:
    """Whether a question is that of a pair of question and answer in a document, word for word."""
    own = words(passage.text.partition("\n")[0]) if passage.is_pair else []
    return bool(own) and words(question) == own


def _is_held(known: KnownQuestion, names: Sequence[str]) -> bool:
    """Whether the knowledge base holds one of the documents that answer it."""
    return any(same_document(document, name) for document in known.documents for name in names)
