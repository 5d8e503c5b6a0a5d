"""A version that equal documents share."""

from datetime import UTC, datetime

from ingestion.knowledge.document import IndexedDocument, Ruling
from ingestion.knowledge.stores.versions import version_after, version_of, version_with
from ingestion.validity import Validity

RECORD = IndexedDocument(
    name="a.md",
    digest="00",
    recipe="1",
    origin="/docs",
    title="A",
    pages=None,
    chunks=1,
    indexed_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def test_a_version_follows_content_alone() -> None:
    later = RECORD.model_copy(update={"indexed_at": datetime.now(UTC), "origin": "/x"})
    changed = RECORD.model_copy(update={"digest": "01"})
    second = RECORD.model_copy(update={"name": "b.md"})
    assert version_of([RECORD]) == version_of([later])
    assert version_of([RECORD, second]) == version_of([second, RECORD])
    assert len({version_of(each) for each in ([], [RECORD], [changed], [RECORD, second])}) == 4
    assert len(version_of([])) == 12


def test_a_version_moves_with_what_comes_and_goes_whatever_else_is_there() -> None:
    second = RECORD.model_copy(update={"name": "b.md"})
    changed = RECORD.model_copy(update={"digest": "01"})
    gone = RECORD.model_copy(update={"digest": ""})
    version = version_of([RECORD, second])
    assert version_after(version_of([RECORD]), [], [second]) == version
    assert version_after(version, [RECORD], [changed]) == version_of([changed, second])
    assert version_after(version, [RECORD, second], [gone]) == version_of([])


def test_a_version_moves_with_what_the_clinic_says_and_with_what_is_out_of_force() -> None:
    retired = RECORD.model_copy(update={"ruling": Ruling.RETIRED})
    dated = RECORD.model_copy(update={"given": Validity(replaces="b.md")})
    version = version_of([RECORD])
    assert len({version, version_of([retired]), version_of([dated])}) == 3
    assert version_with(version, "") == version
    assert len({version, version_with(version, "a.md"), version_with(version, "b.md")}) == 3
    assert len(version_with(version, "a.md")) == 12
