from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.files import InputFile
from ingestion.knowledge.document import IndexedDocument
from ingestion.plan import Baseline, decide
from ingestion.recipe import Recipe
from ingestion.report import Status

RECIPE = Recipe("recipe", "recipe/no-ocr")
BASELINE = Baseline(RECIPE, "/docs")


def document(name: str, digest: str, **other: object) -> IndexedDocument:
    fields = {"recipe": "recipe", "origin": "/docs", "title": name, "pages": None, "chunks": 1}
    indexed_at = datetime(2026, 1, 1, tzinfo=UTC)
    return IndexedDocument.model_validate(
        {"name": name, "digest": digest, "indexed_at": indexed_at, **fields, **other}
    )


def decided(
    digests: dict[str, str], before: list[IndexedDocument], baseline: Baseline = BASELINE
) -> dict[str, tuple[Status, str, tuple[str, ...]]]:
    """Status, former name, and whose vectors serve, of each file."""
    files = [InputFile(Path("/docs", name), name, 1) for name in sorted(digests)]
    documents = {former.name: former for former in before}
    gone = sorted(documents.keys() - digests.keys())
    return {
        planned.file.name: (
            planned.status,
            planned.before.name if planned.before else "",
            planned.donors,
        )
        for planned in decide(files, digests, gone, documents, baseline)
    }


def test_files_are_compared_by_their_digest() -> None:
    before = [document("a.md", "1"), document("b.md", "2")]
    assert decided({"a.md": "1", "b.md": "3", "c.md": "4"}, before) == {
        "a.md": (Status.UNCHANGED, "a.md", ("a.md",)),
        "b.md": (Status.CHANGED, "b.md", ("b.md",)),
        "c.md": (Status.NEW, "", ()),
    }


@pytest.mark.parametrize(
    "before",
    [
        document("a.md", "1", recipe="older"),
        document("a.md", "1", origin="/elsewhere"),
        document("a.md", "1", unfinished=True),
        document("a.md", "1", notes=("Page 2 was not read.",), recipe="recipe/no-ocr/older"),
    ],
)
def test_equal_bytes_are_work_where_something_else_differs(before: IndexedDocument) -> None:
    assert decided({"a.md": "1"}, [before])["a.md"][0] is Status.CHANGED


def test_a_renamed_file_is_its_former_self_once() -> None:
    assert decided({"x.md": "1", "y.md": "1"}, [document("a.md", "1")]) == {
        "x.md": (Status.RENAMED, "a.md", ()),
        "y.md": (Status.NEW, "", ("a.md",)),
    }


def test_a_rename_that_a_kill_interrupted_is_still_one() -> None:
    begun = document("x.md", "", unfinished=True)
    assert decided({"x.md": "1"}, [document("a.md", "1"), begun])["x.md"][:2] == (
        Status.RENAMED,
        "a.md",
    )


@pytest.mark.parametrize(
    ("former", "baseline"),
    [
        (document("a.txt", "1"), BASELINE),
        (document("a.md", "1", recipe="older"), BASELINE),
        (document("a.md", "1", unfinished=True), BASELINE),
        (document("a.md", "1"), Baseline(RECIPE, "/docs", reread=True)),
    ],
)
def test_what_may_read_otherwise_under_its_new_name_is_new(
    former: IndexedDocument, baseline: Baseline
) -> None:
    assert decided({"x.md": "1"}, [former], baseline)["x.md"][0] is Status.NEW


def test_a_copy_is_new_and_its_original_stays() -> None:
    assert decided({"a.md": "1", "b.md": "1"}, [document("a.md", "1")]) == {
        "a.md": (Status.UNCHANGED, "a.md", ("a.md",)),
        "b.md": (Status.NEW, "", ("a.md",)),
    }
