from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.knowledge.document import IndexedDocument
from ingestion.plan import Now, Task, decide
from ingestion.report import Status
from ingestion.sources import Source

NOW = Now("recipe", "recipe/no-ocr", "/docs")


def known(name: str, digest: str, **other: object) -> IndexedDocument:
    fields = {"recipe": "recipe", "origin": "/docs", "title": name, "pages": None, "chunks": 1}
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return IndexedDocument.model_validate(
        {"name": name, "digest": digest, "indexed_at": at, **fields, **other}
    )


def decided(
    found: dict[str, str], before: list[IndexedDocument], now: Now = NOW
) -> dict[str, tuple[Status, str, tuple[str, ...]]]:
    """Status, former name, and whose vectors serve, of each file."""
    sources = [Source(Path("/docs", name), name, 1) for name in sorted(found)]
    gone = sorted({each.name for each in before} - set(found))
    tasks: list[Task] = decide(sources, found, gone, {each.name: each for each in before}, now)
    return {
        task.source.name: (task.status, task.before.name if task.before else "", task.like)
        for task in tasks
    }


def test_files_are_compared_by_their_digest() -> None:
    before = [known("a.md", "1"), known("b.md", "2")]
    assert decided({"a.md": "1", "b.md": "3", "c.md": "4"}, before) == {
        "a.md": (Status.UNCHANGED, "a.md", ("a.md",)),
        "b.md": (Status.CHANGED, "b.md", ("b.md",)),
        "c.md": (Status.NEW, "", ()),
    }


@pytest.mark.parametrize(
    "before",
    [
        known("a.md", "1", recipe="older"),
        known("a.md", "1", origin="/elsewhere"),
        known("a.md", "1", unfinished=True),
        known("a.md", "1", notes=("Page 2 was not read.",), recipe="recipe/no-ocr/older"),
    ],
)
def test_equal_bytes_are_work_where_something_else_differs(before: IndexedDocument) -> None:
    assert decided({"a.md": "1"}, [before])["a.md"][0] is Status.CHANGED


def test_a_renamed_file_is_its_former_self_once() -> None:
    assert decided({"x.md": "1", "y.md": "1"}, [known("a.md", "1")]) == {
        "x.md": (Status.RENAMED, "a.md", ()),
        "y.md": (Status.NEW, "", ("a.md",)),
    }


def test_a_rename_that_a_kill_interrupted_is_still_one() -> None:
    begun = known("x.md", "", unfinished=True)
    assert decided({"x.md": "1"}, [known("a.md", "1"), begun])["x.md"][:2] == (
        Status.RENAMED,
        "a.md",
    )


@pytest.mark.parametrize(
    ("former", "now"),
    [
        (known("a.txt", "1"), NOW),
        (known("a.md", "1", recipe="older"), NOW),
        (known("a.md", "1", unfinished=True), NOW),
        (known("a.md", "1"), Now("recipe", "recipe/no-ocr", "/docs", again=True)),
    ],
)
def test_what_may_read_otherwise_under_its_new_name_is_new(
    former: IndexedDocument, now: Now
) -> None:
    assert decided({"x.md": "1"}, [former], now)["x.md"][0] is Status.NEW


def test_a_copy_is_new_and_its_original_stays() -> None:
    assert decided({"a.md": "1", "b.md": "1"}, [known("a.md", "1")]) == {
        "a.md": (Status.UNCHANGED, "a.md", ("a.md",)),
        "b.md": (Status.NEW, "", ("a.md",)),
    }
