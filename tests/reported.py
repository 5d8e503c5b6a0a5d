"""A backfill whose rows have ended as a test says: what its report is made of."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tests.filling import CLINIC, Filling
from workers.contracts.backfill import BackfillRow, RowResult
from workers.contracts.question import Citation, Outcome, Status

#: When patients asked: 12 September 2026, 9:30 in São Paulo.
ASKED_AT = 1_789_216_200.0


@dataclass(frozen=True)
class EndedRow:
    """One row, and how it ends; `outcome` None: it is left."""

    row: BackfillRow
    outcome: Outcome | None

    def later(self, answer: str) -> "EndedRow":
        """The same, which the clinic answered then."""
        return replace(self, row=self.row.model_copy(update={"later_answer": answer}))


def row(question: str) -> BackfillRow:
    return BackfillRow(key=question, place="linha 7", question=question, asked_at=ASKED_AT)


def person(question: str, reason: str = "weak_evidence") -> EndedRow:
    """A question that goes to a person."""
    outcome = Outcome(
        status=Status.NEEDS_HUMAN, text="…", reason=reason, knowledge_version="v1", model="m"
    )
    return EndedRow(row(question), outcome)


def answered(question: str, text: str, title: str = "Colonoscopia") -> EndedRow:
    """One that a document answers."""
    citation = Citation(document="colonoscopia.md", title=title, heading="Preparo", quote=text)
    return EndedRow(
        row(question),
        Outcome(
            status=Status.ANSWERED,
            text=text,
            citations=(citation,),
            knowledge_version="v1",
            model="m",
        ),
    )


def left(question: str) -> EndedRow:
    """One that has no result yet."""
    return EndedRow(row(question), None)


def fill(filling: Filling, ends: Sequence[EndedRow]) -> None:
    """Add the rows, ask them, and collect what came of them."""
    if not filling.id:
        filling.make()
    for start in range(0, len(ends), 1000):
        filling.store.add_rows(CLINIC, filling.id, [end.row for end in ends[start : start + 1000]])
    filling.store.seal(CLINIC, filling.id)
    outcomes = {end.row.key: end.outcome for end in ends}
    while filling.feed(200):
        asked = filling.store.open_questions(filling.id)
        known = filling.store.rows_of(filling.id, asked.values())
        results = [
            RowResult.of(question_id, outcome, ASKED_AT + number)
            for question_id, number in asked.items()
            if (outcome := outcomes[known[number].key])
        ]
        filling.store.collect(filling.now(), results)
