"""Searches a knowledge base with the questions of an evaluation: the part that a job does."""

import time
from collections.abc import Sequence

from pydantic import BaseModel, TypeAdapter

from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.calibration import Calibration
from ingestion.knowledge.search.evidence import Evidence, Findings
from workers.contracts.question import Record
from workers.evaluation.metrics import DEPTH, gains, same_document
from workers.evaluation.questions import Asked
from workers.gate import judge
from workers.job_work import Work

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


def evaluate(work: Work) -> Search:
    """Search with each question alone, as a patient's comes, and again without its documents."""
    asked = ASKED.validate_python(work.args["questions"])
    tenant, knowledge = work.tenant, work.knowledge
    names = [each.name for each in knowledge.store.documents(tenant)]
    calibration = knowledge.calibrations.of(tenant)
    knowledge.warm()
    results = []
    for done, each in enumerate(asked, 1):
        results.append(_searched(each, work, calibration, names))
        work.note(Step(done=done, total=len(asked)))
    wanted = dict.fromkeys(name for each in asked for name in each.documents)
    return Search(
        version=knowledge.store.version(tenant),
        embedding=knowledge.embedder.name,
        documents=len(names),
        calibration=calibration,
        absent=tuple(w for w in wanted if not any(same_document(w, name) for name in names)),
        results=tuple(results),
    )


def with_and_without(
    asked: Asked, work: Work, names: Sequence[str]
) -> tuple[Evidence | None, Evidence | None]:
    """A question's evidence as it is, and with its documents left out."""
    (found,) = work.knowledge.find([(work.tenant, asked.question)], DEPTH)
    return found.evidence, _without(asked, found, work, names)


def _searched(
    asked: Asked, work: Work, calibration: Calibration | None, names: Sequence[str]
) -> Searched:
    begun = time.perf_counter()
    (found,) = work.knowledge.find([(work.tenant, asked.question)], DEPTH)
    seconds = time.perf_counter() - begun
    floor = work.args.get("gate_similarity")
    return Searched(
        hits=tuple(
            _hit(rank, passage, target)
            for rank, (passage, target) in enumerate(
                zip(found.passages, gains(asked, found.passages), strict=True)
            )
        ),
        evidence=found.evidence,
        passes=judge(found, calibration, floor) is None,
        without=_without(asked, found, work, names),
        seconds=seconds,
    )


def _without(asked: Asked, found: Findings, work: Work, names: Sequence[str]) -> Evidence | None:
    """The evidence that is left when what answers the question is not there."""
    out = {name for name in names for each in asked.documents if same_document(each, name)}
    brought = zip(found.passages, gains(asked, found.passages), strict=True)
    out |= {passage.document for passage, target in brought if target is not None}
    if not out:
        return None
    (rest,) = work.knowledge.find([(work.tenant, asked.question)], DEPTH, [frozenset(out)])
    return rest.evidence


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
