from itertools import count

from workers.channels.backfill.report.tally import MOST_EMERGENCIES, Tally, Version
from workers.contracts.backfill import BackfillRow, RowResult, RowStatus
from workers.contracts.question import Citation

_numbers = count()


def ended(
    status: RowStatus, reason: str | None = None, *, version: str | None = "v1", at: float = 10.0
) -> tuple[BackfillRow, RowResult]:
    number = next(_numbers)
    row = BackfillRow(key=f"k{number}", question=f"Pergunta {number}?")
    citation = Citation(document="a.md", title="Preparo", quote="…")
    result = RowResult(
        row=number,
        status=status,
        reason=reason,
        text="Sim.",
        citations=(citation,) if status is RowStatus.ANSWERED and reason is None else (),
        knowledge_version=version,
        model="m",
        ended_at=at,
    )
    return row, result


ANSWERED, PERSON, FAILED = RowStatus.ANSWERED, RowStatus.NEEDS_HUMAN, RowStatus.FAILED


def test_rows_are_counted_by_how_and_why_they_ended() -> None:
    tally = Tally().add_all(
        [
            ended(ANSWERED),
            ended(ANSWERED, "greeting", version=None),
            ended(PERSON, "weak_evidence"),
            ended(PERSON, "person_asked", version=None),
            ended(FAILED, "empty", version=None),
        ]
    )
    assert (tally.rows, tally.fixed, tally.answered.offered) == (5, 1, 1)
    assert tally.reasons == {"weak_evidence": 1, "person_asked": 1, "empty": 1}
    assert tally.by_document == [("Preparo", 1)]
    assert tally.unsearched == 3


def test_rows_that_cannot_be_asked_are_not_to_be_asked_again() -> None:
    reasons = ("empty", "too_long", "unreadable", "expired")
    tally = Tally().add_all([ended(FAILED, reason, version=None) for reason in reasons])
    assert tally.failed_by_chance == 1


def test_only_questions_that_a_document_could_answer_are_grouped() -> None:
    reasons = ("weak_evidence", "unsure", "person_asked", "personal_health", "emergency")
    tally = Tally().add_all([ended(PERSON, reason) for reason in reasons])
    assert [each.result.reason for each in tally.unanswered.kept] == ["weak_evidence", "unsure"]


def test_emergencies_are_kept_up_to_a_bound_and_all_counted() -> None:
    tally = Tally().add_all(ended(PERSON, "emergency") for _ in range(MOST_EMERGENCIES + 5))
    assert len(tally.emergencies) == MOST_EMERGENCIES
    assert tally.reasons["emergency"] == MOST_EMERGENCIES + 5


def test_rows_of_each_version_are_told_apart_with_when_they_ended() -> None:
    tally = Tally().add_all(
        [
            ended(ANSWERED, at=5.0),
            ended(PERSON, "unsure", at=3.0),
            ended(ANSWERED, version="v2", at=9.0),
            ended(PERSON, "emergency", version=None),
        ]
    )
    first, second = tally.versions[Version("v1", "m", "")], tally.versions[Version("v2", "m", "")]
    assert (first.rows, first.first, first.last) == (2, 3.0, 5.0)
    assert second.rows == 1
    assert len(tally.versions) == 2
