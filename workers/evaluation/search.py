"""Searches a knowledge base with the questions of an evaluation."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, TypeAdapter

from ingestion.knowledge.base import Knowledge
from ingestion.knowledge.passage import Passage
from ingestion.knowledge.search.calibration import Calibration
from ingestion.knowledge.search.evidence import Evidence, Findings
from ingestion.knowledge.search.inquiry import Inquiry
from workers.answering.gate import weakness_of
from workers.answering.wording.words import Number, wording_of
from workers.contracts.record import Record
from workers.evaluation.metrics import DEPTH, gains, same_document
from workers.evaluation.questions import KnownQuestion

#: Hits whose text the report shows, and its characters: results wait in Redis to be fetched.
_HITS_WITH_TEXT, _TEXT_CHARACTERS = 5, 300

QUESTIONS = TypeAdapter(list[KnownQuestion])


class Hit(Record):
    """One passage that a search found.

    Attributes:
        targets: places of the question's targets that it is the first to bring.
    """

    document: str
    heading: str
    page: int | None
    text: str
    score: float
    similarity: float
    targets: tuple[int, ...]


class SearchResult(Record):
    """What was found for one question.

    Attributes:
        hits: best first.
        evidence: what the gate judges by; None where nothing was found.
        passes: whether the gate lets the question through to the model.
        without: evidence when the expected documents are left out; None: there are none to leave
            out.
        seconds: of this search alone, embedding included.
        numbers: those that stand in what was found of the expected documents, as `Number` writes
            value and unit: an answer may say them.
    """

    hits: tuple[Hit, ...]
    evidence: Evidence | None
    passes: bool
    without: Evidence | None
    seconds: float
    numbers: tuple[Number, ...] = ()


class Search(Record):
    """What was found for the questions of one evaluation.

    Attributes:
        version: the clinic's knowledge version.
        embedding: the embedding model.
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
    results: tuple[SearchResult, ...]


class Step(BaseModel):
    """How many questions are done."""

    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Clinic:
    """The knowledge base that is measured, as one clinic's patients meet it.

    Attributes:
        note: called with the progress after each question; it raises where the work must stop.
    """

    tenant: str
    knowledge: Knowledge
    note: Callable[[Step], None] = lambda _: None

    def find(self, question: str, left_out: frozenset[str] = frozenset()) -> Findings:
        """What is found for a question, with these documents left out."""
        inquiry = Inquiry(self.tenant, question)
        return self.knowledge.find([inquiry], DEPTH, [left_out] if left_out else None)[0]

    def documents(self) -> list[str]:
        """The names of all its documents."""
        return [document.name for document in self.knowledge.store.documents(self.tenant)]


def search(
    clinic: Clinic, questions: Sequence[KnownQuestion], floor: float | None = None
) -> Search:
    """Search with each question alone, as a patient's comes, and again without its documents.

    Args:
        clinic: what is searched.
        questions: what is asked.
        floor: as `weakness_of` takes it.
    """
    names = clinic.documents()
    calibration = clinic.knowledge.calibrations.of(clinic.tenant)
    clinic.knowledge.warm()
    results = []
    for done, known in enumerate(questions, 1):
        results.append(_result(known, clinic, names, (calibration, floor)))
        clinic.note(Step(done=done, total=len(questions)))
    expected = dict.fromkeys(name for known in questions for name in known.documents)
    return Search(
        version=clinic.knowledge.store.version(clinic.tenant),
        embedding=clinic.knowledge.embedder.name,
        documents=len(names),
        calibration=calibration,
        absent=tuple(
            document
            for document in expected
            if not any(same_document(document, name) for name in names)
        ),
        results=tuple(results),
    )


def with_and_without(
    known: KnownQuestion, clinic: Clinic, names: Sequence[str]
) -> tuple[Findings, Evidence | None]:
    """What is found for a question as it is, and the evidence with its documents left out."""
    findings = clinic.find(known.question)
    return findings, _without(known, findings, clinic, names)


def _result(
    known: KnownQuestion,
    clinic: Clinic,
    names: Sequence[str],
    gate: tuple[Calibration | None, float | None],
) -> SearchResult:
    started_at = time.perf_counter()
    findings = clinic.find(known.question)
    seconds = time.perf_counter() - started_at
    gained = gains(known, findings.passages)
    return SearchResult(
        hits=tuple(
            _hit(rank, *pair)
            for rank, pair in enumerate(zip(findings.passages, gained, strict=True))
        ),
        evidence=findings.evidence,
        passes=weakness_of(findings, *gate) is None,
        without=_without(known, findings, clinic, names),
        seconds=seconds,
        numbers=numbers_of(known, findings.passages),
    )


def numbers_of(known: KnownQuestion, passages: Sequence[Passage]) -> tuple[Number, ...]:
    """All numbers of the passages that bring a target or are of an expected document."""
    texts = (
        " \n".join((passage.title, *passage.heading, passage.text))
        for passage, targets in zip(passages, gains(known, passages), strict=True)
        if targets or any(same_document(each, passage.document) for each in known.documents)
    )
    return tuple(sorted({number for text in texts for number in wording_of(text).numbers}))


def _without(
    known: KnownQuestion, findings: Findings, clinic: Clinic, names: Sequence[str]
) -> Evidence | None:
    """The evidence that remains when what answers the question is left out."""
    left_out = {name for name in names for each in known.documents if same_document(each, name)}
    pairs = zip(findings.passages, gains(known, findings.passages), strict=True)
    left_out |= {passage.document for passage, targets in pairs if targets}
    if not left_out:
        return None
    return clinic.find(known.question, frozenset(left_out)).evidence


def _hit(rank: int, passage: Passage, targets: tuple[int, ...]) -> Hit:
    return Hit(
        document=passage.document,
        heading=" / ".join(passage.heading),
        page=passage.page,
        text=passage.text[:_TEXT_CHARACTERS] if rank < _HITS_WITH_TEXT else "",
        score=passage.score,
        similarity=passage.similarity,
        targets=targets,
    )
