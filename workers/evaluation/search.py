"""Searches a knowledge base with the questions of an evaluation."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, TypeAdapter

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.calibration import Calibration
from ingestion.knowledge.search.evidence import Evidence, Findings
from workers.answering.gate import judge
from workers.contracts.record import Record
from workers.evaluation.metrics import DEPTH, gains, same_document
from workers.evaluation.questions import Asked

#: Hits whose text the report shows, and its characters: results wait in Redis to be fetched.
_READ, _SHOWN = 5, 300

ASKED = TypeAdapter(list[Asked])


class Hit(Record):
    """One passage that was found.

    Attributes:
        target: which of the question's targets it is the first to bring; None: none.
    """

    document: str
    heading: str
    page: int | None
    text: str
    score: float
    similarity: float
    target: int | None


class Searched(Record):
    """What one question found.

    Attributes:
        hits: best first.
        evidence: of the gate; None where nothing was found.
        passes: whether the gate lets it through to the model.
        without: evidence when the expected documents are left out; None: there are none to leave.
        seconds: of this search alone, embedding included.
    """

    hits: tuple[Hit, ...]
    evidence: Evidence | None
    passes: bool
    without: Evidence | None
    seconds: float


class Search(Record):
    """What the questions of one evaluation found.

    Attributes:
        version: of the knowledge base.
        embedding: the model.
        documents: number of documents.
        calibration: in use; None where there is none.
        absent: expected documents that the knowledge base does not hold.
        results: one for each question, in order.
    """

    version: str
    embedding: str
    documents: int
    calibration: Calibration | None
    absent: tuple[str, ...]
    results: tuple[Searched, ...]


class Step(BaseModel):
    """How far it is."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Clinic:
    """The knowledge base that is measured, as one clinic's patients meet it.

    Attributes:
        note: told after each question how far it is; may end the work by an exception.
    """

    tenant: str
    knowledge: Knowledge
    note: Callable[[Step], None] = lambda _: None

    def find(self, question: str, left_out: frozenset[str] = frozenset()) -> Findings:
        """What a question finds, with these documents left out."""
        pair = (self.tenant, question)
        return self.knowledge.find([pair], DEPTH, [left_out] if left_out else None)[0]

    def documents(self) -> list[str]:
        """The names of all its documents."""
        return [document.name for document in self.knowledge.store.documents(self.tenant)]


def search(clinic: Clinic, asked: Sequence[Asked], floor: float | None = None) -> Search:
    """Search with each question alone, as a patient's comes, and again without its documents.

    Args:
        clinic: what is searched.
        asked: the questions.
        floor: as `judge` takes it.
    """
    names = clinic.documents()
    calibration = clinic.knowledge.calibrations.of(clinic.tenant)
    clinic.knowledge.warm()
    results = []
    for done, each in enumerate(asked, 1):
        results.append(_searched(each, clinic, names, (calibration, floor)))
        clinic.note(Step(done=done, total=len(asked)))
    wanted = dict.fromkeys(name for each in asked for name in each.documents)
    return Search(
        version=clinic.knowledge.store.version(clinic.tenant),
        embedding=clinic.knowledge.embedder.name,
        documents=len(names),
        calibration=calibration,
        absent=tuple(w for w in wanted if not any(same_document(w, name) for name in names)),
        results=tuple(results),
    )


def with_and_without(
    asked: Asked, clinic: Clinic, names: Sequence[str]
) -> tuple[Evidence | None, Evidence | None]:
    """A question's evidence as it is, and with its documents left out."""
    found = clinic.find(asked.question)
    return found.evidence, _without(asked, found, clinic, names)


def _searched(
    asked: Asked,
    clinic: Clinic,
    names: Sequence[str],
    gate: tuple[Calibration | None, float | None],
) -> Searched:
    begun = time.perf_counter()
    found = clinic.find(asked.question)
    seconds = time.perf_counter() - begun
    return Searched(
        hits=tuple(
            _hit(rank, passage, target)
            for rank, (passage, target) in enumerate(
                zip(found.passages, gains(asked, found.passages), strict=True)
            )
        ),
        evidence=found.evidence,
        passes=judge(found, *gate) is None,
        without=_without(asked, found, clinic, names),
        seconds=seconds,
    )


def _without(
    asked: Asked, found: Findings, clinic: Clinic, names: Sequence[str]
) -> Evidence | None:
    """The evidence that is left when what answers the question is not there."""
    out = {name for name in names for each in asked.documents if same_document(each, name)}
    brought = zip(found.passages, gains(asked, found.passages), strict=True)
    out |= {passage.document for passage, target in brought if target is not None}
    if not out:
        return None
    return clinic.find(asked.question, frozenset(out)).evidence


def _hit(rank: int, passage: Passage, target: int | None) -> Hit:
    return Hit(
        document=passage.document,
        heading=" / ".join(passage.heading),
        page=passage.page,
        text=passage.text[:_SHOWN] if rank < _READ else "",
        score=passage.score,
        similarity=passage.similarity,
        target=target,
    )
