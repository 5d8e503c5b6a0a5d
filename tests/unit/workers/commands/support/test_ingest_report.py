from io import StringIO

from rich.console import Console

from ingestion.report import FileRow, Report, Status
from workers.commands.support.ingest_report import show_report

REPORT = Report(
    tenant="clinica",
    path="/docs",
    rows=(
        FileRow(name="a.md", status=Status.NEW, chunks=3),
        FileRow(name="b.pdf", status=Status.CHANGED, chunks=2, pages=4),
        FileRow(name="c.md", status=Status.UNCHANGED, chunks=1),
        FileRow(name="d[x].pdf", status=Status.FAILED, reason="Save a copy without [bold]."),
    ),
    seconds=1.25,
    version="0123456789ab",
)


def printed(report: Report) -> str:
    console = Console(file=StringIO(), width=100)
    show_report(report, console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_the_table_tells_what_became_of_files_and_counts_the_rest() -> None:
    text = printed(REPORT)
    assert "d[x].pdf" in text
    assert "without [bold]." in text
    assert "c.md" not in text
    assert "1 new, 1 changed, 1 unchanged, 1 failed; 6 chunks, 1.2 s, version 0123456789ab" in text


def test_a_plan_and_a_warning_are_said() -> None:
    text = printed(
        REPORT.model_copy(update={"dry_run": True, "warning": "The store is [too] full."})
    )
    assert "nothing changed" in text
    assert "The store is [too] full." in text
    assert "6 chunks" not in text


def test_a_report_as_json_is_the_whole_report() -> None:
    console = Console(file=StringIO(), width=40)
    show_report(REPORT, console, as_json=True)
    assert isinstance(console.file, StringIO)
    assert Report.model_validate_json(console.file.getvalue()) == REPORT


def test_an_empty_report_says_so() -> None:
    assert printed(REPORT.model_copy(update={"rows": ()})).startswith("clinica: no files")


def test_what_is_not_searched_is_shown_though_nothing_changed() -> None:
    row = FileRow(name="c.md", status=Status.UNCHANGED, chunks=1, validity="It is not searched.")
    text = printed(REPORT.model_copy(update={"rows": (row,)}))
    assert "It is not searched." in text
    assert "1 unchanged (1 with a remark)" in text
